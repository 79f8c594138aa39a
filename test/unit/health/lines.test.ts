import { describe, expect, it } from "vitest";
import { airs, faults, line, lines, rooms, said, silence, silenceTogether } from "./polled-school.ts";
import { fault, plan, School } from "./world.ts";

describe("a polled link", () => {
  it.each([
    ["line.refused", "E120"],
    ["line.unreachable", "E101"],
    ["line.timeout", "E101"],
    ["line.gone", "E120"],
    ["line.absent", "E107"],
    ["line.busy", "E107"],
    ["line.denied", "E107"],
    ["line.unfit", "E108"],
  ])("that is closed by %s is down with %s, whatever the system's own word for it is", (code, row) => {
    const school = lines({ rs1: airs });
    school.health.link("rs1", {
      what: "closed",
      code,
      detail: "it cannot be opened (EACCES)",
      retry: "later",
    });
    expect(school.states("links")).toEqual({ rs1: `down ${row}` });
    expect(school.reasons.slice(1).every((reason) => reason.startsWith("E110"))).toBe(true);
  });

  it("says in the status how busy it was, and what it had no time for, while it is open", () => {
    const school = lines({ rs1: airs });
    const two = [line({ busyShare: 0.06, cyclesMissed: 2 }), line({ busyShare: 0.71, cyclesMissed: 3 })];
    school.health.link("rs1", { what: "polled", lines: two });
    expect(school.status.links[0]).toMatchObject({ busyShare: 0.71, cyclesMissed: 5 });
    const wild = line({ busyShare: Number.NaN, cyclesMissed: Number.POSITIVE_INFINITY });
    school.health.link("rs1", { what: "polled", lines: [wild] });
    expect(school.status.links[0]).toMatchObject({ busyShare: 0, cyclesMissed: 0 });
    school.health.link("rs1", { what: "closed", code: "line.gone", retry: "later" });
    expect(school.status.links[0]).not.toHaveProperty("busyShare");
  });

  it("whose serial server cannot be reached is one trouble of all links that it carries", () => {
    const school = lines(
      { rs1: airs.slice(0, 3), rs2: airs.slice(3, 6), rs3: airs.slice(6) },
      { via: "ss1", mount: "一楼配电间" },
    );
    const close = (id: string) =>
      school.health.link(id, { what: "closed", code: "line.unreachable", retry: "later" });
    close("rs1");
    close("rs2");
    // A box that serves one of them can be reached: it has power.
    expect(school.reasons.slice(0, 2)).toEqual(["E120 rs1", "E120 rs2"]);
    close("rs3");
    expect(school.reasons.filter((reason) => reason.startsWith("E101"))).toEqual([
      "E101 rs1",
      "E101 rs2 by rs1",
      "E101 rs3 by rs1",
    ]);
    expect(school.reasons.filter((reason) => !reason.endsWith("by rs1"))).toEqual(["E101 rs1"]);
    expect(said(school)).toContain("rs1 连不上 (串口服务器 ss1)");
    expect(said(school)).toContain("它带的 3 条线路都停, 8 台受影响");
    expect(said(school)).toContain("一楼配电间");
    expect(said(school, "en")).toContain("all 3 links that it carries, 8 devices");
  });
});

