import { describe, expect, it } from "vitest";
import { Quality } from "../../../config/schema/vocabulary.ts";
import { fault, periodMs, plan, point, School } from "./world.ts";

const one = (words = {}) => plan({ broker: { "301-air": words } });

describe("a device", () => {
  it("is unknown at first, and down when it has not connected within three periods", async () => {
    const school = School.well(one());
    await school.periods(3);
    expect(school.device()).toBe("unknown");
    await school.periods(1);
    expect(school.device()).toBe("down E114");
    expect(school.status.reasons[0]?.facts).toEqual({ minutes: 4 });
  });

  it("is ok while fresh good values come", async () => {
    const school = School.well(one());
    school.up("301-air");
    await school.periods(20, "301-air");
    expect(school.device()).toBe("ok");
    expect(school.reasons).toEqual([]);
    expect(school.status.state).toBe("ok");
    expect(school.status.devices[0]?.lastSeen).toBe(school.clock.wallMs());
  });

  it("is ok while what it can but assume comes, and not while others say that", async () => {
    const assumed = School.well(one({ points: [point("co2", { assumed: true })] }));
    const measured = School.well(one());
    for (const school of [assumed, measured]) {
      school.up("301-air");
      for (let n = 0; n < 20; n++) {
        await school.periods(1);
        school.say("301-air", Quality.assumed);
      }
    }
    expect(assumed.device()).toBe("ok");
    expect(measured.device()).toMatch(/^down/);
  });

  it("that is connected but silent is degraded after three periods and down after six", async () => {
    const school = School.well(one());
    school.up("301-air");
    school.say("301-air");
    await school.periods(3);
    expect(school.device()).toBe("ok");
    await school.clock.advance(1);
    expect(school.device()).toBe("degraded E116");
    await school.periods(3);
    expect(school.device()).toBe("down E116");
    expect(school.status.reasons).toMatchObject([{ subject: "301-air", since: school.minutesAgo(6) - 1 }]);
  });

  it.each([
    ["that sends what it kept for a week", true, "ok"],
    ["that goes round in circles, though it may keep what it says", false, "degraded E139"],
  ])("takes one %s for what it is", async (_, old, told) => {
    const school = School.well(one({ buffered: true }));
    school.up("301-air");
    for (let n = 0; n < 10_000; n++) {
      const time = old ? school.clock.wallMs() - (10_080 - n) * 60_000 : school.clock.wallMs();
      school.health.values("301-air", [{ point: "co2", quality: 0, value: 600 + (n % 9), time, kept: true }]);
      if (n % 100 === 99) await school.clock.advance(1000);
    }
    school.health.values("301-air", [
      { point: "co2", quality: 0, value: 600, time: school.clock.wallMs(), kept: true },
    ]);
    expect(school.device()).toBe(told);
  });

  it("does not miss a point that not every unit has, until it was heard once", async () => {
    const points = [point("co2"), point("tvoc", { optional: true })];
    const school = School.well(one({ points }));
    school.up("301-air");
    for (let minute = 0; minute < 10; minute++) {
      school.health.values("301-air", [{ point: "co2", quality: 0, value: 600, time: null, kept: true }]);
      await school.periods(1);
    }
    expect(school.device()).toBe("ok");
    expect(school.status.devices[0]?.points).toMatchObject({ ok: 1, off: 1 });
    school.health.values("301-air", [{ point: "tvoc", quality: 0, value: 3, time: null, kept: true }]);
    for (let minute = 0; minute < 4; minute++) {
      school.health.values("301-air", [{ point: "co2", quality: 0, value: 600, time: null, kept: true }]);
      await school.periods(1);
    }
    expect(school.status.reasons).toMatchObject([{ subject: "301-air/tvoc", code: "E211" }]);
  });

  const say = (school: School, values: Record<string, number | boolean | null>) =>
    school.health.values(
      "301-air",
      Object.entries(values).map(([id, value]) => ({
        point: id,
        quality: value === null ? Quality.deviceFault : 0,
        value,
        time: null,
        kept: true,
      })),
    );
  const lastValues = (school: School) => school.health.lastValues({ level: 2, words: true }).values;
  const onChange = (id: string, more = {}) =>
    point(id, { kind: "state", type: "boolean", onChange: true, ...more });

  it("does not miss what is said on change alone, and shows its last word as it was", async () => {
    const points = [point("energy", { optional: true }), onChange("switch")];
    const school = School.well(one({ points }));
    school.up("301-air");
    say(school, { switch: true });
    await school.periods(200);
    expect(school.device()).toBe("ok");
    expect(lastValues(school)).toMatchObject([{ point: "switch", quality: 0 }]);
    say(school, { energy: 5 });
    await school.periods(4);
    expect(school.device()).toBe("degraded E116");
    school.down("301-air");
    expect(lastValues(school)).toMatchObject([
      { point: "energy", quality: Quality.stale },
      { point: "switch", quality: Quality.stale },
    ]);
  });

  it("whose point said on change that it has no value has none until it says one", async () => {
    const school = School.well(one({ points: [onChange("switch"), onChange("contact")] }));
    school.up("301-air");
    say(school, { switch: true, contact: null });
    await school.periods(100);
    expect(school.status.reasons).toMatchObject([{ subject: "301-air/contact", code: "E213" }]);
    say(school, { contact: false });
    expect(school.device()).toBe("ok");
  });

  it("that says it is online, and nothing else, gives no data", async () => {
    const points = [point("temperature", { optional: true }), onChange("online")];
    const school = School.well(one({ points }));
    school.up("301-air");
    for (let minute = 0; minute < 5; minute++) {
      say(school, { online: true });
      await school.periods(1);
    }
    expect(school.device()).toBe("degraded E116");
  });

  it("that connects again and again without a word gets no new patience", async () => {
    const school = School.well(one());
    for (let n = 0; n < 8; n += 1) {
      school.up("301-air");
      await school.clock.advance(periodMs - 1000);
      school.down("301-air");
      await school.clock.advance(1000);
    }
    school.up("301-air");
    expect(school.device()).toBe("down E116");
  });

  it("that connects again and again with old readings alone gets no new patience either", async () => {
    const school = School.well(one());
    for (let n = 0; n < 8; n += 1) {
      school.up("301-air");
      school.say("301-air", 0, { ageMs: 86_400_000 });
      school.down("301-air");
      await school.periods(1);
    }
    school.up("301-air");
    expect(school.device()).toBe("down E116");
  });

  it("that comes back after a long absence is unknown until it speaks, then ok", async () => {
    const school = School.well(one());
    school.up("301-air");
    school.say("301-air");
    school.down("301-air");
    await school.periods(60);
    expect(school.device()).toBe("down E115");
    school.up("301-air");
    expect(school.device()).toBe("unknown");
    await school.periods(1, "301-air");
    expect(school.device()).toBe("ok");
  });

  it("whose connection broke is degraded while its data are fresh, then down since it broke", async () => {
    const school = School.well(one());
    school.up("301-air");
    school.say("301-air");
    school.down("301-air");
    expect(school.device()).toBe("degraded E115");
    await school.periods(4);
    expect(school.device()).toBe("down E115");
    expect(school.status.devices[0]?.since).toBe(school.minutesAgo(4));
  });

  it("that keeps readings while away, or logs off in good order, is ok between its reports", async () => {
    for (const [words, code] of [
      [{ buffered: true }, "mqtt.gone"],
      [{}, "mqtt.left"],
    ] as const) {
      const school = School.well(one(words));
      for (let n = 0; n < 10; n += 1) {
        school.up("301-air");
        school.say("301-air");
        school.down("301-air", code);
        await school.periods(2);
        expect(school.device()).toBe("ok");
      }
      await school.periods(2);
      expect(school.device()).toBe(`down ${code === "mqtt.left" ? "E117" : "E115"}`);
    }
  });

  it("is not ok by old, repeated or assumed values, however many come", async () => {
    const school = School.well(one());
    school.up("301-air");
    for (let n = 0; n < 10; n += 1) {
      school.say("301-air", Quality.stale);
      school.say("301-air", Quality.assumed);
      school.say("301-air", Quality.good, { ageMs: 86_400_000 });
      await school.periods(1);
    }
    expect(school.device()).toBe("down E116");
  });

  it("is ok by values of doubtful accuracy or time: they are news", async () => {
    const school = School.well(one());
    school.up("301-air");
    for (const quality of [Quality.inaccurate, Quality.timeDoubtful, Quality.partial, Quality.simulated]) {
      await school.periods(5);
      school.say("301-air", quality);
      expect(school.device()).toBe("ok");
    }
  });

  it("whose values are all bad says why, with the code of the value", async () => {
    for (const [quality, code] of [
      [Quality.outOfRange, "E212"],
      [Quality.deviceFault, "E213"],
      [Quality.parse, "E214"],
      [Quality.deviceFault + Quality.simulated, "E213"],
    ] as const) {
      const school = School.well(one());
      school.up("301-air");
      for (let n = 0; n < 7; n += 1) {
        await school.periods(1);
        school.say("301-air", quality);
      }
      expect(school.device()).toBe(`down ${code}`);
      expect(school.reasons).toEqual([`${code} 301-air`]);
    }
  });

  it("with one bad point is degraded by that point, and well again with its next good value", async () => {
    const school = School.well(one({ points: [point("co2"), point("pm25")] }));
    school.up("301-air");
    school.say("301-air", 0, { point: "pm25" });
    school.say("301-air", Quality.outOfRange, { value: 9999 });
    expect(school.device()).toBe("degraded E212");
    expect(school.status.reasons).toMatchObject([
      { level: "point", subject: "301-air/co2", facts: { value: 9999, min: 0, max: 5000 } },
    ]);
    school.say("301-air");
    expect(school.device()).toBe("ok");
    expect(school.reasons).toEqual([]);
  });

  it("with one point that fell silent is degraded by it; a slow point keeps its own pace", async () => {
    const slow = point("energy", { everyMs: 15 * periodMs });
    const school = School.well(one({ points: [point("co2"), point("pm25"), slow] }));
    school.up("301-air");
    school.say("301-air", 0, { point: "pm25" });
    school.say("301-air", 0, { point: "energy" });
    await school.periods(4, "301-air");
    expect(school.reasons).toEqual(["E211 301-air/pm25"]);
    expect(school.device()).toBe("degraded E211");
    expect(school.status.devices[0]?.points).toMatchObject({ total: 3, ok: 2, degraded: 1 });
    await school.periods(45, "301-air");
    expect(school.reasons).toContain("E211 301-air/energy");
    expect(school.device()).toBe("degraded E211");
  });

  it("back after an hour does not call its slow points stale at once", async () => {
    const slow = point("energy", { everyMs: 15 * periodMs });
    const school = School.well(one({ points: [point("co2"), slow] }));
    school.up("301-air");
    school.say("301-air");
    school.say("301-air", 0, { point: "energy" });
    school.down("301-air");
    await school.periods(60);
    school.up("301-air");
    school.say("301-air");
    expect(school.device()).toBe("ok");
    await school.periods(46, "301-air");
    expect(school.device()).toBe("degraded E211");
  });

  it("with events alone is judged by its connection, not by silence", async () => {
    const school = School.well(one({ points: [point("door_opened", { kind: "event" })] }));
    school.up("301-air");
    await school.periods(10_000);
    expect(school.device()).toBe("ok");
    school.down("301-air");
    expect(school.device()).toBe("down E115");
  });

  it("that sends what is not understood is degraded while it also sends good values, down when it does not", async () => {
    const school = School.well(one());
    school.up("301-air");
    school.say("301-air");
    school.health.fault("301-air", fault("mqtt.json"));
    school.health.fault("301-air", fault("mqtt.json"));
    expect(school.device()).toBe("degraded E203");
    expect(school.status.reasons[0]?.facts.times).toBe(2);
    await school.periods(6, "301-air");
    expect(school.device()).toBe("ok");
    for (let n = 0; n < 7; n += 1) {
      await school.periods(1);
      school.health.fault("301-air", fault("mqtt.json"));
    }
    expect(school.device()).toBe("down E203");
    const beginner = School.well(one());
    beginner.up("301-air");
    beginner.health.fault("301-air", fault("mqtt.json"));
    expect(beginner.device()).toBe("degraded E203");
  });

  it("that sends personal data beside good values is degraded, and down when it sends nothing else", async () => {
    const school = School.well(one());
    const forbidden = () =>
      school.health.fault("301-air", fault("mqtt.forbidden", { layer: "policy", retry: "never" }));
    school.up("301-air");
    await school.periods(1, "301-air");
    forbidden();
    expect(school.device()).toBe("degraded E304");
    await school.periods(4);
    forbidden();
    expect(school.device()).toBe("down E304");
  });

  it("shows a fault code that nobody foresaw in the general row", () => {
    const school = School.well(one());
    school.up("301-air");
    school.say("301-air");
    school.health.fault("301-air", fault("mqtt.quantum", { detail: "flux" }));
    expect(school.device()).toBe("degraded E119");
    expect(school.status.reasons[0]?.facts).toEqual({ code: "mqtt.quantum", detail: "flux", times: 1 });
    expect(school.status.counters.faults).toEqual({ "mqtt.quantum": 1 });
  });

  it("with a fault at one point has it there, until the next good value of that point", () => {
    const school = School.well(one());
    school.up("301-air");
    school.say("301-air");
    school.health.fault("301-air", fault("mqtt.type", { point: "co2" }));
    expect(school.reasons).toEqual(["E215 301-air/co2"]);
    school.say("301-air");
    expect(school.reasons).toEqual([]);
  });

  it("on trial shows its state but gives no reason and counts nowhere", async () => {
    const school = School.well(one({ stage: "trial" }));
    await school.periods(10);
    expect(school.device()).toBe("down E114");
    expect(school.reasons).toEqual([]);
    expect(school.status).toMatchObject({ state: "ok", counts: { trial: 1, devices: { total: 0 } } });
    school.up("301-air");
    school.say("301-air", Quality.inaccurate);
    expect(school.device()).toBe("ok");
  });
});

