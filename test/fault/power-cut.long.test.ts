import { expect, it } from "vitest";
import { powerCuts } from "./power-cut.ts";

it("loses nothing that was acknowledged when the power fails at 1,200 random instants", async () => {
  const total = {
    images: 0,
    acknowledged: 0,
    checked: 0,
    lost: 0,
    evicted: 0,
    calledDamaged: 0,
    didNotOpen: 0,
    writes: 0,
    syncs: 0,
  };
  const broken: string[] = [];
  for (let seed = 1; seed <= 6; seed++) {
    const verdict = await powerCuts({ images: 200, seed, steps: 600 });
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += verdict[name];
    broken.push(...verdict.broken.map((one) => `seed ${seed}, ${one}`));
  }
  console.log(`power cuts: ${JSON.stringify(total)}`);
  expect(broken).toEqual([]);
  expect(total).toMatchObject({ images: 1200, lost: 0, didNotOpen: 0, calledDamaged: 0 });
  // Room was made while the power failed.
  expect(total.evicted).toBeGreaterThan(0);
});
