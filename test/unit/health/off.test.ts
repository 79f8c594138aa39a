import { describe, expect, it } from "vitest";
import { sayReason } from "../../../config/catalogue/reasons.ts";
import type { OffDevice } from "../../../config/schema/plan.ts";
import { plan, School } from "./world.ts";

const day = 86_400_000;
/** 2026-10-31 00:00 in China, as `until: 2026-10-31` is read. */
const until = Date.parse("2026-10-31T00:00+08:00");
const cam: OffDevice = {
  device: "308-cam",
  link: "broker",
  profile: "onvif-camera",
  space: "X-308",
  why: "返厂 RMA 20931",
  untilMs: until,
};
const school = (off: OffDevice[], wallMs?: () => number | null) =>
  School.well(plan({ broker: { a: {}, b: {} } }, [{}], { off }), wallMs === undefined ? {} : { wallMs });
const off = (of: School, id = "308-cam") => of.status.devices.find((device) => device.id === id);

describe("a device that is off", () => {
  it("shows why and until when, is counted as off, and is nobody's matter", () => {
    const s = school([cam]);
    expect(off(s)).toMatchObject({
      ...{ state: "off", link: "broker", space: "X-308", profile: "onvif-camera" },
      ...{ why: "返厂 RMA 20931", until, lastSeen: null },
    });
    expect(off(s)).not.toHaveProperty("code");
    expect(s.reasons).toEqual([]);
    expect(s.status.state).toBe("ok");
    expect(s.status.counts.devices).toMatchObject({ total: 3, off: 1, unknown: 2 });
    expect(s.status.links[0]?.devices).toMatchObject({ total: 3, off: 1 });
    s.health.step();
    expect(s.changes.filter(({ to }) => to !== "ok" && to !== "off")).toEqual([]);
    expect(s.log.lines.every(({ level }) => level === "debug")).toBe(true);
  });

  it("needs somebody when the whole day of its date is over, and not before", async () => {
    const s = school([cam]);
    await s.clock.advance(until + day - 1 - s.clock.wallMs());
    expect(off(s)?.state).toBe("off");
    await s.clock.advance(1);
    expect(off(s)).toMatchObject({ state: "down", code: "E118", since: until + day });
    expect(s.status.state).toBe("degraded");
    await s.clock.advance(2 * day);
    const [reason] = s.status.reasons.filter(({ code }) => code === "E118");
    if (reason === undefined) throw new Error("no reason");
    const { line, next } = sayReason(reason, "zh", s.status.at);
    expect(line).toContain("应在 2026-10-31 恢复, 过了 2 天");
    expect(line).toContain("返厂 RMA 20931");
    expect(next).toContain("stage: off");
  });

  it("with a time of day is due at that time", async () => {
    const s = school([{ ...cam, untilMs: until + 3_600_000 }]);
    await s.clock.advance(until + 3_600_000 - s.clock.wallMs());
    expect(off(s)?.state).toBe("down");
  });

  it("is never overdue by a clock that nobody vouches for", async () => {
    let wall: number | null = null;
    const s = school([cam], () => wall);
    s.clock.step(100 * 365 * day);
    expect(off(s)?.state).toBe("off");
    wall = s.clock.wallMs();
    expect(off(s)?.state).toBe("down");
  });

  it("because of another has no date of its own: the one in front tells it", async () => {
    const s = school([cam, { ...cam, device: "behind", behind: "308-cam" }]);
    await s.clock.advance(until + 2 * day - s.clock.wallMs());
    expect(off(s, "behind")).toMatchObject({ state: "off", behind: "308-cam" });
    expect(s.reasons.filter((reason) => reason.startsWith("E118"))).toEqual(["E118 308-cam"]);
  });

  it("does not hide that all others of its link fell silent together", async () => {
    const s = School.well(plan({ broker: { a: {}, b: {}, c: {} } }, [{}], { off: [cam] }));
    for (const device of ["a", "b", "c"]) {
      s.up(device);
      s.say(device);
    }
    await s.periods(7);
    expect(s.states("links")).toEqual({ broker: "down E111" });
  });

  it("that comes back with a new plan is a device like any other", () => {
    const s = school([cam]);
    s.health.adopt(plan({ broker: { a: {}, "308-cam": {} } }));
    s.up("308-cam");
    s.say("308-cam");
    expect(off(s)).toMatchObject({ state: "ok" });
    expect(off(s)).not.toHaveProperty("why");
    s.health.adopt(plan({ broker: { a: {} } }, [{}], { off: [cam] }));
    expect(off(s)?.state).toBe("off");
  });
});
