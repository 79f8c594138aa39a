import fc from "fast-check";
import { expect, it } from "vitest";
import { Window } from "../../../gateway/uplink/window.ts";

const turn = () => new Promise(setImmediate);

it("never admits more than its size, and everybody in the end, the urgent first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ urgent: fc.boolean(), aborts: fc.boolean() }), { maxLength: 20 }),
      async (size, callers) => {
        const window = new Window(size);
        const inside: (() => void)[] = [];
        const admitted: number[] = [];
        const refused: number[] = [];
        const signals = callers.map(() => new AbortController());
        for (const [n, { urgent }] of callers.entries()) {
          window.take((signals[n] as AbortController).signal, urgent).then(
            (leave) => {
              admitted.push(n);
              inside.push(leave);
            },
            () => refused.push(n),
          );
        }
        await turn();
        expect(admitted).toEqual([...callers.keys()].slice(0, size));
        for (const [n, { aborts }] of callers.entries()) if (aborts) signals[n]?.abort();
        await turn();
        while (inside.length > 0) {
          expect(inside.length).toBeLessThanOrEqual(size);
          const leave = inside.shift();
          leave?.();
          leave?.();
          await turn();
        }
        const waiting = [...callers.keys()].slice(size).filter((n) => !callers[n]?.aborts);
        const order = [
          ...waiting.filter((n) => callers[n]?.urgent),
          ...waiting.filter((n) => !callers[n]?.urgent),
        ];
        expect(admitted.slice(size)).toEqual(order);
        expect([...admitted, ...refused].sort((a, b) => a - b)).toEqual([...callers.keys()]);
      },
    ),
    { numRuns: 200 },
  );
});
