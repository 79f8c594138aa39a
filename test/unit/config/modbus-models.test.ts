/** What a school's own Modbus models may not say: addresses, types, words for raw values, times. */
import { describe, expect, it } from "vitest";
import { loadModbus, model, said, told } from "./modbus-school.ts";

const of = (points: string, more = "", lang: "zh" | "en" = "en") =>
  told({ "profiles/own.yaml": model(`  ${points}`, more) }, lang);

describe("an address that counts from 1", () => {
  it.each([
    ["40001", "address: 0, fc: 3", "0x9C41"],
    ["40022", "address: 21, fc: 3", "0x9C56"],
    ["30003", "address: 2, fc: 4", "0x7533"],
  ])("%s is told with what to write", (written, right, hex) => {
    const address = /\d+/.exec(right)?.[0];
    expect(of(`co2: { address: ${written} }`)).toEqual([
      `profiles/own.yaml:6 ${written} counts from 1, as manuals do: the address in the frame is ${address}; write ${right}; if the frame truly has ${written}, write ${hex}`,
    ]);
    expect(of(`co2: { address: ${hex} }`)).toEqual([]);
  });

  it("of six digits is told as well", () => {
    expect(of("co2: { address: 400001 }", "", "zh")).toEqual([
      "profiles/own.yaml:6 400001 是手册从 1 数起的编号，报文里的地址是 0; 写 address: 0, fc: 3",
    ]);
    expect(of("switch: { address: 100008, type: bool, fc: 2 }")[0]).toContain(
      "write address: 7, fc: 2, type: bool",
    );
    expect(of("co2: { address: 40000 }")).toEqual([]);
  });

  it("of a single bit is asked about where it is used: it may be one", () => {
    const files = {
      "profiles/own.yaml": model("  switch: { address: 10003, fc: 2, type: bool }"),
      "d.yaml":
        "links: { rs1: { kind: modbus-rtu, device: /dev/ttyS1, baud: 9600, format: 8N1 } }\ndevices: { a: { profile: own, via: rs1, unit: 1 }, b: { profile: own, via: rs1, unit: 2 } }\n",
    };
    expect(said(loadModbus(files).problems).map(({ severity }) => severity)).toEqual(["warning"]);
    expect(told(files)[0]).toContain("then write address: 2, fc: 2; if the frame truly has 10003, leave it");
  });
});

describe("a type that the catalogue's point cannot have", () => {
  it("is told with the types that it can", () => {
    expect(of("switch: { address: 0, type: uint16 }", "", "zh")).toEqual(
      [
        '目录里 switch 是开关量（true 或 false），这样读出来是数; 写 type: bool（fc: 1 或 2），或 type: bit 和 bit: 0 到 15；或加上 enum: { "0": false, "1": true }',
      ].map((line) => `profiles/own.yaml:6 ${line}`),
    );
    expect(of("switch: { address: 0 }")).toHaveLength(1);
    expect(of("current: { address: 0, type: bool }")).toEqual([
      "profiles/own.yaml:6 the catalogue has current as a number, and this reads true or false; write a type of number: int16, uint16, int32, uint32, float32 and so on",
    ]);
    expect(of("current: { address: 0 }", "fc: 1")).toHaveLength(1);
    expect(of("current: { address: 0, type: text, length: 2 }")).toHaveLength(1);
    expect(of("fan_speed: { address: 0 }")[0]).toContain('or add enum: { "0": off, "1": on }');
  });

  it("is none where an enum makes one of the other", () => {
    expect(of('switch: { address: 0, enum: { "0": false, "1": true } }')).toEqual([]);
    expect(of('switch: { address: 0, type: bit, bit: 3, enum: { "true": false, "false": true } }')).toEqual(
      [],
    );
    expect(of('fan_speed: { address: 0, fc: 1, type: bool, enum: { "true": high, "false": low } }')).toEqual(
      [],
    );
    expect(of("switch: { address: 0, fc: 1, type: bool }")).toEqual([]);
  });

  it.each([
    ["float", "float32"],
    ["int", "int16"],
    ["word", "uint16"],
    ["DWORD", "uint32"],
    ["double", "float64"],
  ])("by another name, %s, is asked about: %s", (written, type) => {
    expect(of(`co2: { address: 0, type: ${written} }`)[0]).toContain(`did you mean "${type}"?`);
  });
});

describe("a raw value that is never read", () => {
  it.each([
    ['ac_mode: { address: 0, enum: { 0x00: auto, "1": cool } }', "it is read as 0: write 0"],
    [
      'ac_mode: { address: 0, enum: { 0x00: auto, "0": cool } }',
      "it is 0, which is written already: remove it",
    ],
    ['ac_mode: { address: 0, enum: { "01": auto } }', "it is read as 1: write 1"],
    ['ac_mode: { address: 0, enum: { "-1": auto } }', "write a whole decimal number from 0 to 65535"],
    ['ac_mode: { address: 0, bits: 0..1, enum: { "4": auto } }', "write a whole decimal number from 0 to 3"],
    ["ac_mode: { address: 0, enum: { cool: auto } }", "write a whole decimal number from 0 to 65535"],
    [
      'switch: { address: 0, fc: 1, type: bool, enum: { "1": true, "false": false } }',
      "it is read as true: write true",
    ],
    ["co2: { address: 0, type: int16, sentinels: [0xFFFF] }", "it is read as -1: write -1"],
    ["co2: { address: 0, type: int16, sentinels: 32768 }", "it is read as -32768: write -32768"],
    ["co2: { address: 0, sentinels: 0xFFFF }", "it is read as 65535: write 65535"],
    ["co2: { address: 0, sentinels: [65536] }", "write a whole decimal number from 0 to 65535"],
  ])("%s: %s", (point, fix) => expect(of(point).map((line) => line.split("; ")[1])).toEqual([fix]));

  it.each([
    "co2: { address: 0, type: int16, sentinels: [-1, 32767, null] }",
    "co2: { address: 0, type: uint32, sentinels: 4294967295 }",
    "co2: { address: 0, type: float32, sentinels: [9999, -999.9] }",
    'ac_mode: { address: 0, enum: { "0": auto, "65535": cool } }',
    "ac_mode: { address: 0, type: text, length: 2, sentinels: none }",
  ])("is not %s", (point) => expect(of(point)).toEqual([]));
});

describe("a time", () => {
  it.each([
    ["answer: 500", '"500" has no unit; did you mean 500ms? units: ms, s, min, h, d; from 20ms to 10s'],
    [
      "answer: 500s",
      "500s is not within 20ms and 10s; did you mean 500ms? write a duration from 20ms to 10s",
    ],
    ["answer: 2", '"2" has no unit; did you mean 2s? units: ms, s, min, h, d; from 20ms to 10s'],
    ["pause: 60s", "60s is not within 0ms and 10s; did you mean 60ms? write a duration from 0ms to 10s"],
  ])("%s", (more, expected) =>
    expect(of("co2: { address: 0 }", more)).toEqual([`profiles/own.yaml:7 ${expected}`]),
  );
});

it("names units as people see them", () => {
  expect(of("temperature: { address: 0, type: int16, unit: F }")[0]).toContain(
    "the catalogue has temperature in ℃",
  );
  expect(of("temperature: { address: 0, type: int16, unit: ℃ }")).toEqual([]);
  expect(of("power_reactive: { address: 0, unit: W }").join()).not.toContain("V.A");
});
