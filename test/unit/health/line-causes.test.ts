import { describe, expect, it } from "vitest";
import { airs, faults, line, lines, said, silence } from "./polled-school.ts";
import { fault, type School } from "./world.ts";

const tell = (school: School, answered: number, ...all: Parameters<typeof faults>) =>
  school.health.link("rs1", { what: "polled", lines: [line({}, { answered, ...faults(...all) })] });

/** These are down by these codes in turn; the others are well. */
async function down(school: School, ids: readonly string[], ...codes: string[]) {
  for (const [index, id] of ids.entries())
    school.health.device("rs1", {
      what: "down",
      device: id,
      fault: fault(codes[index % codes.length] ?? "", { layer: "frame", facts: { unit: index + 1 } }),
    });
  await school.periods(8, ...airs.filter((id) => !ids.includes(id)));
}

describe("garbled answers", () => {
  it("of one device, whatever they are, while the others are well, are two at one address", async () => {
    const school = lines({ rs1: airs });
    for (let minute = 0; minute < 4; minute += 1) {
      for (const code of ["modbus.crc", "modbus.function", "modbus.count", "modbus.glued"])
        school.health.fault("203-air", fault(code, { layer: "frame", facts: { unit: 3 } }));
      await school.periods(1, ...airs);
    }
    expect(school.reasons).toEqual(["E122 203-air"]);
    expect(said(school)).toMatch(/同线 7 台正常.*两台都是这个地址: 3.*→ 拔下新装的一台再试/);
    tell(school, 100, ["modbus.crc", 40, 1], ["modbus.glued", 20, 1]);
    expect(school.states("links")).toEqual({ rs1: "ok" });
  });

  it("of several devices are the line's, with settings and cable to look at and no word of firmware", async () => {
    const school = lines({ rs1: airs });
    await down(school, airs, "modbus.function", "modbus.count", "modbus.crc", "modbus.glued");
    expect(school.states("links")).toEqual({ rs1: "down E121" });
    expect(school.reasons).toEqual(["E121 rs1", ...airs.map((id) => `E121 ${id} by rs1`)]);
    expect(said(school)).toMatch(/波特率或校验不一致.*→ 核对口/);
    expect(said(school)).not.toContain("固件");
  });

  it("of most of a line explain those that are silent there", async () => {
    const school = lines({ rs1: airs });
    for (const id of airs.slice(0, 2)) school.down(id, "modbus.silent", "rs1");
    await down(school, airs.slice(2), "line.settings");
    expect(school.reasons.filter((reason) => !reason.endsWith("by rs1"))).toEqual(["E121 rs1"]);
  });

  it("of two devices on a line whose others are well are the line's only when the figures say so", async () => {
    const school = lines({ rs1: airs });
    await down(school, airs.slice(0, 2), "modbus.crc");
    expect(school.states("links")).toEqual({ rs1: "ok" });
    const who = (one: number, other: number) =>
      new Map([
        ["201-air", one],
        ["202-air", other],
      ]);
    const crc = (one: number, other: number) =>
      line(
        {},
        {
          answered: 60,
          faults: [{ code: "modbus.crc", turns: one + other, devices: 2, who: who(one, other) }],
        },
      );
    // One of them alone has nearly all.
    school.health.link("rs1", { what: "polled", lines: [crc(38, 2)] });
    expect(school.states("links")).toEqual({ rs1: "ok" });
    school.health.link("rs1", { what: "polled", lines: [crc(20, 20)] });
    expect(school.states("links")).toEqual({ rs1: "down E121" });
  });
});

describe("a second master", () => {
  it("that is told beside good answers is one of the link, from the third time on", async () => {
    const school = lines({ rs1: airs });
    const hear = () => school.health.fault("201-air", fault("modbus.second-master", { layer: "frame" }));
    hear();
    hear();
    expect(school.reasons).toEqual([]);
    hear();
    expect(school.states("links")).toEqual({ rs1: "degraded E125" });
    // Its data come: the device is not what needs somebody.
    expect(school.reasons).toEqual(["E125 rs1"]);
    expect(school.device("201-air")).toBe("ok");
    await school.periods(2, ...airs);
    expect(school.states("links")).toEqual({ rs1: "ok" });
  });
});

