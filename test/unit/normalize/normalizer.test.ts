import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DevicePoints } from "../../../config/schema/plan.ts";
import type { Reading, Sample } from "../../../drivers/contract/index.ts";
import type { Now } from "../../../edge/normalize/device-time.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";
import { at, devicePoints, one, pointPlan, reading, wallMs } from "./plans.ts";

describe("quality", () => {
  it("is 16 for a value that is not fresh", () => {
    expect(one(1, {}, {}, { stale: true })).toMatchObject({ quality: 16 });
  });

  it("is 17 for a point that says what it was told last, unless it is worse", () => {
    const point = { assumed: true, range: [0, 5] } as const;
    expect(one(1, point).quality).toBe(17);
    expect(one(1, point, { stage: "trial", buffered: true }).quality).toBe(17);
    expect(one(1, point, { simulated: true }).quality).toBe(128 + 17);
    expect(one(1, point, {}, { stale: true }).quality).toBe(16);
    expect(one(9, point).quality).toBe(36);
    expect(one(null, point).quality).toBe(33);
  });

  it("is 18 while a device warms up, from when it came up", () => {
    const point = { warmUpMs: 180_000 };
    const since = (ms: number) => at({ upSinceMs: 500_000 - ms });
    expect(one(1, point, {}, {}, since(0)).quality).toBe(18);
    expect(one(1, point, {}, {}, since(179_999)).quality).toBe(18);
    expect(one(1, point, {}, {}, since(180_000)).quality).toBe(0);
    expect(one(1, point, {}, {}, at()).quality, "not known since when it is up").toBe(0);
    const slow = { deviceTime: wallMs - 100_000 };
    expect(one(1, point, {}, slow, since(10_000)).quality, "a slow clock of a prompt device").toBe(18);
    expect(one(1, {}, {}, {}, since(0)).quality, "a point that needs no warming up").toBe(0);
  });

  it("of a buffered device counts the warm-up from when the value was read", () => {
    const point = { warmUpMs: 180_000 };
    const now = at({ upSinceMs: 500_000 - 600_000 });
    const aged = (ageMs: number) =>
      one(1, point, { buffered: true }, { deviceTime: wallMs - ageMs }, now).quality;
    expect(aged(0)).toBe(0);
    expect(aged(420_000)).toBe(0);
    expect(aged(420_001)).toBe(18);
    expect(aged(600_000)).toBe(18);
    expect(aged(600_001), "read before it came up").toBe(0);
  });

  it("is 18 for a device on trial", () => {
    expect(one(1, {}, { stage: "trial" })).toMatchObject({ value: 1, quality: 18 });
  });

  it("of a simulated device has 128 added, whatever it is", () => {
    const simulated = { simulated: true };
    expect(one(1, {}, simulated).quality).toBe(128);
    expect(one(null, {}, simulated).quality).toBe(128 + 33);
    expect(one(1, {}, { ...simulated, stage: "trial" }).quality).toBe(128 + 18);
  });

  it("is the worst that applies: the value itself, then stale, then inaccurate, then of doubtful time", () => {
    const doubtful = { buffered: true } as const;
    const trial = { ...doubtful, stage: "trial" } as const;
    expect(one(1, {}, doubtful).quality).toBe(19);
    expect(one(1, {}, trial).quality).toBe(18);
    expect(one(1, {}, trial, { stale: true }).quality).toBe(16);
    expect(one(9, { range: [0, 5] }, trial, { stale: true }).quality).toBe(36);
    expect(one(null, {}, trial, { stale: true }).quality).toBe(33);
    expect(one(Number.NaN, {}, trial, { stale: true }).quality).toBe(34);
  });
});

