import { expect, it } from "vitest";
import type { Where } from "./bit-damage.ts";
import { flipBits } from "./bit-flips.ts";

async function prove(where: Where, images: number): Promise<void> {
  const { falsified, unnoticed, silent, broken, ...verdict } = await flipBits(where, images, 1);
  console.log(`bits turned over in ${where}: ${JSON.stringify(verdict)}`);
  expect({ falsified, unnoticed, silent, broken }).toEqual({
    falsified: [],
    unnoticed: [],
    silent: [],
    broken: [],
  });
  expect(verdict).toMatchObject({ images, didNotOpen: 0 });
}

it.each(["texts", "pages", "anywhere", "log", "branch"] as const)(
  "hands out bit by bit what was given, or says that it cannot, when bits in %s are turned over",
  (where) => prove(where, 6),
);

it.each(["sector", "names", "refused"] as const)(
  "tells what became of every row when what says whose they are is turned over: %s",
  (where) => prove(where, 1),
);
