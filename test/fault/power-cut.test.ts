import { expect, it } from "vitest";
import { canTrace, powerCuts } from "./power-cut.ts";

it.runIf(canTrace)(
  "loses nothing that was acknowledged when the power fails at 50 random instants",
  async () => {
    const { broken, ...verdict } = await powerCuts({ images: 50, seed: 1, steps: 300 });
    console.log(`power cuts: ${JSON.stringify(verdict)}`);
    expect(broken).toEqual([]);
    expect(verdict).toMatchObject({ images: 50, lost: 0, didNotOpen: 0, calledDamaged: 0 });
    expect(verdict.acknowledged).toBeGreaterThan(500);
  },
);

it.runIf(canTrace)("finds the losses when commits are not synced", async () => {
  const node = ["--import", new URL("./unsynced.ts", import.meta.url).href];
  const { broken, ...verdict } = await powerCuts({ images: 12, seed: 1, steps: 100, node });
  console.log(`power cuts without fsync: ${JSON.stringify(verdict)}, e.g. ${broken[0]}`);
  expect(verdict.lost).toBeGreaterThan(0);
});
