import { describe, expect, it } from "vitest";
import { sayReason } from "../../../config/catalogue/reasons.ts";
import { createIntake } from "../../../edge/agent/intake.ts";
import { FakeClock } from "../../fake-clock.ts";
import { openJournal, plan, School } from "./world.ts";

const hour = 3_600_000;
const empty = () => plan({ broker: {} });
const said = (s: School, code: string, lang: "zh" | "en" = "zh") => {
  const reason = s.status.reasons.find((one) => one.code === code);
  return reason === undefined ? null : sayReason(reason, lang, s.status.at).line;
};

describe("the gateway's clock", () => {
  it("that stays unknown for an hour is another matter than one just after the start", async () => {
    const s = new School(empty());
    s.health.journal(openJournal());
    await s.clock.advance(hour - 1);
    expect(s.reasons).toEqual(["E001 gw1"]);
    await s.clock.advance(2 * hour + 1);
    expect(s.reasons).toEqual(["E008 gw1"]);
    expect(said(s, "E008")).toContain("3 小时不知道准确时间");
    s.health.clock({ known: true, quality: 0 });
    expect(s.reasons).toEqual([]);
    expect(s.status.clock).toEqual({ known: true, quality: 0, since: s.clock.wallMs() });
  });

  it("that is only estimated is told and breaks nothing, until somebody better vouches for it", () => {
    const s = School.well(empty());
    s.health.clock({ known: true, quality: 1 });
    expect(s.reasons).toEqual(["E009 gw1"]);
    expect(s.status.state).toBe("ok");
    s.health.clock({ known: true, quality: 0 });
    expect(s.reasons).toEqual([]);
  });

  it("that jumps while it is trusted is told for a day, with how far", async () => {
    const s = School.well(empty());
    s.health.step();
    await s.clock.advance(5000);
    s.clock.step(-7200_000);
    s.health.step();
    expect(said(s, "E007")).toContain("往回 7200 秒");
    expect(said(s, "E007", "en")).toContain("7200 s back");
    expect(s.status.state).toBe("ok");
    s.clock.step(60_000);
    s.health.step();
    expect(said(s, "E007")).toContain("往前 60 秒");
    await s.clock.advance(24 * hour + 1);
    expect(s.reasons).toEqual([]);
  });

  it("may be corrected by little, and set before anybody trusts it, without a word", async () => {
    let trusted = false;
    const fresh: School = new School(empty(), { wallMs: () => (trusted ? fresh.clock.wallMs() : null) });
    fresh.health.journal(openJournal());
    fresh.health.step();
    fresh.clock.step(20 * 365 * 24 * hour);
    fresh.health.step();
    trusted = true;
    fresh.health.clock({ known: true, quality: 0 });
    for (let n = 0; n < 100; n += 1) {
      await fresh.clock.advance(5000);
      fresh.clock.step(4000);
      fresh.health.step();
    }
    expect(fresh.reasons).toEqual([]);
  });
});

describe("a device's clock", () => {
  const school = (words = {}) => {
    const s = School.well(plan({ broker: { air: words } }));
    s.up("air");
    s.say("air");
    return s;
  };
  const zone = 8 * hour;

  it("that is off by the same amount again and again is told once, and breaks nothing", () => {
    const s = school();
    for (const jitter of [0, 900, -2000]) s.health.deviceClock("air", -zone + jitter);
    expect(s.reasons).toEqual(["E205 air"]);
    expect(said(s, "E205")).toContain("慢 480 分钟");
    expect(s.device("air")).toBe("ok");
    expect(s.status.state).toBe("ok");
    for (let n = 0; n < 100; n += 1) s.health.deviceClock("air", -zone);
    expect(s.reasons).toEqual(["E205 air"]);
    s.health.deviceClock("air", 40_000);
    expect(s.reasons).toEqual([]);
  });

  it("is not blamed for messages that are late", () => {
    const s = school();
    for (let minutes = 30; minutes > 2; minutes -= 2) s.health.deviceClock("air", -minutes * 60_000);
    expect(s.reasons).toEqual([]);
    s.health.deviceClock("air", zone);
    s.health.deviceClock("air", zone);
    expect(s.reasons).toEqual([]);
  });

  it("of a device that keeps readings may be behind by right, but not ahead", () => {
    const s = school({ buffered: true });
    for (let n = 0; n < 5; n += 1) s.health.deviceClock("air", -20 * 24 * hour);
    expect(s.reasons).toEqual([]);
    for (let n = 0; n < 3; n += 1) s.health.deviceClock("air", -50 * 365 * 24 * hour);
    expect(s.reasons).toEqual(["E205 air"]);
    expect(s.status.reasons[0]?.state).toBe("degraded");
    for (let n = 0; n < 3; n += 1) s.health.deviceClock("air", zone);
    expect(said(s, "E205")).toContain("快 480 分钟");
  });

  it("is read from what it sends, not from what it repeats", async () => {
    const clock = new FakeClock();
    const told: [string, number][] = [];
    const devices = plan({ broker: { air: {} } }).links[0]?.points ?? new Map();
    const intake = createIntake({
      clock,
      devices,
      journal: { append: async () => ({ repeated: false }), knows: () => false },
      wallMs: () => clock.wallMs(),
      values: () => {},
      fault: () => {},
      deviceClock: (device, aheadMs) => void told.push([device, aheadMs]),
    });
    const say = (...samples: { deviceTime?: number; stale?: boolean }[]) =>
      intake.deliver({
        readings: [
          { device: "air", samples: samples.map((s) => ({ point: "co2", raw: 1, ...s })), faults: [] },
        ],
        keys: [],
      });
    const now = clock.wallMs();
    await say({ deviceTime: now + zone - 1000 }, { deviceTime: now + zone }, {});
    await say({ deviceTime: now - zone, stale: true }, {});
    expect(told).toEqual([["air", zone]]);
  });

  it("of a device that nobody planned, or that is no number, does nothing", () => {
    const s = school();
    for (let n = 0; n < 5; n += 1) {
      s.health.deviceClock("ghost", zone);
      s.health.deviceClock("air", Number.NaN);
    }
    expect(s.reasons).toEqual([]);
    expect(s.status.counters.unplanned).toBe(5);
  });
});
