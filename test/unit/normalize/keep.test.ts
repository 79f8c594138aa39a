import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointPlan } from "../../../config/schema/plan.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { createKeep, type Kept } from "../../../edge/normalize/keep.ts";
import { devicePoints, pointPlan } from "./plans.ts";

const record = (
  value: Value,
  time = 0,
  more: Partial<Kept> & { point?: string; device?: string } = {},
): Kept => ({
  series: {
    device: more.device ?? "301-air",
    point: more.point ?? "co2",
    space: "",
    kind: "measurement",
    level: 2,
    source: "p",
  },
  value,
  quality: more.quality ?? 0,
  time,
  axis: more.axis ?? "wall",
});
const point = (more: Partial<PointPlan> = {}) =>
  pointPlan({ deadband: { abs: 20 }, maxSilenceMs: 180_000, ...more });

/** Which of the records are kept. */
function kept(plan: PointPlan, ...records: Kept[]): boolean[] {
  const keep = createKeep();
  return records.map((each) => keep.select(plan, each));
}

describe("the storing rule", () => {
  it("keeps the first of each point of each device", () => {
    expect(
      kept(
        point(),
        record(400),
        record(400),
        record(400, 0, { point: "temperature" }),
        record(400, 0, { device: "302-air" }),
      ),
    ).toEqual([true, false, true, true]);
  });

  it("keeps a number that moved by the deadband since the last kept one, not since the last seen", () => {
    expect(
      kept(point(), record(400), record(410), record(419), record(420), record(439), record(400)),
    ).toEqual([true, false, false, true, false, true]);
  });

  it("keeps a step of exactly one deadband in spite of binary noise", () => {
    // 20.3 - 20.1 is 0.1999999999999993
    expect(kept(point({ deadband: { abs: 0.2 } }), record(20.1), record(20.3))).toEqual([true, true]);
    expect(kept(point({ deadband: { abs: 0.2 } }), record(20.1), record(20.2999))).toEqual([true, false]);
  });

  it("takes a share of the last kept value, whatever its sign", () => {
    const share = point({ deadband: { share: 0.01 } });
    expect(kept(share, record(1000), record(1009), record(1010), record(1019.9))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(kept(share, record(-1000), record(-1009), record(-990))).toEqual([true, false, true]);
  });

  it("keeps everything at a deadband of 0, and around a last value of 0 with a share", () => {
    expect(kept(point({ deadband: { abs: 0 } }), record(1), record(1))).toEqual([true, true]);
    expect(kept(point({ deadband: { share: 0.01 } }), record(0), record(0))).toEqual([true, true]);
  });

  it("keeps a change of quality", () => {
    expect(kept(point(), record(400), record(400, 1, { quality: 18 }), record(400, 2))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("keeps the one that ends the longest silence, counted from the last kept one", () => {
    expect(
      kept(point(), record(400, 0), record(400, 179_999), record(400, 180_000), record(400, 359_999)),
    ).toEqual([true, false, true, false]);
  });

  it("keeps what is older than the last kept one", () => {
    expect(kept(point(), record(400, 1000), record(400, 999), record(400, 1000))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("keeps the first on another axis of time, in both directions", () => {
    const monotonic = { axis: "monotonic" } as const;
    expect(
      kept(
        point(),
        record(400, 500, monotonic),
        record(400, 600),
        record(400, 700),
        record(400, 800, monotonic),
      ),
    ).toEqual([true, true, false, true]);
  });

  it("keeps booleans, texts and missing values when they change", () => {
    expect(kept(point(), record(true), record(true), record(false), record(false))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(kept(point(), record("cool"), record("cool"), record("heat"))).toEqual([true, false, true]);
    expect(kept(point(), record(400), record(null), record(null), record(400))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(kept(point(), record(null, 0), record(null, 180_000))).toEqual([true, true]);
  });

  it("keeps everything of a point without deadband, and every event", () => {
    expect(kept(point({ deadband: null }), record(400), record(400))).toEqual([true, true]);
    expect(kept(point({ kind: "event" }), record("card-1"), record("card-1"))).toEqual([true, true]);
  });

  it("keeps what it cannot judge", () => {
    expect(kept(point(), record(400, Number.NaN), record(400, 5))).toEqual([true, true]);
    expect(kept(point(), record(400), record(Number.NaN), record(400))).toEqual([true, true, true]);
  });

  it("keeps the next of a point that was forgotten, and of no other", () => {
    const keep = createKeep();
    const other = { point: "temperature" };
    keep.select(point(), record(400));
    keep.select(point(), record(20, 0, other));
    keep.forget("301-air", "co2");
    keep.forget("nobody", "co2");
    expect(keep.select(point(), record(20, 0, other))).toBe(false);
    expect(keep.select(point(), record(400))).toBe(true);
    expect(keep.select(point(), record(400))).toBe(false);
  });

  it("remembers no more than the plan has", () => {
    const keep = createKeep();
    for (const device of ["a", "b"])
      for (const id of ["co2", "temperature"])
        for (const time of [1, 2, 3]) keep.select(point(), record(time * 100, time, { device, point: id }));
    expect(keep.size).toBe(4);
    keep.retain(new Map([["a", devicePoints([pointPlan()])]]));
    expect(keep.size).toBe(1);
    expect(keep.select(point(), record(300, 3, { device: "a" }))).toBe(false);
    keep.forget("a", "co2");
    expect(keep.size).toBe(0);
  });

  it("is the rule as it is written, for any history", () => {
    const value = fc.oneof(
      fc.integer({ min: -3, max: 3 }).map((n) => n / 10),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }),
      fc.constantFrom(null, true, false, "a", "b"),
    );
    const entry = fc.record({
      id: fc.constantFrom("co2", "temperature"),
      value,
      quality: fc.constantFrom(0, 0, 0, 16, 33),
      step: fc.integer({ min: -3, max: 6 }),
      axis: fc.constantFrom("wall", "wall", "wall", "monotonic"),
      forgotten: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
    });
    const deadband = fc.oneof(
      fc.constant(null),
      fc.constantFrom(0, 0.1, 0.2, 50).map((abs) => ({ abs })),
      fc.constantFrom(0, 0.01, 0.5, 1).map((share) => ({ share })),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), deadband, (history, band) => {
        const plan = point({ deadband: band, maxSilenceMs: 10 });
        const keep = createKeep();
        /** Everything ever kept; the rule is worked out from the whole of it. */
        let stored: Kept[] = [];
        let time = 1000;
        for (const { id, axis, step, forgotten, ...rest } of history) {
          time += step;
          if (forgotten) {
            keep.forget("301-air", id);
            stored = stored.filter(({ series }) => series.point !== id);
          }
          const now = record(rest.value, time, {
            point: id,
            quality: rest.quality,
            axis: axis as Kept["axis"],
          });
          const last = stored.findLast(({ series }) => series.point === id);
          const expected = band === null || last === undefined || isWorthKeeping(last, now, band, 10);
          expect(keep.select(plan, now)).toBe(expected);
          if (expected) stored.push(now);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** The rule, clause by clause. */
function isWorthKeeping(
  last: Kept,
  now: Kept,
  band: NonNullable<PointPlan["deadband"]>,
  maxSilenceMs: number,
): boolean {
  if (now.axis !== last.axis) return true;
  if (now.quality !== last.quality) return true;
  if (now.time - last.time >= maxSilenceMs) return true;
  if (now.time < last.time) return true;
  if (typeof now.value === "number" && typeof last.value === "number") {
    const moved = Math.abs(now.value - last.value);
    if ("abs" in band) return moved >= band.abs * (1 - 1e-6);
    return moved >= band.share * Math.abs(last.value) * (1 - 1e-6);
  }
  return now.value !== last.value;
}
