import { describe, expect, it } from "vitest";
import { fault, plan, School } from "./world.ts";

const three = () => plan({ broker: { a: {}, b: {}, c: {} } });

async function allWell(of = three(), ...devices: string[]): Promise<School> {
  const school = School.well(of);
  for (const device of devices.length > 0 ? devices : ["a", "b", "c"]) {
    school.up(device);
    school.say(device);
  }
  return school;
}

describe("a link", () => {
  it("is unknown until it opens, and its devices with it, however long that takes", async () => {
    const school = new School(three());
    school.health.link("broker", { what: "opening" });
    await school.periods(30);
    expect(school.states("links")).toEqual({ broker: "unknown" });
    expect(school.states("devices")).toEqual({ a: "unknown", b: "unknown", c: "unknown" });
  });

  it.each([
    ["EADDRINUSE", "", "E102"],
    ["mqtt.listen", "the address to listen on cannot be opened (EADDRINUSE)", "E102"],
    ["mqtt.listen", "the address to listen on cannot be opened (EADDRNOTAVAIL)", "E103"],
    ["mqtt.listen", "", "E106"],
    ["mqtt.tls", "", "E104"],
    ["mqtt.secret", "", "E104"],
    ["EACCES", "", "E105"],
    ["mqtt.lost", "", "E109"],
    ["constructor", "", "E109"],
  ])("that cannot open by %s (%s) is down with %s", (code, detail, row) => {
    const school = new School(three());
    school.health.link("broker", { what: "closed", code, detail, retry: "later" });
    expect(school.states("links")).toEqual({ broker: `down ${row}` });
    expect(school.status.reasons[0]?.facts).toMatchObject({ devices: 3 });
  });

  it("explains all its devices, and they come after it", async () => {
    const school = await allWell();
    school.health.link("broker", { what: "closed", code: "mqtt.lost", retry: "later" });
    await school.periods(2);
    school.health.link("broker", { what: "opening" });
    school.health.link("broker", { what: "closed", code: "EADDRINUSE", retry: "later" });
    expect(school.reasons).toEqual([
      "E102 broker",
      "E110 a by broker",
      "E110 b by broker",
      "E110 c by broker",
    ]);
    expect(school.status.links[0]?.since).toBe(school.minutesAgo(2));
  });

  it("that opens again gives its devices three periods", async () => {
    const school = await allWell();
    school.health.link("broker", { what: "closed", code: "mqtt.lost", retry: "later" });
    await school.periods(60);
    school.health.link("broker", { what: "open" });
    expect(school.states("devices")).toEqual({ a: "unknown", b: "unknown", c: "unknown" });
    await school.periods(4);
    expect(school.device("a")).toMatch(/^(degraded|down)/);
  });

  it("that flaps gives its devices no new patience", async () => {
    const school = await allWell();
    for (let n = 0; n < 12; n += 1) {
      await school.periods(1);
      school.health.link("broker", { what: "closed", code: "mqtt.lost", retry: "later" });
      school.health.link("broker", { what: "open" });
    }
    expect(school.device("a")).toBe("down E116");
  });

  it("shows where devices connect", () => {
    const school = School.well(three());
    school.health.device("broker", { what: "listening", host: "::", port: 8883 });
    expect(school.status.links[0]?.listening).toBe("[::]:8883");
  });
});

describe("one cause", () => {
  it("explains devices of a link that all fell silent, since the last of them did", async () => {
    const school = await allWell();
    school.down("a");
    await school.periods(1);
    school.down("b");
    school.down("c");
    await school.periods(2);
    expect(school.reasons).not.toContain("E111 broker");
    await school.clock.advance(1);
    expect(school.states("links")).toEqual({ broker: "down E111" });
    expect(school.reasons).toEqual([
      "E111 broker",
      "E115 a by broker",
      "E115 b by broker",
      "E115 c by broker",
    ]);
    expect(school.status.links[0]?.since).toBe(school.minutesAgo(2) - 1);
  });

  it("is not claimed when one device is well, when there are but two, or when none ever spoke", async () => {
    const some = await allWell();
    some.down("a");
    some.down("b");
    await some.periods(10, "c");
    expect(some.states("links")).toEqual({ broker: "ok" });

    const two = await allWell(plan({ broker: { a: {}, b: {} } }), "a", "b");
    await two.periods(10);
    expect(two.states("links")).toEqual({ broker: "ok" });

    const never = School.well(three());
    await never.periods(10);
    expect(never.reasons).toEqual(["E114 a", "E114 b", "E114 c"]);
  });

  it("is not claimed when some were refused: they have a cause of their own", async () => {
    const school = await allWell();
    school.health.fault("a", fault("mqtt.credential", { layer: "access", retry: "never" }));
    await school.periods(10);
    expect(school.states("devices")).toEqual({ a: "down E301", b: "down E116", c: "down E116" });
    expect(school.states("links")).toEqual({ broker: "ok" });
  });

  it("is a bridge for what hangs on it", async () => {
    const school = await allWell(
      plan({ broker: { z2m: {}, door: { via: "z2m" }, air: {} } }),
      "z2m",
      "door",
      "air",
    );
    school.down("z2m");
    school.down("door");
    await school.periods(4, "air");
    expect(school.reasons).toEqual(["E115 z2m", "E115 door by z2m"]);
    school.up("z2m");
    school.say("z2m");
    expect(school.reasons).toEqual(["E115 door"]);
  });

  it("does not end in a circle", async () => {
    const school = await allWell(plan({ broker: { a: { via: "b" }, b: { via: "a" }, c: { via: "c" } } }));
    await school.periods(10);
    expect(school.status.reasons).toHaveLength(4);
  });
});
