import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Allowance } from "../../../edge/supervise/allowance.ts";
import { type Phase, Phases, Slot } from "../../../edge/supervise/schedule.ts";

const taken = (phases: Phases, count: number, everyMs = 1000) =>
  Array.from({ length: count }, () => phases.take(everyMs));
const gaps = (shares: readonly number[]) => {
  const sorted = shares.toSorted((a, b) => a - b);
  return sorted.map((share, index) => (sorted[index + 1] ?? (sorted[0] ?? 0) + 1) - share);
};

describe("phases", () => {
  it("of one period lie spread over it, however many there are", () => {
    for (const count of [2, 3, 5, 10, 30, 100]) {
      const largest = Math.max(...gaps(taken(new Phases(), count).map(({ share }) => share)));
      expect(largest, `${count}`).toBeLessThan(1.9 / count);
    }
  });

  it("of other periods do not count", () => {
    const phases = new Phases();
    taken(phases, 7, 60_000);
    expect(phases.take(1000).share).toBe(0);
  });

  it("are the same after the same coming and going, and a free one is given out again", () => {
    const play = () => {
      const phases = new Phases();
      const [, second, third] = taken(phases, 5);
      phases.free(second as Phase);
      phases.free(third as Phase);
      return taken(phases, 3);
    };
    expect(play()).toEqual(play());
    expect(play().map(({ number }) => number)).toEqual([1, 2, 5]);
  });
});

describe("a job", () => {
  const slot = (number = 1, now = 10_250) => {
    const phases = new Phases();
    return new Slot(taken(phases, number + 1)[number] as Phase, now);
  };
  const phaseMs = 618;

  it("is due at once, then at its phase of every period", () => {
    const of = slot();
    expect(of.dueAt).toBe(10_250);
    expect(of.done(10_300)).toBe(0);
    expect(of.dueAt).toBe(10_000 + phaseMs);
    expect(of.done(10_640)).toBe(0);
    expect(of.dueAt).toBe(11_000 + phaseMs);
    expect(of.done(11_000 + phaseMs)).toBe(0);
    expect(of.dueAt).toBe(12_000 + phaseMs);
  });

  it("counts the moments that it was too late for, but not those before its first time", () => {
    const of = slot();
    expect(of.done(25_000)).toBe(0);
    expect(of.dueAt).toBe(25_000 + phaseMs);
    expect(of.done(25_000 + phaseMs + 999)).toBe(0);
    expect(of.done(26_000 + phaseMs + 3_000)).toBe(3);
    expect(of.passed(29_000 + phaseMs)).toBe(0);
    expect(of.passed(30_000 + phaseMs)).toBe(1);
    expect(of.passed(31_500 + phaseMs)).toBe(2);
  });

  it("that is asked for out of turn keeps its phase", () => {
    const of = slot();
    of.done(10_300);
    of.hurry(10_400);
    expect(of.dueAt).toBe(10_400);
    of.hurry(99_000);
    expect(of.dueAt).toBe(10_400);
    of.done(10_450);
    expect(of.dueAt).toBe(10_000 + phaseMs);
  });

  it("counts what passes after it was asked for out of turn", () => {
    const of = slot();
    of.done(10_700);
    of.hurry(10_900);
    expect(of.dueAt).toBe(10_900);
    // It was read for the moment before this one; two were too soon for it.
    expect(of.done(13_000 + phaseMs + 5)).toBe(2);
    expect(of.dueAt).toBe(14_000 + phaseMs);
  });

  it("does not count what passed while nobody could read it", () => {
    const of = slot();
    of.done(10_700);
    of.excuse(10_800, 15_000);
    expect(of.done(15_000)).toBe(0);
    of.excuse(15_650, 20_000);
    // One was owed when that began.
    expect(of.done(20_700)).toBe(1);
    of.excuse(20_800, 20_900);
    expect(of.done(22_700)).toBe(1);
  });

  it("is never due in the past, and always at its phase, whenever it is done", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(10, 100, 999, 1000, 60_000, 900_000),
        fc.nat(40),
        fc.double({ min: 0, max: 1e10, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 2e6, noNaN: true }), { maxLength: 20 }),
        (everyMs, number, from, steps) => {
          const of = new Slot(taken(new Phases(), number + 1, everyMs)[number] as Phase, from);
          of.done(from);
          const phase = of.dueAt % everyMs;
          let now = from;
          for (const step of steps) {
            now += step;
            const due = of.dueAt;
            const missed = of.done(now);
            expect(of.dueAt).toBeGreaterThan(now);
            expect(of.dueAt - now).toBeLessThanOrEqual(everyMs);
            expect(of.dueAt % everyMs).toBe(phase);
            if (now >= due) expect(missed).toBe((of.dueAt - due) / everyMs - 1);
            else expect(missed).toBe(0);
          }
        },
      ),
    );
  });

  it.each([0, -1, Number.NaN])("with a period of %s is due all the same, and not all the time", (everyMs) => {
    const of = new Slot({ everyMs, number: 0, share: 0 }, 5);
    of.done(5);
    expect(of.dueAt).toBeGreaterThan(5);
  });
});

describe("an allowance", () => {
  it("keeps what is spent to its share of any stretch of time, and one spending more", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(20_000), ms: fc.integer({ min: 1, max: 2_000 }) }), {
          minLength: 1,
        }),
        (spendings) => {
          const allowance = new Allowance(0.05, 0);
          const spent: { from: number; to: number }[] = [];
          let now = 0;
          for (const { wait, ms } of spendings) {
            now = Math.max(now + wait, allowance.freeAt);
            spent.push({ from: now, to: now + ms });
            now += ms;
            allowance.spend(ms, now);
          }
          for (const [first, { from }] of spent.entries()) {
            let sum = 0;
            for (const { from: begin, to } of spent.slice(first)) {
              expect(sum).toBeLessThanOrEqual(0.05 * (begin - from) + 1e-6);
              sum += to - begin;
            }
          }
        },
      ),
    );
  });
});
