import { expect, it } from "vitest";
import { calls, countCalls, type Fault, type Lasting, refusals, tryFaults, yesterday } from "./nth-call.ts";
import { canTrace } from "./power-cut.ts";

it.runIf(canTrace)(
  "outlives any system call that fails, once, ten times or until it is started again",
  async () => {
    const before = await yesterday();
    try {
      const lasting: Lasting[] = [1, 10, "for ever"];
      const faults: Fault[] = [];
      for (const folder of ["empty", "worked"] as const) {
        const counts = await countCalls(before, folder);
        // A few of each kind; the long run tries them all.
        for (const [kind, call] of calls.entries()) {
          const tries = Math.min(counts[call], call === "pwrite64" ? 7 : 3);
          for (let n = 0; n < tries; n++)
            faults.push({
              folder,
              call,
              error: refusals[call][n % refusals[call].length] as string,
              nth: 1 + Math.floor((n * counts[call]) / tries),
              lasting: lasting[(n + kind) % 3] as Lasting,
            });
        }
      }
      const { broken, ...verdict } = await tryFaults(before, faults);
      console.log(`calls that fail: ${JSON.stringify(verdict)}`);
      expect(broken).toEqual([]);
      expect(verdict).toMatchObject({ lost: 0, faults: faults.length });
      expect(verdict.met).toBeGreaterThan(faults.length * 0.8);
    } finally {
      before.remove();
    }
  },
);