describe("time", () => {
  const day = 86_400_000;
  const taken = (ageMs: number, device: Partial<DevicePoints> = {}, now = at()) => {
    const { record } = one(1, {}, device, { deviceTime: wallMs - ageMs }, now);
    return { time: record?.time, deviceTime: record?.deviceTime, quality: record?.quality };
  };
  const trusted = (ageMs: number) => ({ time: wallMs - ageMs, deviceTime: wallMs - ageMs, quality: 0 });
  const received = (quality: number) => ({ time: wallMs, deviceTime: undefined, quality });

  it("is the device's own within 120 s of the gateway's", () => {
    for (const age of [0, 1, 120_000, -120_000]) expect(taken(age)).toEqual(trusted(age));
  });

  it("is the time of receipt when the device's clock is off, at no cost to the value", () => {
    for (const age of [120_001, -120_001, 30 * day, wallMs, Number.NaN, Number.POSITIVE_INFINITY])
      expect(taken(age)).toEqual(received(0));
  });

  it("is the device's own up to 30 days back for a device with its own memory", () => {
    const buffered = { buffered: true };
    for (const age of [0, 120_001, 30 * day, -5_000]) expect(taken(age, buffered)).toEqual(trusted(age));
  });

  it("is doubtful when such a device's time cannot be true, or is missing: its reading may be of any moment", () => {
    const buffered = { buffered: true };
    for (const age of [30 * day + 1, -5_001, Number.NaN]) expect(taken(age, buffered)).toEqual(received(19));
    expect(one(1, {}, buffered).quality).toBe(19);
  });

  it("is monotonic, and the device's own is left out, while the gateway's clock is unknown", () => {
    const { record } = one(1, {}, {}, { deviceTime: wallMs }, at({ wallMs: null }));
    expect(record).toMatchObject({ time: 500_000, axis: "monotonic", quality: 0 });
    expect(record).not.toHaveProperty("deviceTime");
    expect(one(1, {}, {}, {}).record).toMatchObject({ time: wallMs, axis: "wall" });
    expect(one(1, {}, { buffered: true }, { deviceTime: wallMs }, at({ wallMs: null })).record).toMatchObject(
      { quality: 19, axis: "monotonic" },
    );
  });

  it("is counted back from the gateway's for a device that counts from now, while that is known", () => {
    const buffered = { buffered: true };
    expect(one(1, {}, buffered, { ageMs: 7500 }).record).toMatchObject({ time: wallMs - 7500, quality: 0 });
    const unknown = one(1, {}, buffered, { ageMs: 7500 }, at({ wallMs: null })).record;
    expect(unknown).toMatchObject({ axis: "monotonic", quality: 19 });
    expect(unknown).not.toHaveProperty("deviceTime");
    expect(one(1, {}, {}, { ageMs: -200_000 }).record, "from the future").toMatchObject({ time: wallMs });
  });

  it("is whole milliseconds", () => {
    expect(one(1, {}, {}, { deviceTime: wallMs - 0.4 }).record).toMatchObject({
      deviceTime: wallMs,
      time: wallMs,
    });
  });

  it("is absent from a record that has no trusted device time, not present and undefined", () => {
    expect(one(1).record).not.toHaveProperty("deviceTime");
  });
});

