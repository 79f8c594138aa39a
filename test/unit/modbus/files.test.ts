/**
 * Modbus in the files of a school: what loads, what is refused and where, in the words that a technician gets.
 */
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../config/load/index.ts";
import type { Kind } from "../../../config/schema/kind.ts";
import type { LoadResult, Problem } from "../../../config/schema/plan.ts";
import { modbusRtuKind, modbusTcpKind } from "../../../drivers/modbus/schema.ts";
import { folderOf, nowMs, school } from "../config/school-folder.ts";

const kinds = [modbusRtuKind, modbusTcpKind] as unknown as Kind[];

const air = `profile: test-air
text: { zh: 空气, en: air }
proof: simulated
driver: modbus
points: { co2: { address: 2 }, temperature: { address: 0x00, type: int16, scale: 0.1 } }
`;
/** A point of a profile that is otherwise sound, and keys of the whole profile. */
const profile = (point: string, more = "") => `profile: test-air
text: { zh: 空气, en: air }
proof: simulated
driver: modbus
points: { co2: ${point} }
${more}`;
const local = "links: { rs1: { kind: modbus-rtu, device: /dev/ttyS4, baud: 9600, format: 8N1 } }\n";

function load(files: Record<string, string>): LoadResult {
  const folder = folderOf({ "school.yaml": school, "profiles/air.yaml": air, ...files });
  return loadPlan(folder, kinds, [], { env: {}, nowMs, profiles: folderOf({}) });
}
const said = (problems: readonly Problem[]) =>
  problems.filter(({ code }) => code !== "no-uplink" && code !== "no-devices" && code !== "not-yet");
const told = (files: Record<string, string>) =>
  said(load(files).problems).map(({ severity, code, file, line, what }) => [
    severity,
    code,
    `${file}:${line}`,
    what.en,
  ]);

describe("a line behind a serial server", () => {
  const box = `profile: usr-n540
text: { zh: 串口服务器, en: serial server }
proof: simulated
driver: box
points: {}
`;
  const files = {
    "profiles/box.yaml": box,
    "lines.yaml":
      "links:\n  rs1: { kind: modbus-rtu, via: ss1, port: 4001, baud: 9600, format: 8N1, mode: transparent, chain: [101..103] }\n",
    "devices.yaml": `devices:
  ss1: { profile: usr-n540, host: fd12:10::21, space: 101, note: 弱电柜 }
  101-air: { profile: test-air, via: rs1, unit: 1, space: 101 }
  102-air: { profile: test-air, via: rs1, unit: 2, space: 102 }
`,
  };

  it("loads, with the host of the box and no device of it", () => {
    const { plan, problems } = load(files);
    expect(said(problems)).toEqual([]);
    expect(plan?.links).toHaveLength(1);
    const [link] = plan?.links ?? [];
    expect(link).toMatchObject({
      kind: "modbus-rtu",
      via: "ss1",
      box: { device: "ss1", space: expect.stringMatching(/-101$/), note: "弱电柜" },
      settings: { host: "fd12:10::21", port: 4001, baud: 9600, format: "8N1" },
      devices: [
        { id: "101-air", address: { unit: 1 } },
        { id: "102-air", address: { unit: 2 } },
      ],
    });
    const jobs = modbusRtuKind.plan(link?.settings as never, (link?.devices ?? []) as never);
    expect(jobs.map(({ line, points }) => [line, points])).toEqual([
      ["tcp:[fd12:10::21]:4001", ["co2", "temperature"]],
      ["tcp:[fd12:10::21]:4001", ["co2", "temperature"]],
    ]);
  });

  it("is checked as a whole: two devices with one unit", () => {
    const devices = files["devices.yaml"].replace("unit: 2", "unit: 1");
    expect(told({ ...files, "devices.yaml": devices })).toEqual([
      ["error", "kind-check", "devices.yaml:4", "101-air and 102-air are both unit 1 on one line"],
    ]);
  });

  it("says what is missing when the box has no host", () => {
    const devices = files["devices.yaml"].replace("host: fd12:10::21, ", "");
    const codes = told({ ...files, "devices.yaml": devices }).map(([, code, place]) => [code, place]);
    expect(codes).toContainEqual(["missing-key", "devices.yaml:2"]);
  });
});

