import { describe, expect, it } from "vitest";
import { valuesSchema } from "../../../config/schema/values.ts";
import { Quality, type Value } from "../../../config/schema/vocabulary.ts";
import { periodMs, plan, point, School } from "./world.ts";

const viewer = { level: 2, words: false };
const technician = { level: 4, words: true };

const points = [
  point("temperature", { unit: "Cel" }),
  point("power", { unit: "W" }),
  point("co2", { unit: "[ppm]" }),
  point("switch", { kind: "state", type: "boolean" }),
  point("occupancy", { level: 3, unit: "{count}" }),
  point("card", { kind: "event", type: "text", level: 4 }),
];
const school = () => School.well(plan({ broker: { a: { points }, b: {} } }));
const hear = (
  s: School,
  id: string,
  value: Value,
  more: { quality?: number; kept?: boolean; time?: number } = {},
) =>
  s.health.values("a", [
    {
      point: id,
      value,
      quality: more.quality ?? 0,
      time: more.time ?? s.clock.wallMs(),
      kept: more.kept ?? true,
    },
  ]);
const values = (s: School, view = technician) => valuesSchema.parse(s.health.lastValues(view)).values;
const shown = (s: School, id: string, view = technician) =>
  values(s, view).find((value) => value.point === id);

describe("the last value of a point", () => {
  it("is in the unit that people see, rounded, with its age", async () => {
    const s = school();
    expect(values(s)).toEqual([]);
    hear(s, "temperature", 24.6491);
    hear(s, "power", 1234.5678);
    await s.clock.advance(4000);
    expect(shown(s, "temperature")).toEqual({
      ...{ device: "a", point: "temperature", value: 24.6, unit: "℃", quality: 0, level: 2 },
      ...{ time: s.clock.wallMs() - 4000, ageMs: 4000 },
    });
    expect(shown(s, "power")).toMatchObject({ value: 1.235, unit: "kW" });
  });

  it("is not fresh any more after three periods, and at once when its polled device is down", async () => {
    const s = school();
    hear(s, "co2", 612, { quality: Quality.simulated });
    hear(s, "temperature", null, { quality: Quality.deviceFault });
    hear(s, "card", "x");
    const co2 = () => shown(s, "co2")?.quality;
    await s.clock.advance(3 * periodMs);
    expect(co2()).toBe(Quality.simulated);
    await s.clock.advance(1);
    expect(co2()).toBe(Quality.stale + Quality.simulated);
    // What was worse stays so, and what need not come again does not age.
    expect(shown(s, "temperature")?.quality).toBe(Quality.deviceFault);
    expect(shown(s, "card")?.quality).toBe(0);
    hear(s, "co2", 612);
    const recent = { answered: 9, faults: [] };
    s.health.link("broker", {
      what: "polled",
      lines: [{ line: "one", busyShare: null, cyclesMissed: 0, recent }],
    });
    expect(co2()).toBe(0);
    s.down("a", "modbus.silent");
    expect(co2()).toBe(Quality.stale);
  });

  it("is there whether the storing rule selected it or not, good or bad", () => {
    const s = school();
    hear(s, "co2", 612, { kept: false });
    expect(shown(s, "co2")?.value).toBe(612);
    hear(s, "co2", null, { quality: Quality.deviceFault + Quality.simulated });
    expect(shown(s, "co2")).toMatchObject({ value: null, quality: 161 });
  });

  it("is the newest, also when a device tells what it kept", () => {
    const s = school();
    hear(s, "co2", 700);
    hear(s, "co2", 400, { time: s.clock.wallMs() - 3_600_000 });
    expect(shown(s, "co2")?.value).toBe(700);
  });

  it("keeps a true or false and nothing of a number that JSON cannot hold", () => {
    const s = school();
    hear(s, "switch", false);
    hear(s, "co2", Number.POSITIVE_INFINITY);
    expect(shown(s, "switch")).toMatchObject({ value: false });
    expect(shown(s, "switch")).not.toHaveProperty("unit");
    expect(shown(s, "co2")?.value).toBeNull();
  });

  it("of a person is for the technician alone", () => {
    const s = school();
    const digest = "0123456789abcdef0123456789abcdef";
    hear(s, "card", digest);
    hear(s, "occupancy", 37);
    hear(s, "co2", 600);
    expect(values(s, viewer).map((value) => value.point)).toEqual(["co2"]);
    expect(JSON.stringify(s.health.lastValues(viewer))).not.toContain(digest);
    expect(JSON.stringify(s.health.status(technician))).not.toContain(digest);
    expect(values(s).map((value) => value.point)).toEqual(["co2", "occupancy", "card"]);
  });

  it("takes no more memory than the plan has points", () => {
    const s = school();
    for (let n = 0; n < 5000; n += 1) {
      s.health.values(`ghost${n}`, [{ point: "co2", value: n, quality: 0, time: null, kept: true }]);
      hear(s, `ghost${n}`, n);
      hear(s, "co2", n);
    }
    expect(values(s)).toHaveLength(1);
    s.health.adopt(plan({ broker: { b: {} } }));
    expect(values(s)).toEqual([]);
  });
});

describe("what a viewer sees of a status", () => {
  it("is states, counts and codes, and nothing that a stranger, a device or a technician wrote", () => {
    const of = plan({ broker: { a: {} } }, [{}], {
      spares: [{ profile: "p", serial: "JX2409-0117", note: "总务处柜子" }],
      off: [{ device: "o", link: "broker", profile: "p", space: "X-302", why: "王老师说坏了" }],
    });
    of.school.contact = "总务处 8021";
    const s = School.well(of);
    s.health.device("broker", { what: "listening", host: "10.9.8.7", port: 8883 });
    s.health.device("broker", {
      ...{ what: "refused", client: "esp-7f21", address: "fd12:30::9c" },
      fault: { code: "mqtt.network", layer: "access", retry: "later", detail: "" },
    });
    s.up("a");
    s.health.fault("a", { code: "strange", layer: "answer", retry: "later", detail: "the device's words" });
    s.health.configuration({ running: "1", files: null, problems: [{ file: "wang.yaml", line: 3 }] });
    const all = JSON.stringify(s.health.status(technician));
    const seen = JSON.stringify(s.health.status(viewer));
    const words = [
      "esp-7f21",
      "fd12:30::9c",
      "10.9.8.7",
      "JX2409-0117",
      "总务处",
      "王老师",
      "device's words",
      "wang.yaml",
    ];
    for (const word of words) {
      expect(all, word).toContain(word);
      expect(seen, word).not.toContain(word);
    }
    for (const code of ["E401", "E119", "E011"]) expect(seen).toContain(code);
    s.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    expect(s.health.ready().why).toEqual([expect.stringMatching(/^E102 broker 打不开: 端口 ?已被占用/)]);
    expect(JSON.parse(seen)).toMatchObject({ strangers: [], counts: JSON.parse(all).counts });
  });
});
