import { expect, it } from "vitest";
import { type LineFault, mishaps } from "./faulty-line.ts";
import { lineFaults } from "./line-faults.ts";

it("outlives a line on which any of the first 20 writes and reads of a connection fails, in every way", async () => {
  const faults: LineFault[] = [1, 2, 3].map((nth) => ({ operation: "connect", nth, mishap: "reset" }));
  for (const operation of ["write", "read"] as const)
    for (const mishap of mishaps) for (let nth = 1; nth <= 20; nth++) faults.push({ operation, nth, mishap });
  const verdict = await lineFaults(faults);
  console.log(`operations of the line that fail: ${JSON.stringify(verdict)}`);
  expect(verdict).toMatchObject({
    lostAcked: 0,
    duplicates: 0,
    phantoms: 0,
    falseGaps: 0,
    faults: faults.length,
  });
});
