import { expect, it } from "vitest";
import { forwardOnce } from "./model.ts";

it("delivers each record once through random lives: lost, late, doubled, reordered and lying receipts, refusals, lost sessions, kills, a failing store, restored platforms", async () => {
  const first = Number(process.env.CE_MODEL_FIRST ?? 1);
  const seeds = Number(process.env.CE_MODEL_SEEDS ?? 12);
  const total = { records: 0, sessions: 0, kills: 0, stalls: 0, storeDowns: 0, restores: 0, stray: 0 };
  for (let seed = first; seed < first + seeds; seed++) {
    const verdict = await forwardOnce(seed, 300);
    expect({ seed, ...verdict }).toMatchObject({
      seed,
      lostAcked: 0,
      duplicates: 0,
      phantoms: 0,
      falseGaps: 0,
      broken: [],
    });
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += verdict[name];
  }
  console.log(
    `model: ${seeds} lives, ${JSON.stringify(total)}; lost 0, duplicates 0, phantoms 0, false gaps 0`,
  );
  for (const name of ["kills", "stalls", "storeDowns", "restores", "stray"] as const) {
    expect(total[name], name).toBeGreaterThan(0);
  }
}, 300_000);
