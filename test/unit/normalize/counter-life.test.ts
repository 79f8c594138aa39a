/**
 * Any life of a meter: whatever is read, replaced, repeated and restarted, what is recorded as good never falls, and its
 * end is what was truly consumed.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Swap } from "../../../config/schema/plan.ts";
import type { CountersKnown } from "../../../edge/normalize/counters.ts";
import { CounterWorld, energy, minute, swap } from "./counter-world.ts";

const rollOver = 10_000;
const cents = (value: number) => Math.round(value * 100) / 100;

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("consume" as const), by: fc.integer({ min: 0, max: 3000 }) }),
  },
  fc.record({ do: fc.constantFrom("repeat" as const, "digit" as const, "zero" as const, "moved" as const) }),
  fc.record({
    do: fc.constant("swap" as const),
    first: fc.integer({ min: 0, max: 50_000 }),
    late: fc.nat(3),
  }),
  fc.record({ do: fc.constant("restart" as const), stale: fc.boolean() }),
);

it.each([1, 80])("counts everything once (ratio %d)", (ratio) => {
  let [rolls, swaps, restarts, falls] = [0, 0, 0, 0];
  const life = fc.property(
    fc.oneof(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 960_000, max: 999_999 })),
    fc.array(act, { minLength: 10, maxLength: 80 }),
    (begin, acts) => {
      const w = new CounterWorld(energy({ ratio, rollOver }));
      let face = begin / 100;
      let consumed = face;
      let good = 0;
      const raws: number[] = [];
      /** Replacements that will be written down after so many readings. */
      let unwritten: { swap: Swap; in: number }[] = [];
      let written: CountersKnown = new Map();
      let urgent = 0;
      const read = (raw: number) => {
        w.ms += minute;
        const { record, event } = w.read(raw);
        const told = event === undefined ? "" : (JSON.parse(String(event.value)) as { what: string }).what;
        if (record.quality === 0) {
          // A roll-over that was none is taken back, and that is told.
          if (told !== "unrolled") expect(record.value).toBeGreaterThanOrEqual(good - 1e-6);
          good = record.value as number;
        }
        if (told === "rolled") rolls += 1;
        if (told === "fell") falls += 1;
        if (w.urgent > urgent) written = w.known;
        urgent = w.urgent;
      };
      const readTrue = () => {
        read(face);
        raws.push(face);
        for (const one of unwritten) one.in -= 1;
        w.swaps = [...w.swaps, ...unwritten.filter((one) => one.in === 0).map((one) => one.swap)];
        unwritten = unwritten.filter((one) => one.in > 0);
      };
      readTrue();
      for (const each of acts) {
        switch (each.do) {
          case "consume": {
            consumed += each.by / 100;
            const next = cents(face + each.by / 100);
            face = next >= rollOver ? cents(next - rollOver) : next;
            readTrue();
            break;
          }
          case "repeat":
            if (unwritten.length === 0 && raws.length > 1) read(raws.at(-2) ?? 0);
            readTrue();
            break;
          case "digit":
            if (unwritten.length === 0 && face > 1) read(cents(face - 0.01));
            readTrue();
            break;
          case "zero":
            // Of one that has just begun, 0 is a reading as good as any.
            if (unwritten.length === 0 && face > 50) read(0);
            readTrue();
            break;
          case "moved":
            w.device = { space: `room ${w.ms}` };
            readTrue();
            break;
          case "swap": {
            // Which of two is meant cannot be told from a last reading near the end, or a first one near the old one.
            const first = each.first / 100;
            if (unwritten.length > 0 || (each.late > 0 && face > 8500) || first > face - 400) break;
            const one = swap(w.now + minute / 2, face, first);
            if (each.late === 0) w.swaps = [...w.swaps, one];
            else unwritten = [{ swap: one, in: each.late }];
            face = first;
            raws.length = 0;
            swaps += 1;
            readTrue();
            break;
          }
          case "restart":
            w.restart(each.stale ? written : w.known);
            raws.length = 0;
            restarts += 1;
            readTrue();
            break;
        }
      }
      for (let n = 0; n < 5; n++) readTrue();
      expect(good).toBeCloseTo(consumed * ratio, 4);
    },
  );
  fc.assert(life, { numRuns: 300, seed: 20_261_127 });
  // Each of them came about, and often.
  expect(Math.min(rolls, swaps, restarts, falls)).toBeGreaterThan(50);
});
