import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { liveOnce } from "./model.ts";

const cache = mkdtempSync(join(tmpdir(), "ce-compiled-"));
beforeAll(() => {
  // Each life starts the writer thread a dozen times: its code is compiled once, not every time.
  process.env.NODE_COMPILE_CACHE ??= cache;
});
afterAll(() => {
  rmSync(cache, { recursive: true, force: true });
});

it("keeps every promise through random lives: kills in and between commits, lost, late, doubled and reordered receipts, rejects, refused commits, rolled-back disks, restored platforms", async () => {
  const seeds = Number(process.env.CE_MODEL_SEEDS ?? 40);
  const total = { kills: 0, rollbacks: 0, restores: 0, refusals: 0, records: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const verdict = await liveOnce(seed, 400);
    expect({ seed, ...verdict }).toMatchObject({
      seed,
      lostAcked: 0,
      duplicates: 0,
      phantoms: 0,
      falseGaps: 0,
      broken: [],
    });
    for (const name of ["kills", "rollbacks", "restores", "refusals", "records"] as const)
      total[name] += verdict[name];
  }
  console.log(
    `model: ${seeds} lives, ${JSON.stringify(total)}; lost 0, duplicates 0, phantoms 0, false gaps 0`,
  );
  // A few lives may pass without the rare events; the default run must have seen them all.
  if (seeds < 40) return;
  expect(total.kills).toBeGreaterThan(seeds);
  for (const name of ["rollbacks", "restores", "refusals"] as const) expect(total[name]).toBeGreaterThan(0);
}, 3_600_000);