describe("devices of a polled line", () => {
  it("that are all silent have one cause, told as one of wires and not of switches", async () => {
    const school = lines({ rs1: airs });
    await silence(school, airs);
    expect(school.states("links")).toEqual({ rs1: "down E111" });
    expect(school.reasons.slice(1)).toEqual(airs.map((device) => `E113 ${device} by rs1`));
    expect(said(school)).toMatch(/8 台都不应答, 本机的口正常。多半 A\/B .*→ 看 8 台共用的线头端子 A\/B/);
    expect(said(school)).not.toContain("交换机");
  });

  it("one alone is silent because of itself, and it is said that the others are well", async () => {
    const school = lines({ rs1: airs });
    await silence(school, ["202-air"]);
    expect(school.reasons).toEqual(["E113 202-air"]);
    expect(said(school)).toContain("202-air 没有数据");
    expect(said(school)).toContain("同线 7 台正常");
  });

  it("that never answered are told to be silent, not to have never connected", async () => {
    const fresh = School.well(plan({ rs1: { x: {} } }));
    fresh.health.link("rs1", { what: "polled", lines: [line()] });
    await fresh.periods(10);
    expect(fresh.reasons).toEqual(["E113 x"]);
    fresh.up("x", "rs1");
    await fresh.periods(10);
    expect(fresh.reasons).toEqual(["E113 x"]);
  });

  it.each([
    ["modbus.crc", "E122"],
    ["modbus.function", "E122"],
    ["modbus.count", "E122"],
    ["modbus.glued", "E122"],
    ["modbus.twice", "E122"],
    ["modbus.noise", "E122"],
    ["modbus.late", "E127"],
    ["modbus.gateway-target", "E132"],
    ["modbus.second-master", "E125"],
    ["line.refused", "E120"],
    ["no-answer", "E113"],
    ["run-failed", "E115"],
  ])("one that is down by %s says so as %s", async (code, row) => {
    const school = lines({ rs1: airs });
    await silence(school, ["203-air"], "rs1", code);
    expect(school.device("203-air")).toBe(`down ${row}`);
  });

  it("one that answers with two frames at once is told with its address", async () => {
    const school = lines({ rs1: airs });
    school.health.device("rs1", {
      what: "down",
      device: "201-air",
      fault: fault("modbus.glued", { layer: "frame", facts: { unit: 1 } }),
    });
    await school.periods(8, ...airs.slice(1));
    expect(said(school)).toMatch(/E122 201-air .*同线 7 台正常.*两台都是这个地址: 1/);
  });

  it.each([
    ["modbus.illegal-address", "E206"],
    ["modbus.busy", "E207"],
    ["modbus.gateway-path", "E208"],
    ["modbus.count", "E122"],
  ])("that answer %s say so as %s", async (code, row) => {
    const school = lines({ rs1: airs });
    const layer = code === "modbus.count" ? "frame" : "device";
    for (let minute = 0; minute < 3; minute++) {
      school.health.fault("201-air", fault(code, { layer }));
      await school.periods(1, ...airs);
    }
    expect(school.reasons).toEqual([`${row} 201-air`]);
    expect(school.device("201-air")).toBe(`degraded ${row}`);
  });
});

describe("a cable that is broken", () => {
  const chained = () => lines({ rs1: airs }, { chain: rooms });

  it("is found between the last that answer and the first that do not", async () => {
    const school = chained();
    await silenceTogether(school, airs.slice(4));
    expect(school.states("links")).toEqual({ rs1: "down E112" });
    expect(school.reasons).toEqual(["E112 rs1", ...airs.slice(4).map((device) => `E113 ${device} by rs1`)]);
    expect(said(school)).toMatch(/^E112 rs1 从 205 起 4 台无应答, 204 及以前正常, .*204 与 205 之间断线/);
    expect(said(school, "en")).toContain("between 204 and 205");
    // Also for who may not read the technician's words: where it is, is an id.
    const viewer = school.health.status({ level: 2, words: false }).reasons[0];
    expect(viewer?.facts).toMatchObject({ from: "205", after: "204" });
    for (const device of airs.slice(4)) {
      school.up(device, "rs1");
      school.say(device);
    }
    expect(school.reasons).toEqual([]);
  });

  it("explains no one in front of the break who is silent as well", async () => {
    const school = chained();
    await silenceTogether(school, ["202-air", "206-air", "207-air", "208-air"]);
    expect(school.reasons).toEqual([
      "E112 rs1",
      "E113 202-air",
      "E113 206-air by rs1",
      "E113 207-air by rs1",
      "E113 208-air by rs1",
    ]);
  });

  it.each([
    ["only the last is silent", airs.slice(7)],
    ["somebody behind answers", airs.slice(4, 7)],
    ["those in front are silent", airs.slice(0, 4)],
  ])("is not claimed when %s", async (_, silent) => {
    const school = chained();
    await silenceTogether(school, silent);
    expect(school.states("links")).toEqual({ rs1: "ok" });
  });

  it("is not claimed without a chain, and not when they fell silent one after the other", async () => {
    const without = lines({ rs1: airs });
    await silenceTogether(without, airs.slice(4));
    expect(without.states("links")).toEqual({ rs1: "ok" });
    const school = chained();
    await silenceTogether(school, airs.slice(6, 7));
    await silenceTogether(school, airs.slice(6));
    await school.periods(60, ...airs.slice(0, 6));
    expect(school.reasons.some((reason) => reason.startsWith("E112"))).toBe(false);
  });
});