describe("a device that is refused", () => {
  const refused = (school: School, client: string, code = "mqtt.credential") =>
    school.health.device("broker", {
      what: "refused",
      client,
      address: "fd12:30::9c",
      fault: fault(code, { layer: "access", retry: "never" }),
    });

  it("is down for its password, and well after its first value", async () => {
    const school = School.well(one());
    refused(school, "301-air");
    expect(school.device()).toBe("down E301");
    await school.periods(60);
    expect(school.device()).toBe("down E301");
    school.up("301-air");
    school.say("301-air");
    expect(school.device()).toBe("ok");
  });

  it("is not harmed by a stranger who uses its name while its data flow, or while it is connected", async () => {
    const school = School.well(
      plan({ broker: { "301-air": {}, reader: { points: [point("card", { kind: "event" })] } } }),
    );
    school.up("301-air");
    school.say("301-air");
    school.up("reader");
    refused(school, "301-air", "mqtt.takeover");
    refused(school, "reader", "mqtt.takeover");
    expect(school.states("devices")).toEqual({ "301-air": "ok", reader: "ok" });
    await school.periods(4);
    expect(school.device()).toBe("degraded E116");
  });
});

describe("what is told of a value", () => {
  it("is nothing above data level 2, no text, and no number that JSON cannot hold", () => {
    const school = School.well(
      one({ points: [point("co2", { level: 3 }), point("code", { type: "text" }), point("pm25")] }),
    );
    school.up("301-air");
    school.say("301-air", Quality.outOfRange, { value: 424242 });
    school.health.values("301-air", [
      { point: "code", quality: Quality.outOfRange, value: "王小明", time: null, kept: false },
      { point: "pm25", quality: Quality.outOfRange, value: Number.NaN, time: null, kept: false },
    ]);
    const text = JSON.stringify(school.status);
    expect(text).not.toContain("424242");
    expect(text).not.toContain("王小明");
    expect(school.status.reasons.length + school.status.devices.length).toBeGreaterThan(1);
  });
});