describe("a second master that asks one of our devices", () => {
  it("explains its garbled answers: it has no second one beside it", () => {
    const school = lines({ rs1: airs });
    for (let time = 0; time < 4; time += 1) {
      school.health.fault("203-air", fault("modbus.second-master", { layer: "frame" }));
      school.health.fault("203-air", fault("modbus.glued", { layer: "frame", facts: { unit: 3 } }));
    }
    expect(school.reasons).toEqual(["E125 rs1", "E122 203-air by rs1"]);
  });
});

describe("a serial server in the wrong mode", () => {
  const box = { via: "ss1", mount: "一楼配电间", settings: { host: "192.168.10.21", port: 4001 } };

  it("that shows it is told by that, and not as silence", async () => {
    const school = lines({ rs1: airs }, { ...box, mute: true });
    tell(school, 0, ["line.gateway", 4, 2], ["modbus.silent", 60, 8]);
    await school.periods(8);
    expect(school.states("links")).toEqual({ rs1: "down E124" });
    expect(school.reasons).toEqual(["E124 rs1", ...airs.map((id) => `E113 ${id} by rs1`)]);
  });

  it.each([airs, airs.slice(0, 1)])(
    "that says nothing is the first to look at when nothing was ever heard",
    async (...of) => {
      const school = lines({ rs1: of as string[] }, { ...box, mute: true });
      await school.periods(8);
      expect(school.states("links")).toEqual({ rs1: "down E111" });
      expect(said(school)).toMatch(
        /→ 看串口服务器网页里这个口的模式.*透传 \(TCP Server\), 不要 Modbus 网关; 再核对波特率和格式/,
      );
      expect(said(school, "en")).toMatch(
        /→ Look at the mode of this port .*transparent \(TCP server\), not Modbus gateway/,
      );
    },
  );

  it("is the first to look at as well when all that came was never readable", async () => {
    const school = lines({ rs1: airs }, { ...box, mute: true });
    await down(school, airs, "line.settings", "modbus.noise");
    expect(school.reasons.filter((reason) => !reason.endsWith("by rs1"))).toEqual(["E121 rs1"]);
    expect(said(school)).toMatch(/→ 先看串口服务器 ss1 网页里这个口的模式: 要透传/);
    const known = lines({ rs1: airs }, box);
    await down(known, airs, "line.settings");
    expect(said(known)).toMatch(/→ 核对口/);
  });

  it("is not spoken of on a port of this machine, nor once something was heard", async () => {
    const own = lines({ rs1: airs }, { settings: { device: "/dev/ttyUSB0" }, mute: true });
    await own.periods(8);
    expect(said(own)).toMatch(/→ 看设备说明书上的波特率和格式.*对调 A\/B/);
    expect(said(own)).not.toContain("透传");
    const known = lines({ rs1: airs }, box);
    await silence(known, airs);
    expect(said(known)).toMatch(/→ 看 8 台共用的线头端子 A\/B/);
  });
});

describe("answers that come too late", () => {
  const late = (who: Record<string, number>) => {
    const turns = Object.values(who).reduce((sum, each) => sum + each, 0);
    const entry = {
      code: "modbus.late",
      turns,
      devices: Object.keys(who).length,
      who: new Map(Object.entries(who)),
    };
    return [line({}, { answered: 100, faults: [entry] })];
  };

  it("are why a device is down, also when its last turn was silent", async () => {
    const school = lines({ rs1: airs });
    school.health.link("rs1", { what: "polled", lines: late({ "202-air": 3 }) });
    await silence(school, ["202-air"]);
    expect(school.reasons).toEqual(["E127 202-air"]);
    expect(said(school)).toMatch(/来得太晚.* 3 次.*→ 在配置里这台设备后面写 answer: 1s/);
    expect(said(school)).not.toContain("打包间隔");
  });

  it("of all devices behind a serial server are its packing interval", async () => {
    const school = lines({ rs1: airs }, { via: "ss1", mount: "一楼配电间" });
    await silence(school, airs, "rs1", "modbus.late");
    expect(school.states("links")).toEqual({ rs1: "down E128" });
    expect(school.reasons.filter((reason) => !reason.endsWith("by rs1"))).toEqual(["E128 rs1"]);
    expect(said(school)).toMatch(/→ .*打包间隔.*设为 0 到 20 ms/);
    const one = lines({ rs1: ["202-air"] }, { via: "ss1", mount: "一楼配电间" });
    await silence(one, ["202-air"], "rs1", "modbus.late");
    expect(said(one)).toMatch(/E127 202-air.*串口服务器 ss1 的打包间隔设为 0 到 20 ms/);
  });

  it("in pieces name the packing interval in milliseconds", () => {
    const school = lines({ rs1: airs });
    tell(school, 60, ["line.packing", 40, 8]);
    expect(said(school)).toMatch(/E128 rs1 .*打包间隔.*0 到 20 ms/);
    expect(said(school, "en")).toMatch(/packing interval.*0 to 20 ms/);
  });
});

