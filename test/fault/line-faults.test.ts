import { expect, it } from "vitest";
import { canMount } from "./disk-school.ts";
import type { LineFault } from "./faulty-line.ts";
import { lineFaults } from "./line-faults.ts";

it.runIf(canMount)("outlives a line on which the Nth connect, write or read fails", async () => {
  const faults: LineFault[] = [
    { operation: "connect", nth: 2, mishap: "reset" },
    { operation: "write", nth: 2, mishap: "half" },
    { operation: "read", nth: 4, mishap: "half" },
    { operation: "read", nth: 6, mishap: "reset" },
  ];
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
