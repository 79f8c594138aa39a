import { expect, it } from "vitest";
import { calls, countCalls, type Fault, type Lasting, refusals, tryFaults, yesterday } from "./nth-call.ts";

it("outlives every single system call that fails, once, ten or fifty times, or until it is started again", async () => {
  const before = await yesterday();
  try {
    const lasting: Lasting[] = [1, 10, 50];
    const faults: Fault[] = [];
    for (const folder of ["empty", "worked"] as const) {
      const counts = await countCalls(before, folder);
      // One beyond the last: the day that nothing disturbs.
      for (const call of calls)
        for (const error of refusals[call])
          for (let nth = 1; nth <= counts[call] + 1; nth++)
            for (const last of ["for ever", lasting[nth % 3]] as Lasting[])
              faults.push({ folder, call, error, nth, lasting: last });
    }
    const { broken, ...verdict } = await tryFaults(before, faults);
    console.log(`calls that fail: ${JSON.stringify(verdict)}`);
    expect(broken).toEqual([]);
    expect(verdict).toMatchObject({ lost: 0, faults: faults.length });
  } finally {
    before.remove();
  }
});
