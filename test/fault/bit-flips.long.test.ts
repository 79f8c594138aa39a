import { expect, it } from "vitest";
import { flipBits } from "./bit-flips.ts";

it.each(["texts", "pages", "anywhere", "log", "branch"] as const)(
  "hands out bit by bit what was given, or says that it cannot, when bits in %s are turned over, 300 times",
  async (where) => {
    const { falsified, unnoticed, silent, broken, ...verdict } = await flipBits(where, 300, 2);
    console.log(`bits turned over in ${where}: ${JSON.stringify(verdict)}`);
    expect({ falsified, unnoticed, silent, broken }).toEqual({
      falsified: [],
      unnoticed: [],
      silent: [],
      broken: [],
    });
    expect(verdict).toMatchObject({ images: 300, didNotOpen: 0 });
  },
);