describe("a line that answers wrongly", () => {
  const tell = (school: School, ...all: Parameters<typeof faults>) =>
    school.health.link("rs1", { what: "polled", lines: [line({}, { answered: 62, ...faults(...all) })] });

  it("is told with the share of wrong answers, and explains devices that are down by them", async () => {
    const school = lines({ rs1: airs });
    tell(school, ["modbus.crc", 30, 5], ["modbus.short", 8, 2], ["modbus.silent", 900, 1]);
    await silence(school, ["208-air"], "rs1", "modbus.crc");
    expect(school.reasons).toEqual(["E121 rs1", "E121 208-air by rs1"]);
    // As bad as what it does to its devices.
    expect(school.states("links")).toEqual({ rs1: "down E121" });
    expect(said(school)).toMatch(/^E121 rs1 有应答但 38 %读不懂/);
    expect(said(school, "en")).toContain("38 % of it unreadably");
    tell(school);
    expect(school.states("links")).toEqual({ rs1: "ok" });
    expect(school.reasons).toEqual(["E122 208-air"]);
  });

  it("is told since when it began, for as long as it goes on", async () => {
    const school = lines({ rs1: airs });
    for (let minute = 0; minute < 5; minute++) {
      tell(school, ["modbus.crc", 30, 5]);
      await school.periods(1, ...airs);
    }
    expect(school.status.links[0]?.since).toBe(school.minutesAgo(5));
  });

  it.each([
    ["one device alone answers wrongly", ["modbus.crc", 38, 1]],
    ["few answers are wrong", ["modbus.crc", 4, 3]],
    ["a small share is wrong", ["modbus.noise", 3, 2]],
    ["devices only do not answer", ["modbus.silent", 500, 8]],
  ] as const)("is not told when %s", (_, one) => {
    const school = lines({ rs1: airs });
    tell(school, [...one]);
    expect(school.states("links")).toEqual({ rs1: "ok" });
  });

  it.each([
    ["modbus.second-master", "degraded E125"],
    ["modbus.echo", "degraded E126"],
    ["line.packing", "degraded E128"],
    ["line.gateway", "down E124"],
    ["modbus.protocol", "down E124"],
    ["line.settings", "degraded E121"],
  ])("by %s is %s", (code, state) => {
    const school = lines({ rs1: airs });
    tell(school, [code, 40, 6]);
    expect(school.states("links")).toEqual({ rs1: state });
  });

  it("by a serial server that was proved to be a gateway is told of one answer, by what only seems so of three", () => {
    const school = lines({ rs1: airs });
    tell(school, ["line.gateway", 2, 2]);
    expect(school.states("links")).toEqual({ rs1: "ok" });
    tell(school, ["line.gateway-proved", 1, 1]);
    expect(school.states("links")).toEqual({ rs1: "down E124" });
    tell(school);
    expect(school.states("links")).toEqual({ rs1: "ok" });
    school.health.fault("203-air", fault("line.gateway", { layer: "line" }));
    expect(school.states("links")).toEqual({ rs1: "ok" });
    school.health.fault("203-air", fault("line.gateway-proved", { layer: "line" }));
    expect(school.states("links")).toEqual({ rs1: "down E124" });
  });

  it("tells nothing of a link of which each host is a line of its own: its devices do", () => {
    const school = lines({ rs1: airs });
    const bad = line({}, { answered: 10, ...faults(["modbus.crc", 50, 3], ["modbus.protocol", 9, 1]) });
    school.health.link("rs1", { what: "polled", lines: [bad, line({ line: "tcp:ten:502" })] });
    expect(school.states("links")).toEqual({ rs1: "ok" });
  });
});
