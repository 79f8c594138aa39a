import { expect, it } from "vitest";
import { flipBits } from "./bit-flips.ts";

const images = 400;

it("hands out bit by bit what was given, or says that it cannot, whatever bits of the file are turned over", async () => {
  for (const where of ["texts", "pages", "anywhere", "log"] as const) {
    const { falsified, unnoticed, silent, broken, ...verdict } = await flipBits(where, images, 2);
    console.log(`bits turned over in ${where}: ${JSON.stringify(verdict)}`);
    expect({ where, falsified, unnoticed, silent, broken }).toEqual({
      where,
      falsified: [],
      unnoticed: [],
      silent: [],
    });
    expect(verdict).toMatchObject({ images, didNotOpen: 0 });
    expect(verdict.corrupt).toBeGreaterThan(0);
  }
});
