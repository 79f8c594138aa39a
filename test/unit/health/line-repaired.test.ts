import { describe, expect, it } from "vitest";
import { airs, faults, line, lines } from "./polled-school.ts";
import { fault, periodMs, plan, point, School } from "./world.ts";

const seconds = 10;
/** One device on a line, read every ten seconds, and one beside it. */
function quick(): School {
  const points = [point("co2", { everyMs: seconds * 1000 })];
  const school = School.well(plan({ rs1: { a: { points }, b: { points } } }));
  school.health.link("rs1", { what: "polled", lines: [line()] });
  for (const device of ["a", "b"]) {
    school.up(device, "rs1");
    school.say(device);
  }
  return school;
}

async function polls(school: School, count: number): Promise<void> {
  for (let poll = 0; poll < count; poll += 1) {
    await school.clock.advance(seconds * 1000);
    for (const device of ["a", "b"]) school.say(device);
  }
}

const blame = (school: School, code: string, layer: "device" | "frame" = "device") =>
  school.health.fault("a", fault(code, { layer }));

describe("what was wrong with a polled device", () => {
  it("is over after three good readings in a row", async () => {
    const school = quick();
    blame(school, "modbus.busy");
    await polls(school, 2);
    expect(school.device("a")).toBe("degraded E207");
    await polls(school, 1);
    expect(school.device("a")).toBe("ok");
    expect(school.reasons).toEqual([]);
  });

  it("is told on without coming and going while it comes now and then", async () => {
    const school = quick();
    for (let time = 0; time < 10; time += 1) {
      blame(school, "modbus.busy");
      await polls(school, 5);
      if (time > 0) expect(school.device("a")).toBe("degraded E207");
    }
    await polls(school, 6);
    expect(school.device("a")).toBe("ok");
  });

  it("is not over because others of its points come", async () => {
    const every = { everyMs: 10_000 };
    const points = [point("co2", every), point("pm25", every)];
    const school = School.well(plan({ rs1: { a: { points } } }));
    school.health.link("rs1", { what: "polled", lines: [line()] });
    school.up("a", "rs1");
    for (const id of ["co2", "pm25"]) school.say("a", 0, { point: id });
    blame(school, "modbus.busy");
    for (let poll = 0; poll < 2; poll += 1) {
      await school.clock.advance(10_000);
      school.say("a", 0, { point: "co2" });
    }
    school.say("a", 0, { point: "co2" });
    expect(school.device("a")).toBe("degraded E207");
  });

  it("was no more than what happens on any line when it was a garbled answer or two", async () => {
    const school = quick();
    await polls(school, 10);
    for (let time = 0; time < 2; time += 1) blame(school, "modbus.crc", "frame");
    expect(school.device("a")).toBe("ok");
    blame(school, "modbus.crc", "frame");
    expect(school.device("a")).toBe("degraded E122");
    await polls(school, 3);
    expect(school.device("a")).toBe("ok");
  });

  it("stays in view of a device that speaks by itself", async () => {
    const school = School.well(plan({ broker: { a: {} } }));
    school.up("a");
    school.health.fault("a", fault("mqtt.json"));
    for (let minute = 0; minute < 4; minute += 1) await school.periods(1, "a");
    expect(school.device("a")).toBe("degraded E203");
  });
});

it("a line's trouble that its figures tell no more is over at once", async () => {
  const school = lines({ rs1: airs });
  const bad = line({}, { answered: 62, ...faults(["modbus.crc", 38, 5]) });
  school.health.link("rs1", { what: "polled", lines: [bad] });
  expect(school.states("links")).toEqual({ rs1: "degraded E121" });
  await school.clock.advance(periodMs);
  school.health.link("rs1", { what: "polled", lines: [line()] });
  expect(school.states("links")).toEqual({ rs1: "ok" });
});
