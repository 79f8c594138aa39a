import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../../drivers/contract/index.ts";
import { createFaultEvents } from "../../../edge/normalize/fault-events.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { devicePoints } from "./plans.ts";

const fault = (code: string): Fault => ({
  code,
  layer: "map",
  retry: "later",
  detail: "what the device sent",
});
const said = (draft: Draft | null | undefined) =>
  draft === null || draft === undefined ? null : (JSON.parse(String(draft.value)) as unknown);
const air = devicePoints([]);
const meter = devicePoints([], { device: "main-1" });

describe("faults as events", () => {
  it("begin with the first of a device: an event of its own with a code and a number", () => {
    const draft = createFaultEvents().faultEvent(air, [fault("wrong-type"), fault("wrong-type")], 0);
    expect(draft).toEqual({
      series: {
        device: "301-air",
        point: "fault",
        space: "2133000001-01-JX1-F03-301",
        kind: "event",
        level: 2,
        source: "adtek-co2",
      },
      class: "K",
      value: '{"code":"wrong-type","count":2}',
      quality: 0,
    });
  });

  it("are none without a fault", () => {
    expect(createFaultEvents().faultEvent(air, [], 0)).toBeNull();
  });

  it("count in the next event what else comes within the minute", () => {
    const events = createFaultEvents();
    events.faultEvent(air, [fault("a")], 1000);
    expect(events.faultEvent(air, [fault("b")], 1001)).toBeNull();
    expect(events.faultEvent(air, [fault("b"), fault("c")], 60_999)).toBeNull();
    expect(events.uncounted("301-air")).toBe(3);
    expect(said(events.faultEvent(air, [fault("a")], 61_000))).toEqual({ code: "b", count: 4 });
    expect(events.uncounted("301-air")).toBe(0);
    expect(events.faultEvent(air, [fault("a")], 120_999)).toBeNull();
    expect(said(events.faultEvent(air, [fault("c")], 121_000))).toEqual({ code: "a", count: 2 });
  });

  it("of one device do not silence another", () => {
    const events = createFaultEvents();
    events.faultEvent(air, [fault("a")], 0);
    expect(said(events.faultEvent(meter, [fault("a")], 1))).toEqual({ code: "a", count: 1 });
  });

  it("carry the mark of simulated devices", () => {
    const draft = createFaultEvents().faultEvent(devicePoints([], { simulated: true }), [fault("a")], 0);
    expect(draft).toMatchObject({ quality: 128, series: { simulated: true } });
  });

  it("reuse one frozen series while the device's plan is the same", () => {
    const events = createFaultEvents();
    const first = events.faultEvent(air, [fault("a")], 0)?.series;
    expect(events.faultEvent(air, [fault("a")], 60_000)?.series).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    const moved = devicePoints([], { space: "X-302" });
    expect(events.faultEvent(moved, [fault("a")], 60_001), "the minute goes on over a new plan").toBeNull();
    expect(events.faultEvent(moved, [fault("a")], 120_000)?.series.space).toBe("X-302");
  });

  it("never repeat what is no code", () => {
    const events = createFaultEvents();
    const payload = `{"name":"王小明"}${"x".repeat(1000)}`;
    expect(said(events.faultEvent(air, [fault(payload)], 0))).toEqual({ code: "other", count: 1 });
  });

  it("of more than sixteen kinds in a minute share a name", () => {
    const events = createFaultEvents();
    events.faultEvent(air, [fault("a")], 0);
    for (let n = 0; n < 16; n++) events.faultEvent(air, [fault(`code-${n}`)], 1);
    for (let n = 0; n < 3; n++) events.faultEvent(air, [fault("one-too-many")], 2);
    expect(events.flush(60_000, "due").map(said)).toEqual([{ code: "other", count: 19 }]);
  });

  it("open the minute again when an event did not reach the disk, and keep what it had counted before", () => {
    const events = createFaultEvents();
    events.faultEvent(air, [fault("a")], 0);
    events.faultEvent(air, [fault("b"), fault("b")], 1);
    expect(said(events.faultEvent(air, [fault("c")], 60_000))).toEqual({ code: "b", count: 3 });
    events.faultEvent(air, [fault("d")], 60_001);
    events.failed("301-air");
    events.failed("301-air");
    expect(events.uncounted("301-air"), "two before, one after; the third comes again").toBe(3);
    expect(said(events.faultEvent(air, [fault("c")], 60_002))).toEqual({ code: "b", count: 4 });
    events.failed("nobody");
  });

  it("are flushed for devices whose minute is over, and at the end for all", () => {
    const events = createFaultEvents();
    for (const device of [air, meter]) {
      const start = device === air ? 0 : 30_000;
      events.faultEvent(device, [fault("a")], start);
      events.faultEvent(device, [fault("b")], start + 1);
    }
    expect(events.flush(59_999, "due")).toEqual([]);
    expect(events.flush(60_000, "due").map((draft) => draft.series.device)).toEqual(["301-air"]);
    expect(events.faultEvent(air, [fault("c")], 60_001), "a flushed event begins a minute").toBeNull();
    const rest = events.flush(60_002, "all");
    expect(rest.map((draft) => [draft.series.device, said(draft)])).toEqual([
      ["301-air", { code: "c", count: 1 }],
      ["main-1", { code: "b", count: 1 }],
    ]);
    expect(events.flush(1e9, "all")).toEqual([]);
  });

  it("are uncounted again when a flushed event did not reach the disk", () => {
    const events = createFaultEvents();
    events.faultEvent(air, [fault("a")], 0);
    events.faultEvent(air, [fault("b")], 1);
    events.flush(60_000, "due");
    events.failed("301-air");
    expect(events.flush(60_001, "due").map(said)).toEqual([{ code: "b", count: 1 }]);
  });

  it("of devices that left the plan are forgotten", () => {
    const events = createFaultEvents();
    for (const device of [air, meter]) events.faultEvent(device, [fault("a")], 0);
    for (const device of [air, meter]) events.faultEvent(device, [fault("a")], 1);
    events.retain(new Map([["301-air", air]]));
    expect([events.uncounted("301-air"), events.uncounted("main-1")]).toEqual([1, 0]);
  });

  it("stay small whatever codes come, and every fault is counted exactly once", () => {
    const message = fc.record({
      device: fc.constantFrom(air, meter),
      codes: fc.array(fc.oneof(fc.constantFrom("a", "b"), fc.string(), fc.uuid()), { maxLength: 30 }),
      afterMs: fc.constantFrom(0, 10, 30_000, 60_000, 3_600_000),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 50 }), (messages) => {
        const events = createFaultEvents();
        const drafts: { draft: Draft; now: number }[] = [];
        let now = 0;
        for (const { device, codes, afterMs } of messages) {
          now += afterMs;
          const draft = events.faultEvent(device, codes.map(fault), now);
          if (draft !== null) drafts.push({ draft, now });
        }
        for (const device of [air, meter]) {
          const own = drafts.filter(({ draft }) => draft.series.device === device.device);
          for (const [n, { now: time }] of own.entries())
            expect(time - (own[n - 1]?.now ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60_000);
          const counted = own.reduce((sum, { draft }) => sum + (said(draft) as { count: number }).count, 0);
          const all = messages.reduce(
            (sum, each) => sum + (each.device === device ? each.codes.length : 0),
            0,
          );
          expect(counted + events.uncounted(device.device)).toBe(all);
          for (const { draft } of own) expect(String(draft.value).length).toBeLessThanOrEqual(256);
        }
      }),
      { numRuns: 500 },
    );
  });
});