describe("a reading", () => {
  const points = [
    pointPlan(),
    pointPlan({ id: "power", kind: "state", type: "boolean" }),
    pointPlan({ id: "mode", kind: "state", type: "text", unit: "1" }),
    pointPlan({ id: "energy", kind: "counter", unit: "kW.h" }),
    pointPlan({ id: "pmv", kind: "derived" }),
    pointPlan({ id: "tamper", kind: "alarm", type: "boolean" }),
    pointPlan({ id: "pass", kind: "event", type: "text", level: 4 }),
  ];

  it("keeps the order of its samples, and all of one point", () => {
    const { records, faults } = createNormalizer(devicePoints(points)).normalize(
      reading(
        { point: "co2", raw: 1 },
        { point: "energy", raw: 7 },
        { point: "co2", raw: 1 },
        { point: "co2", raw: 2 },
      ),
      at(),
    );
    expect(records.map(({ series, value }) => [series.point, value])).toEqual([
      ["co2", 1],
      ["energy", 7],
      ["co2", 1],
      ["co2", 2],
    ]);
    expect(faults).toEqual([]);
  });

  it("loses nothing else to a faulty sample", () => {
    const { records, faults } = createNormalizer(devicePoints(points)).normalize(
      reading(
        { point: "co2", raw: "912" },
        { point: "humidity", raw: 1 },
        { point: "power", raw: true },
        { point: "energy", raw: Number.NaN },
      ),
      at(),
    );
    expect(records.map(({ series, value }) => [series.point, value])).toEqual([
      ["power", true],
      ["energy", null],
    ]);
    expect(faults.map(({ code, point }) => [code, point])).toEqual([
      ["wrong-type", "co2"],
      ["unknown-point", "humidity"],
      ["not-finite", "energy"],
    ]);
  });

  it("of another device gives no record", () => {
    const { records, faults } = createNormalizer(devicePoints(points)).normalize(
      { device: "302-air", samples: [{ point: "co2", raw: 1 }], faults: [] },
      at(),
    );
    expect(records).toEqual([]);
    expect(faults.map(({ code }) => code)).toEqual(["wrong-device"]);
  });

  it("does not have its own faults repeated", () => {
    const said: Reading = {
      device: "301-air",
      samples: [],
      faults: [{ code: "no-answer", layer: "answer", retry: "later", detail: "" }],
    };
    expect(createNormalizer(devicePoints(points)).normalize(said, at())).toEqual({ records: [], faults: [] });
  });

  it("gives the same frozen series object every time", () => {
    const normalizer = createNormalizer(devicePoints(points));
    const once = () => normalizer.normalize(reading({ point: "co2", raw: 1 }), at()).records[0]?.series;
    expect(once()).toBe(once());
    expect(normalizer.series("co2")).toBe(once());
    expect(Object.isFrozen(once())).toBe(true);
    expect(normalizer.series("nothing")).toBeUndefined();
  });

  it("names device, point, space, unit, kind, level and source in the series", () => {
    const series = (id: string, device: Partial<DevicePoints> = {}) =>
      createNormalizer(devicePoints(points, device)).series(id);
    expect(series("co2")).toEqual({
      device: "301-air",
      point: "co2",
      space: "2133000001-01-JX1-F03-301",
      unit: "[ppm]",
      kind: "measurement",
      level: 2,
      source: "adtek-co2",
    });
    expect(series("mode"), "only numbers have a unit").not.toHaveProperty("unit");
    expect(series("co2", { simulated: true })).toMatchObject({ simulated: true });
    expect(series("pass")).toMatchObject({ kind: "event", level: 4 });
  });

  it("puts alarms and events into class K, samples into class T", () => {
    const { records } = createNormalizer(devicePoints(points)).normalize(
      reading(
        { point: "co2", raw: 1 },
        { point: "power", raw: true },
        { point: "energy", raw: 1 },
        { point: "pmv", raw: 1 },
        { point: "tamper", raw: true },
        { point: "pass", raw: "d1" },
      ),
      at(),
    );
    expect(records.map((record) => record.class).join("")).toBe("TTTTKK");
  });

  it("that is hostile makes neither a throw, nor a value out of bounds, nor a fault that repeats it", () => {
    const marked = fc.string({ minLength: 1, maxLength: 300 }).map((text) => `§${text}`);
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withNullPrototype: true }),
      marked,
      fc.double(),
      fc.bigInt(),
    );
    const normalizer = createNormalizer(
      devicePoints([
        ...points,
        pointPlan({
          id: "listed",
          type: "text",
          enum: new Map([["1", "a"]]),
          sentinels: [1, "x", null, true],
        }),
        pointPlan({ id: "scaled", scale: 0.1, offset: 1e300, range: [0, 1] }),
      ]),
    );
    const ids = ["co2", "power", "mode", "energy", "tamper", "pass", "listed", "scaled"];
    const samples = fc.array(
      fc.record({
        point: fc.oneof(fc.constantFrom(...ids), marked),
        raw: anything,
        deviceTime: anything,
        stale: anything,
      }),
    );
    const now = fc.record({
      wallMs: fc.oneof(fc.constant(null), fc.constant(wallMs)),
      monotonicMs: fc.nat(),
      upSinceMs: fc.double(),
    });
    fc.assert(
      fc.property(samples, now, (said, moment) => {
        const { records, faults } = normalizer.normalize(reading(...(said as Sample[])), moment as Now);
        for (const { value, quality, time, deviceTime } of records) {
          if (typeof value === "number") expect(Number.isFinite(value) && !Object.is(value, -0)).toBe(true);
          else if (typeof value === "string") expect(value.length).toBeLessThanOrEqual(256);
          else expect([null, true, false]).toContain(value);
          expect([0, 16, 33, 34, 36]).toContain(quality);
          expect(Number.isFinite(time)).toBe(true);
          expect(deviceTime === undefined || Number.isInteger(deviceTime)).toBe(true);
        }
        expect(JSON.stringify(faults)).not.toContain("§");
        const numbers = faults.filter(({ code }) => code === "not-finite").length;
        expect(records.length + faults.length - numbers).toBe(said.length);
      }),
      { numRuns: 500 },
    );
  });
});
