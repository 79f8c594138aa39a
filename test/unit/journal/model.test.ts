import { expect, it } from "vitest";
import { liveOnce } from "./model.ts";

it("keeps every promise through random lives: kills, lost, late, doubled and reordered receipts, rejects, rolled-back disks, restored platforms", async () => {
  const seeds = Number(process.env.CE_MODEL_SEEDS ?? 40);
  const total = { kills: 0, rollbacks: 0, restores: 0, records: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await liveOnce(seed, 250);
    expect({ seed, ...verdict }).toMatchObject({
      seed,
      lostAcked: 0,
      duplicates: 0,
      phantoms: 0,
      falseGaps: 0,
      broken: [],
    });
    for (const name of ["kills", "rollbacks", "restores", "records"] as const) total[name] += verdict[name];
  }
  console.log(
    `model: ${seeds} lives, ${JSON.stringify(total)}; lost 0, duplicates 0, phantoms 0, false gaps 0`,
  );
  expect(total.kills).toBeGreaterThan(seeds);
  expect(total.rollbacks).toBeGreaterThan(0);
  expect(total.restores).toBeGreaterThan(0);
}, 300_000);
