import { expect, it } from "vitest";
import { liveOnce } from "./model.ts";
import { happenings } from "./model-witness.ts";

it("keeps every promise through random lives: kills in and between commits, lost, late, doubled and reordered receipts, rejects, refused commits, rolled-back disks, restored platforms, a full store, damaged files, uplinks that go and come, records carried by hand", async () => {
  const seeds = Number(process.env.CE_MODEL_SEEDS ?? 40);
  const begin = Number(process.env.CE_MODEL_FIRST ?? 1);
  const total = Object.fromEntries(happenings.map((name) => [name, 0]));
  for (let seed = begin; seed < begin + seeds; seed++) {
    const { happened, ...verdict } = await liveOnce(seed, 400);
    expect({ seed, ...verdict }).toEqual({
      seed,
      lostAcked: 0,
      duplicates: 0,
      phantoms: 0,
      falseGaps: 0,
      broken: [],
    });
    for (const name of happenings) total[name] = (total[name] ?? 0) + happened[name];
  }
  console.log(
    `model: ${seeds} lives, ${JSON.stringify(total)}; lost 0, duplicates 0, phantoms 0, false gaps 0`,
  );
  // A few lives may pass without the rare events; the default run must have seen them all.
  if (seeds < 40) return;
  expect(total.kills).toBeGreaterThan(seeds);
  for (const name of happenings) expect(total[name], name).toBeGreaterThan(0);
}, 3_600_000);
