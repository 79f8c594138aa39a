import { describe, expect, it } from "vitest";
import { Punctuality } from "../../../edge/health/punctuality.ts";
import { airs, line, lines, said } from "./polled-school.ts";
import type { School } from "./world.ts";

/** The line's figures come every five seconds: of what is due in each, so much is missed. */
async function figures(school: School, forS: number, from: { missed: number; done: number }, missed: number) {
  for (let at = 0; at < forS; at += 5) {
    await school.clock.advance(5000);
    for (const device of airs) school.say(device);
    from.missed += missed;
    from.done += 100 - missed;
    const full = line({ busyShare: 0.99, cyclesMissed: from.missed, turns: { poll: from.done } });
    school.health.link("rs1", { what: "polled", lines: [full] });
  }
}

describe("a line that has not the time for what it is asked", () => {
  it("says so at the link after two minutes, with what to do, until it has", async () => {
    const school = lines({ rs1: airs });
    const counts = { missed: 0, done: 0 };
    await figures(school, 110, counts, 30);
    expect(school.reasons).toEqual([]);
    await figures(school, 20, counts, 30);
    expect(school.states("links")).toEqual({ rs1: "degraded E129" });
    expect(school.states("devices")["201-air"]).toBe("ok");
    expect(said(school)).toMatch(
      /^E129 rs1 排得太满.* 30 %的轮次没来得及读, 线路占用 99 %.*→ 把 period 放长.*波特率.*第二条线/,
    );
    expect(said(school, "en")).toMatch(
      /30 % of what was due was not read.*period longer.*faster baud rate.*second line/,
    );
    await figures(school, 45, counts, 0);
    expect(school.states("links")).toEqual({ rs1: "ok" });
  });

  it("is not one that misses little, or much for a moment", async () => {
    const school = lines({ rs1: airs });
    const counts = { missed: 0, done: 0 };
    await figures(school, 200, counts, 4);
    await figures(school, 40, counts, 60);
    await figures(school, 200, counts, 4);
    expect(school.status.reasons).toEqual([]);
    expect(school.log.lines.some((entry) => JSON.stringify(entry).includes("E129"))).toBe(false);
  });

  it("is told with its name where a link has several", async () => {
    const school = lines({ mb: airs }, { kind: "modbus-tcp" });
    for (let at = 0; at < 150; at += 5) {
      await school.clock.advance(5000);
      const full = line({ line: "tcp:ten:502", cyclesMissed: at * 10, turns: { poll: at * 10 } });
      school.health.link("mb", { what: "polled", lines: [line(), full] });
    }
    expect(said(school)).toContain("E129 mb 排得太满 (tcp:ten:502)");
  });

  it("is known from counts alone, which may begin again", () => {
    const one = new Punctuality();
    expect(one.missedShare()).toBeNull();
    for (let at = 0; at <= 120_000; at += 1000) one.take(at / 1000, at / 1000, at);
    expect(one.missedShare()).toBeCloseTo(0.5, 2);
    one.take(0, 0, 121_000);
    expect(one.missedShare()).toBeNull();
    // Hardly anything is due: nothing to look at.
    for (let at = 0; at <= 200_000; at += 20_000) one.take(at / 20_000, 0, 200_000 + at);
    expect(one.missedShare()).toBeNull();
  });
});

it("how busy a line is, is not said before the minute is over", () => {
  const school = lines({ rs1: airs });
  school.health.link("rs1", { what: "polled", lines: [line({ busyShare: null, cyclesMissed: 2 })] });
  expect(school.status.links[0]).not.toHaveProperty("busyShare");
  expect(school.status.links[0]).toMatchObject({ cyclesMissed: 2 });
  const two = [line({ busyShare: null }), line({ line: "two", busyShare: 0.25 })];
  school.health.link("rs1", { what: "polled", lines: two });
  expect(school.status.links[0]).toMatchObject({ busyShare: 0.25 });
});
