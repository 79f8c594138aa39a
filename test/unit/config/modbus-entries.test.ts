/** What is wrong with Modbus lines and devices, in the words that a technician gets. */
import { describe, expect, it } from "vitest";
import { loadModbus, said, told } from "./modbus-school.ts";

const rs1 = "links: { rs1: { kind: modbus-rtu, device: /dev/ttyS1, baud: 9600, format: 8N1 } }\n";
const lan = "links: { lan: { kind: modbus-tcp } }\n";
const device = (more: string) => `devices:\n  a: { profile: jxct-th, ${more}, space: 101 }\n`;

describe("a device's address", () => {
  const of = (more: string, links = rs1) => told({ "l.yaml": links, "d.yaml": device(more) });

  it.each([
    ["via: rs1, id: 4", 'd.yaml:2 "id" is not known here; did you mean "unit"?'],
    ["via: rs1, address: 4", 'd.yaml:2 "address" is not known here; did you mean "unit"?'],
    ["via: rs1, unit: 0x03", 'd.yaml:2 "0x03" is no unit; write 3, in plain decimal digits'],
    ["via: rs1, unit: 1FH", 'd.yaml:2 "1FH" is no unit; write 31, in plain decimal digits'],
    ["via: rs1, unit: ３", 'd.yaml:2 "３" is no unit; write 3, in plain decimal digits'],
    [
      "via: rs1, unit: 0xFF",
      'd.yaml:2 "0xFF" is no unit; write 1 to 247, or 254 for a device alone on its line whose manual says so',
    ],
    [
      "via: rs1, unit: 1, baud: 9600",
      'd.yaml:2 "baud" is of the link, not of a device; write it at rs1 in links, and remove it here',
    ],
  ])("{ %s }", (more, expected) => expect(of(more)).toEqual([expected]));

  it.each([
    [
      "host: 10.0.0.9, unit: 0x0A",
      'd.yaml:2 "0x0A" is not a whole number from 0 to 255; write 10, in plain decimal digits',
    ],
    ["host: 10.0.0.9, slave: 1", 'd.yaml:2 "slave" is not known here; did you mean "unit"?'],
    ["ip: 10.0.0.9", 'd.yaml:2 "ip" is not known here; did you mean "host"?'],
  ])("over a network: { %s }", (more, expected) => expect(of(`via: lan, ${more}`, lan)).toEqual([expected]));
});

describe("a link", () => {
  const of = (link: string, lang: "zh" | "en" = "en") =>
    told({ "l.yaml": `links:\n  x: { ${link} }\n` }, lang);

  it("of Modbus TCP says that a host is of a device", () => {
    expect(of("kind: modbus-tcp, host: 10.0.0.1")).toEqual([
      'l.yaml:2 "host" is of a device, not of its link; write host: … at each device of this link, and remove it here',
    ]);
    expect(of("kind: modbus-tcp, host: 10.0.0.1", "zh")).toEqual([
      "l.yaml:2 “host” 写在设备上，不写在线路上; 写到挂在这条线路上的每台设备里（host: …），这里删掉",
    ]);
  });

  it("says how the serial server in front of it is set, where that fits its kind", () => {
    expect(of("kind: modbus-tcp, mode: gateway")).toEqual([]);
    expect(of("kind: modbus-tcp, mode: transparent")).toEqual([
      "l.yaml:2 the mode of this kind of link is gateway, not transparent; if it passes bytes through, write kind: modbus-rtu with port, baud and format; if it is set to Modbus gateway, mode: gateway",
    ]);
    expect(
      of("kind: modbus-rtu, host: 10.0.0.1, port: 4001, baud: 9600, format: 8N1, mode: gateway"),
    ).toEqual([
      "l.yaml:2 the mode of this kind of link is transparent, not gateway; if it is set to Modbus gateway, write kind: modbus-tcp without baud and format; if it passes bytes through, mode: transparent",
    ]);
  });
});