describe("devices of the network", () => {
  const meters = () => lines({ mb: airs }, { kind: "modbus-tcp" });
  const hosts = (school: School) => {
    const each = airs.map((id) => line({ line: `tcp:${id}:502` }));
    school.health.link("mb", { what: "polled", lines: each });
  };

  it("that are silent are looked for at their address, not at wires A and B", async () => {
    const school = meters();
    hosts(school);
    await silence(school, ["202-air"], "mb");
    expect(school.reasons).toEqual(["E131 202-air"]);
    expect(said(school)).toMatch(/问它不应答.*→ .*网口灯.*单元号/);
    expect(said(school) + said(school, "en")).not.toMatch(/A\/B|A and B/);
    await silence(school, airs, "mb");
    expect(school.states("links")).toEqual({ mb: "ok" });
  });

  it("that share their host are behind a gateway: their wires are looked for there", async () => {
    const school = lines({ mb: airs }, { kind: "modbus-tcp", host: "10.0.0.9" });
    await silence(school, ["202-air"], "mb");
    expect(said(school)).toMatch(/^E132 Modbus 网关通着, 它后面的 202-air 不应答.*同一网关后面 7 台正常/);
  });

  it("behind a gateway that says so are told to be well connected up to it", async () => {
    const school = meters();
    hosts(school);
    await silence(school, ["202-air"], "mb", "modbus.gateway-target");
    expect(said(school)).toMatch(/^E132 Modbus 网关通着, 它后面的 202-air 不应答.*单元号.*波特率/);
    await silence(school, ["203-air"], "mb", "modbus.gateway-path");
    expect(school.device("203-air")).toBe("down E208");
    const all = meters();
    await silence(all, airs, "mb", "modbus.gateway-target");
    expect(all.reasons.filter((reason) => !reason.endsWith("by mb"))).toEqual(["E111 mb"]);
    expect(said(all)).toMatch(/8 台都不应答, 网关连得上.*→ 看网关串口的端子 A\/B/);
  });

  it("with answers that do not fit are of another model or firmware, not on a bad cable", async () => {
    const school = meters();
    await silence(school, ["202-air"], "mb", "modbus.count");
    expect(school.reasons).toEqual(["E203 202-air"]);
  });
});

it("a device that is down is told with what is so by now, once some turns say so", async () => {
  const school = lines({ mb: airs }, { kind: "modbus-tcp" });
  await silence(school, ["202-air"], "mb");
  const lately = (code: string) => {
    const shared = new Map([
      ["202-air", code],
      ["203-air", code],
    ]);
    school.health.link("mb", {
      what: "polled",
      lines: [line({}, { lately: shared }), line({ line: "two" })],
    });
  };
  lately("line.refused");
  expect(school.reasons).toEqual(["E120 202-air"]);
  lately("line.unreachable");
  expect(school.reasons).toEqual(["E101 202-air"]);
});

it("two devices that are all of a line fall silent with it", async () => {
  const school = lines({ rs1: airs.slice(0, 2) });
  await silence(school, airs.slice(0, 2));
  expect(school.reasons).toEqual(["E111 rs1", "E113 201-air by rs1", "E113 202-air by rs1"]);
});
