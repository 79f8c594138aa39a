import { describe, expect, it } from "vitest";
import { openJournal, plan, School } from "./world.ts";

const words = (school: School) =>
  school.changes
    .splice(0)
    .map(({ of, subject, from, to, code, root, lastedMs }) =>
      [of, subject, from, to, code, root, lastedMs].filter((part) => part !== undefined).join(" "),
    );

async function running(): Promise<School> {
  const school = School.well(plan({ broker: { a: {}, b: {} } }));
  for (const device of ["a", "b"]) {
    school.up(device);
    school.say(device);
  }
  school.health.step();
  school.changes.length = 0;
  school.log.lines.length = 0;
  return school;
}

describe("changes of state", () => {
  it("are told once at the start, when things turn out well", () => {
    const school = School.well(plan({ broker: { a: {} } }));
    school.health.step();
    school.health.step();
    expect(words(school)).toEqual([
      "gateway gw1 unknown ok",
      "uplink province unknown ok",
      "link broker unknown ok",
    ]);
    expect(school.log.lines.every(({ level }) => level === "debug")).toBe(true);
  });

  it("are told once each, with how long it lasted when all is well again", async () => {
    const school = await running();
    await school.periods(1, "a", "b");
    school.down("a");
    for (let n = 0; n < 10; n += 1) {
      await school.periods(1, "b");
      school.health.step();
    }
    expect(words(school)).toEqual(["device a ok degraded E115", "device a degraded down E115"]);
    school.up("a");
    school.health.step();
    expect(words(school)).toEqual([]);
    school.say("a");
    school.health.step();
    expect(words(school)).toEqual(["device a down ok 600000"]);
    expect(school.log.lines).toEqual([
      {
        level: "warn",
        fields: { device: "a", from: "ok", to: "degraded", code: "E115" },
        sentence: "a device's health changed",
      },
      {
        level: "warn",
        fields: { device: "a", from: "degraded", to: "down", code: "E115" },
        sentence: "a device's health changed",
      },
      {
        level: "info",
        fields: { device: "a", from: "down", to: "ok", lastedMs: 600_000 },
        sentence: "a device's health changed",
      },
    ]);
  });

  it("last from the first sign to the end, whatever the cause was called in between", async () => {
    const school = await running();
    await school.periods(4, "b");
    school.health.step();
    school.down("a");
    await school.periods(4, "b");
    school.health.step();
    school.up("a");
    school.say("a");
    school.health.step();
    expect(words(school)).toEqual([
      "device a ok degraded E116",
      "device a degraded down E115",
      "device a down ok 480000",
    ]);
  });

  it("of devices are explained by their link, and one line tells them all", async () => {
    const school = await running();
    school.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    school.health.step();
    expect(words(school)).toEqual([
      "link broker ok down E102",
      "device a ok down E110 broker",
      "device b ok down E110 broker",
    ]);
    expect(school.log.lines.map(({ level }) => level)).toEqual(["warn", "debug", "debug"]);
  });

  it("of the gateway itself to down need a person", async () => {
    const school = await running();
    school.health.journal(openJournal({ state: "store-down" }));
    school.health.step();
    expect(words(school)).toEqual(["gateway gw1 ok down E002"]);
    expect(school.log.lines.map(({ level }) => level)).toEqual(["error"]);
  });

  it("of a subject that left the plan are told no more, and it begins anew when it returns", async () => {
    const school = await running();
    school.down("a");
    await school.periods(4, "b");
    school.health.step();
    school.health.adopt(plan({ broker: { b: {} } }));
    school.health.step();
    words(school);
    school.health.adopt(plan({ broker: { a: {}, b: {} } }));
    school.health.step();
    expect(words(school)).toEqual([]);
  });

  it("go on when somebody who is told throws", async () => {
    const school = School.well(plan({ broker: { a: {} } }), {
      changes: () => {
        throw new Error("no");
      },
    });
    school.health.step();
    expect(school.log.lines.filter(({ level }) => level === "error")).toHaveLength(3);
    expect(school.status.state).toBe("ok");
  });

  it("are looked for every five seconds until the signal ends", async () => {
    const school = await running();
    const ended = new AbortController();
    const run = school.health.run(ended.signal);
    school.down("a");
    await school.clock.advance(5000);
    expect(words(school)).toEqual(["device a ok degraded E115"]);
    ended.abort();
    await run;
    expect(school.clock.sleeping).toBe(0);
  });
});

describe("the wall clock that health is given", () => {
  it("decides how old a value is, so that a wrong system clock makes nothing stale", async () => {
    const hour = 3_600_000;
    let wall: number | null = null;
    const school = School.well(plan({ broker: { a: {} } }), { wallMs: () => wall });
    school.up("a");
    wall = school.clock.wallMs() - hour;
    school.health.values("a", [{ point: "co2", quality: 0, value: 1, time: wall, kept: true }]);
    expect(school.device("a")).toBe("ok");
    expect(school.status.at).toBe(wall);
    wall = null;
    expect(school.status.at).toBe(school.clock.wallMs());
  });
});
