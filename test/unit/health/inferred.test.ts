import { beforeEach, describe, expect, it } from "vitest";
import type { InferredPlan, PointPlan } from "../../../config/schema/plan.ts";
import { plan, point, School } from "./world.ts";

const displayOn = (from: InferredPlan["from"] | null = { device: "plug", point: "power" }): PointPlan =>
  point("display_on", {
    type: "boolean",
    kind: "state",
    assumed: true,
    inferred: { ...(from ? { from } : {}), onW: 15, offW: 8 },
  });

const schoolOf = (panel: PointPlan[]) =>
  School.well(
    plan({
      broker: { plug: { points: [point("power")] } },
      bus: { panel: { points: panel }, air: {}, other: {} },
    }),
  );
let school: School;
beforeEach(() => {
  school = schoolOf([displayOn()]);
});

const meterSays = () => {
  school.say("plug", 0, { point: "power", value: 100 });
  school.say("panel", 17, { point: "display_on", value: true });
};
const periods = async (count: number, ...more: string[]) => {
  for (let n = 0; n < count; n += 1) {
    await school.periods(1, ...more);
    meterSays();
  }
};
const shownQuality = () =>
  school.health.lastValues({ level: 4, words: true }).values.find(({ point: id }) => id === "display_on")
    ?.quality;
const points = (id: string) => school.status.devices.find((device) => device.id === id)?.points;

describe("a device that nothing but its meter tells of", () => {
  it("is unknown, and never down, while nothing was heard of it", async () => {
    await school.periods(20, "air", "other");
    expect(school.device("panel")).toBe("unknown");
    expect(school.reasons).not.toContain("E113 panel");
  });

  it("is well while its meter speaks", async () => {
    await periods(4, "air", "other");
    expect(school.device("panel")).toBe("ok");
    expect(points("panel")).toMatchObject({ ok: 1 });
  });

  it("is not blamed for a meter that fell silent", async () => {
    await periods(4, "air", "other");
    await school.periods(10, "air", "other");
    expect(school.device("plug")).toMatch(/^down/);
    expect(school.device("panel")).toBe("unknown");
    expect(school.reasons.filter((reason) => reason.includes("panel"))).toEqual([
      "E211 panel/display_on by plug",
    ]);
    school.health.step();
    expect(school.changes.filter(({ subject, to }) => subject === "panel" && to === "down")).toEqual([]);
    meterSays();
    expect(school.device("panel")).toBe("ok");
  });

  it("is unknown with its meter gone, also where silence would say nothing", async () => {
    school = schoolOf([{ ...displayOn(), onChange: true }]);
    school.up("plug");
    await periods(4, "air", "other");
    await school.periods(2, "air", "other");
    expect(school.device("panel")).toBe("ok");
    expect(shownQuality()).toBe(17);
    school.down("plug");
    await school.periods(6, "air", "other");
    expect(school.device("plug")).toMatch(/^down/);
    expect(school.device("panel")).toBe("unknown");
    expect(shownQuality()).toBe(16);
  });

  it("says nothing for its line: a line on which all others are silent is dead", async () => {
    for (const id of ["air", "other"]) school.say(id);
    const lines = [{ line: "one", busyShare: 0.1, cyclesMissed: 0, recent: { answered: 0, faults: [] } }];
    school.health.link("bus", { what: "polled", lines });
    await periods(10);
    expect(school.device("panel")).toBe("ok");
    expect(school.states("links").bus).toBe("down E111");
  });

  it("is down with its line", async () => {
    await periods(4, "air", "other");
    school.health.link("bus", { what: "closed", code: "ECONNREFUSED" });
    expect(school.device("panel")).toBe("down E110");
    expect(shownQuality()).toBe(17);
  });

  it("is unknown for good where no meter can tell", async () => {
    school = schoolOf([displayOn(null)]);
    await school.periods(20, "air", "other");
    expect(school.device("panel")).toBe("unknown");
    expect(school.reasons.filter((reason) => reason.includes("panel"))).toEqual([]);
  });
});

describe("a device with points of its own", () => {
  beforeEach(() => {
    school = schoolOf([point("co2"), displayOn()]);
  });

  it("is down when it is silent, whatever its meter says", async () => {
    await periods(3, "panel", "air", "other");
    expect(school.device("panel")).toBe("ok");
    await periods(10, "air", "other");
    expect(school.device("panel")).toBe("down E113");
    expect(shownQuality()).toBe(17);
  });

  it("is not seen, and does not talk too much, when its meter speaks of it", async () => {
    await periods(3, "panel", "air", "other");
    const seen = school.status.devices.find(({ id }) => id === "panel")?.lastSeen;
    for (let n = 0; n < 20_000; n += 1) {
      if (n % 100 === 0) await school.clock.advance(1000);
      meterSays();
    }
    expect(school.status.devices.find(({ id }) => id === "panel")?.lastSeen).toBe(seen);
    school.say("panel");
    expect(school.reasons.filter((reason) => reason.startsWith("E139"))).toEqual(["E139 plug"]);
  });

  it("is well when its meter is silent", async () => {
    await periods(3, "panel", "air", "other");
    await school.periods(10, "panel", "air", "other");
    expect(school.device("panel")).toBe("ok");
    expect(points("panel")).toMatchObject({ ok: 1, unknown: 1 });
  });
});