describe("one unit twice", () => {
  it("at one host is told with both and with the host", () => {
    const devices =
      "devices:\n  a: { profile: jxct-th, via: lan, host: 10.0.0.9 }\n  b: { profile: jxct-th, via: lan, host: 10.0.0.9 }\n";
    expect(told({ "l.yaml": lan, "d.yaml": devices })).toEqual([
      "d.yaml:3 a and b are both unit 1 at 10.0.0.9:502; change the host if each has its own; behind one gateway each has its own unit",
    ]);
  });

  const template = (second: string, rows: number[]) => `templates:
  room:
    params: { room: { text: 房间 }, n: { text: 序, range: 1..30 } }
    space: $room
    devices:
      th: { profile: jxct-th, via: rs1, unit: $n }
      lux: { profile: jxct-lux, via: rs1, unit: ${second} }
rooms:
  - use: room
    rows:
${rows.map((n, index) => `      - { room: ${101 + index}, n: ${n} }\n`).join("")}`;
  const spaces = {
    "s.yaml": "spaces:\n  - { building: JX1, floor: F02, rooms: 104..108, kind: classroom }\n",
  };

  it("in a template is told once, at the template, with both devices", () => {
    const files = { ...spaces, "l.yaml": rs1, "r.yaml": template("$n+1", [1, 2, 3, 4, 5]) };
    expect(told(files)).toEqual([
      "r.yaml:6 101-lux and 102-th are both unit 2 on one line (4 rows: 102, 103, 104, …); give one of them another unit, in the device as well",
    ]);
    expect(told({ ...files, "r.yaml": template("$n", [1, 2, 3, 4, 5]) })).toEqual([
      "r.yaml:7 101-th and 101-lux are both unit 1 on one line (5 rows: 101, 102, 103, …); give one of them another unit, in the device as well",
    ]);
  });

  it("by the rows is told at the row", () => {
    const files = { ...spaces, "l.yaml": rs1, "r.yaml": template("$n+30", [1, 2, 3, 4, 4]) };
    expect(told(files).map((line) => line.split(" ", 4).join(" "))).toEqual(["r.yaml:15 104-th and 105-th"]);
  });
});

describe("devices that are delivered otherwise than their line is set", () => {
  const devices = (more = "") =>
    `devices:\n${[1, 2, 3]
      .map((n) => `  w${n}: { profile: renke-ws-n01, with: { variant: "8" }, via: rs1, unit: ${n}${more} }\n`)
      .join("")}`;
  const at = (baud: number, more?: string) =>
    said(loadModbus({ "l.yaml": rs1.replace("9600", String(baud)), "d.yaml": devices(more) }).problems);

  it("are told once, as a warning, with their names and both settings", () => {
    const [problem, ...more] = at(9600);
    expect(more).toEqual([]);
    expect(problem).toMatchObject({
      severity: "warning",
      file: "l.yaml",
      what: {
        zh: "w1、w2、w3 出厂是 4800 8N1，线路是 9600 8N1：没有改过就不会应答",
        en: "w1, w2, w3: delivered with 4800 8N1, and the line is 9600 8N1: no answer comes until that is set",
      },
      fix: {
        zh: "用 campus-edge assign（型号支持时）或厂家的工具逐台改成 9600 8N1，再在设备里写 assigned: true；或整条线路都用 4800 8N1",
        en: "set each to 9600 8N1 with campus-edge assign, where its profile allows, or its maker's tool, and write assigned: true at the device; or let the whole line be 4800 8N1",
      },
    });
  });

  it("are not told where the line is as delivered, where they were set, and where they are off", () => {
    expect(at(4800)).toEqual([]);
    expect(at(9600, ", assigned: true")).toEqual([]);
    expect(at(9600, ", stage: off, why: 未装")).toEqual([]);
  });

  it("are counted where they are many", () => {
    const many = Array.from(
      { length: 12 },
      (_, n) => `  w${n}: { profile: renke-ws-n01, with: { variant: TR }, via: rs1, unit: ${n + 1} }\n`,
    ).join("");
    expect(told({ "l.yaml": rs1, "d.yaml": `devices:\n${many}` }, "zh")[0]).toContain(
      "w0、w1、w2、w3、w4、w5、w6、w7 等 12 台 出厂是 4800 8N2",
    );
  });
});
