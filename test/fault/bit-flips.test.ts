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

it("tells what became of every row when what says whose they are is turned over: sector", () =>
  prove("sector", 1));

// Not so yet: with every place in the WAL of a killed process hit that names an epoch, its rows go without a record of
// loss; a refused row of which nobody can tell any more who refused it is missing in the account.
it.fails.each(["names", "refused"] as const)(
  "tells what became of every row when what says whose they are is turned over: %s",
  (where) => prove(where, 1),
);