describe("a line at this machine", () => {
  it("loads by its port; its devices by their unit", () => {
    const { plan, problems } = load({
      "lines.yaml": local,
      "devices.yaml": "devices: { a: { profile: test-air, via: rs1, unit: 7, space: 101 } }\n",
    });
    expect(said(problems)).toEqual([]);
    expect(plan?.links[0]).toMatchObject({
      settings: { device: "/dev/ttyS4", baud: 9600, format: "8N1" },
      devices: [
        {
          address: { unit: 7 },
          profile: { fc: 3, order: "ABCD", maxRegisters: 125, answerMs: 500, pauseMs: 0 },
        },
      ],
    });
  });

  it("whose name may change is warned of", () => {
    expect(told({ "lines.yaml": local.replace("ttyS4", "ttyUSB0") })).toEqual([
      ["warning", "kind-check", "lines.yaml:1", "/dev/ttyUSB0 may be another adapter after a restart"],
    ]);
    expect(load({ "lines.yaml": local.replace("ttyS4", "ttyUSB0") }).plan).not.toBeNull();
  });

  it.each([
    ["unit: 0", "bad-value"],
    ["unit: 248", "bad-value"],
    ["unit: x", "bad-value"],
    ["host: 10.0.0.1, unit: 1", "unknown-key"],
    ["mount: wall", "missing-key"],
  ])("needs each device's unit: { %s }", (address, code) => {
    const devices = `devices: { a: { profile: test-air, via: rs1, space: 101, ${address} } }\n`;
    expect(told({ "lines.yaml": local, "devices.yaml": devices }).map(([, found]) => found)).toEqual([code]);
  });

  it.each([
    ["{ kind: modbus-rtu, baud: 9600, format: 8N1 }", "it does not say where the line is"],
    [
      "{ kind: modbus-rtu, host: 10.0.0.1, baud: 9600, format: 8N1 }",
      "the port of the serial server is missing",
    ],
    [
      "{ kind: modbus-rtu, device: /dev/ttyS1, port: 4001, baud: 9600, format: 8N1 }",
      "device is a port of this machine: it does not go together with host, port, mode or a serial server",
    ],
    ["{ kind: modbus-rtu, device: ttyS1, baud: 9600, format: 8N1 }", '"ttyS1" is no serial port'],
    [
      "{ kind: modbus-rtu, port: /dev/ttyS1, baud: 9600, format: 8N1 }",
      'port is the TCP port of a serial server; "/dev/ttyS1" is a serial port of this machine',
    ],
    [
      "{ kind: modbus-rtu, host: '[fd12::1]:502', port: 4001, baud: 9600, format: 8N1 }",
      '"[fd12::1]:502" is no host',
    ],
    [
      "{ kind: modbus-rtu, host: 10.0.0.300, port: 4001, baud: 9600, format: 8N1 }",
      '"10.0.0.300" is no host',
    ],
  ])("%s: %s", (link, what) => {
    expect(told({ "lines.yaml": `links: { rs1: ${link} }\n` }).map(([, , , en]) => en)).toEqual([what]);
  });

  it.each(["baud: 9601, format: 8N1", "baud: 9600, format: 7E1", "format: 8N1", "baud: 9600"])(
    "has a speed and a format that exist: { %s }",
    (pace) => {
      const link = `links: { rs1: { kind: modbus-rtu, device: /dev/ttyS1, ${pace} } }\n`;
      expect(told({ "lines.yaml": link })).toHaveLength(1);
    },
  );

  it("that is asked for too much does not load; nearly too much does", () => {
    const devices = (period: string) =>
      `devices:\n${Array.from(
        { length: 40 },
        (_, index) =>
          `  d${index}: { profile: test-air, via: rs1, unit: ${index + 1}, space: 101, period: ${period} }\n`,
      ).join("")}`;
    const result = (period: string) => load({ "lines.yaml": local, "devices.yaml": devices(period) });
    // 40 × 26 characters: 1.083 s.
    expect(result("1s").plan).toBeNull();
    expect(said(result("1s").problems)).toMatchObject([
      {
        severity: "error",
        code: "kind-check",
        file: "lines.yaml",
        what: {
          en: "40 slaves × 3 registers each second cannot be done at 9600 8N1: 1.083 s is the best (1.192 s at 8E1)",
        },
      },
    ]);
    expect(result("1500ms").plan).not.toBeNull();
    expect(said(result("1500ms").problems)).toMatchObject([{ severity: "warning", code: "kind-check" }]);
    expect(said(result("2s").problems)).toEqual([]);
    const half = devices("1s").replaceAll(/(d[13579]\d?: \{)/g, "$1 stage: off, why: 检修,");
    expect(said(load({ "lines.yaml": local, "devices.yaml": half }).problems)).toEqual([]);
  });
});

describe("Modbus TCP", () => {
  const lan = "links: { lan: { kind: modbus-tcp } }\n";
  it("has a line for each host and port, and units behind it", () => {
    const { plan, problems } = load({
      "lines.yaml": lan,
      "devices.yaml": `devices:
  a: { profile: test-air, via: lan, host: 10.0.0.1, space: 101 }
  b: { profile: test-air, via: lan, host: 10.0.0.1, unit: 2, space: 101 }
  c: { profile: test-air, via: lan, host: fd12::3, port: 5020, unit: 0, space: 101 }
`,
    });
    expect(said(problems)).toEqual([]);
    const [link] = plan?.links ?? [];
    const jobs = modbusTcpKind.plan(link?.settings as never, (link?.devices ?? []) as never);
    expect(jobs.map(({ line, body }) => [line, (body as { unit: number }).unit])).toEqual([
      ["tcp:10.0.0.1:502", 1],
      ["tcp:10.0.0.1:502", 2],
      ["tcp:[fd12::3]:5020", 0],
    ]);
  });

  it("refuses a unit twice behind one host, and none behind two", () => {
    const devices = (host: string) => `devices:
  a: { profile: test-air, via: lan, host: 10.0.0.1, space: 101 }
  b: { profile: test-air, via: lan, host: ${host}, port: 502, space: 101 }
`;
    expect(told({ "lines.yaml": lan, "devices.yaml": devices("10.0.0.2") })).toEqual([]);
    expect(told({ "lines.yaml": lan, "devices.yaml": devices("10.0.0.1") })).toEqual([
      ["error", "kind-check", "devices.yaml:3", "a and b are both unit 1 at 10.0.0.1:502"],
    ]);
  });
});

describe("a profile", () => {
  const problems = (point: string, more = "") =>
    told({ "profiles/air.yaml": profile(point, more) }).map(
      ([, code, place, en]) => `${code} ${place} ${en}`,
    );

  it("may say everything that the driver knows", () => {
    const more = `fc: 4
order: CDAB
maxRegisters: 60
maxGap: 0
answer: 1s
pause: 20ms
factory: { unit: 1, baud: 4800, format: 8N2 }
assign: { unit: { address: 0x07D0 }, baud: { address: 0x07D1, fc: 16, values: { "2400": 0, "4800": 1, "9600": 2 } }, restart: true }
`;
    expect(problems("{ address: 0x1F, type: uint32, order: DCBA, bits: 4..27 }", more)).toEqual([]);
    const other = (id: string, point: string) =>
      told({ "profiles/air.yaml": profile(point).replace("co2", id) });
    expect(other("switch", "{ address: 65535, fc: 1, type: bool }")).toEqual([]);
    expect(other("fan_speed", "{ address: 0, type: text, length: 8, order: BA }")).toEqual([]);
  });

  it.each([
    ["{ address: 40001x }", '"40001x" is no address of a register'],
    ["{ address: 65536 }", '"65536" is no address of a register'],
    ["{ address: 0x10000 }", '"0x10000" is no address of a register'],
    ["{ address: 65535, type: float32 }", "there are no 2 registers from 65535"],
    ["{ address: 0, fc: 1, type: uint16 }", "function 1 does not read a uint16"],
    ["{ address: 0, fc: 3, type: bool }", "function 3 does not read a bool"],
    ["{ address: 0, type: bit }", "type: bit needs the bit"],
    ["{ address: 0, type: uint16, bit: 3 }", "a uint16 has no bit"],
    ["{ address: 0, type: text }", "type: text needs a length"],
    ["{ address: 0, type: uint16, length: 2 }", "a uint16 has a length of its own"],
    ["{ address: 0, bits: 8..16 }", "a uint16 has no bits 8 to 16"],
    ["{ address: 0, type: float32, bits: 0..3 }", "a float32 has no bits 0 to 3"],
    ["{ address: 0, bits: 3..0 }", '"3..0" is no range of bits'],
    ["{ address: 0, order: CDAB }", "order CDAB does not fit a uint16"],
    ["{ address: 0, type: uint32, order: BA }", "order BA does not fit a uint32"],
    ["{ address: 0, fc: 1, type: bool, order: AB }", "a bool has no order"],
  ])("refuses %s: %s", (point, what) => {
    expect(problems(point).map((line) => line.split(" ").slice(2).join(" "))).toEqual([what]);
  });

  it.each([
    "fc: 5",
    "order: AB",
    "maxRegisters: 126",
    "answer: 5ms",
    "answer: 500",
    "assign: {}",
    "wordOrder: ABCD",
  ])("refuses %s", (more) => expect(problems("{ address: 0 }", `${more}\n`)).toHaveLength(1));

  it("whose point is longer than its answers is told at the device", () => {
    const files = {
      "lines.yaml": local,
      "profiles/air.yaml": profile("{ address: 0, type: uint64 }", "maxRegisters: 2\n"),
      "devices.yaml": `devices:
  a: { profile: test-air, via: rs1, unit: 7, space: 101 }
  b: { profile: test-air, via: rs1, unit: 8, space: 101 }
`,
    };
    expect(told(files)).toEqual([
      [
        "error",
        "kind-check",
        "devices.yaml:2",
        "the point co2, a uint64, is longer than the profile's maxRegisters: 2",
      ],
    ]);
  });
});

describe("a device that answers to any unit", () => {
  const at = (unit: string, more = "") =>
    told({
      "lines.yaml": local,
      "devices.yaml": `devices:\n  101-co2: { profile: test-air, via: rs1, unit: ${unit}, space: 101 }\n${more}`,
    });

  it("is well alone on its line, and told beside another", () => {
    expect(at("254")).toEqual([]);
    expect(at("254", "  101-air: { profile: test-air, via: rs1, unit: 1, space: 101 }\n")).toEqual([
      ["error", "kind-check", "devices.yaml:2", "any device answers to unit 254, and this line has 2"],
    ]);
  });

  it.each(["0", "248", "255", "-1", "1.0", "A"])("has no other unit beyond 247: %s", (unit) => {
    expect(at(unit).map(([, , , what]) => what)).toEqual([`"${unit}" is no unit`]);
  });
});

it("does not promise to compare a serial number that it cannot read", () => {
  const devices =
    "devices: { 101-air: { profile: test-air, via: rs1, unit: 1, space: 101, expect: { serial: X1 } } }\n";
  expect(told({ "lines.yaml": local, "devices.yaml": devices })).toEqual([
    [
      "error",
      "kind-check",
      "devices.yaml:1",
      "a serial number is expected, but this version cannot read those of Modbus devices",
    ],
  ]);
});
