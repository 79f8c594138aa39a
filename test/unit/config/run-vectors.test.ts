/** Test vectors of a school's own models are run with the code that reads devices, and what does not fit is told. */
import { expect, it } from "vitest";
import { meaningOf } from "../../../edge/cli/vector-meaning.ts";
import { loadModbus, model, said, told } from "./modbus-school.ts";

const points =
  '  co2: { address: 0, scale: $k }\n  humidity: { address: 1, type: int16, scale: 0.1 }\n  ac_mode: { address: 2, enum: { "1": cool } }';
const asked = '"01 03 00 00 00 01 84 0A"';
const file = (vector: string) => ({
  "profiles/own.yaml": model(
    points,
    `options: { k: { text: 倍率, default: "1" } }\nvectors:\n  - { ${vector} }\n`,
  ),
});
const of = (vector: string, lang: "zh" | "en" = "en") => told(file(vector), lang, { meaning: meaningOf });

it("is silent about one that fits, with any options", () => {
  expect(of(`asked: ${asked}, bytes: "01 03 02 02 64 B8 CF", expect: { co2: 612 }`)).toEqual([]);
  expect(of(`asked: ${asked}, bytes: "01 03 02 02 64 B8 CF", with: { k: 2 }, expect: { co2: 1224 }`)).toEqual(
    [],
  );
});

it("says what was expected and what came", () => {
  const vector = `asked: ${asked}, bytes: "01 03 02 02 64 B8 CF", expect: { co2: 600 }`;
  expect(of(vector)).toEqual([
    "profiles/own.yaml:11 co2 should be 600 ppm, and this profile reads 612 ppm; compare address, fc, type, scale of co2 with the manual; if all is right, mend expect",
  ]);
  expect(of(vector, "zh")[0]).toContain("co2 应为 600 ppm，按这个型号读出来是 612 ppm");
  expect(loadModbus(file(vector), { meaning: meaningOf }).plan).toBeNull();
});

it("says what the frame does not carry, and what cannot be read", () => {
  expect(of(`asked: ${asked}, bytes: "01 03 02 02 64 B8 CF", expect: { humidity: 10 }`)[0]).toContain(
    "humidity should be 10 %, and cannot be read: it is not in this frame; compare address, fc, type, scale of humidity, or remove it from expect",
  );
  expect(
    of('asked: "01 03 00 02 00 01 25 CA", bytes: "01 03 02 00 07 F9 86", expect: { ac_mode: cool }', "zh")[0],
  ).toContain("ac_mode 应为 cool，读不出来：enum 里没有读到的数");
});

it.each([
  [
    `asked: "01 03 00 00 00 01 84 0B", bytes: "01 03 02 02 64 B8 CF"`,
    "the checksum 84 0B of asked is wrong; of these bytes it is 84 0A",
  ],
  [
    `asked: ${asked}, bytes: "01 03 02 02 64 B9 6F"`,
    "the checksum B9 6F of bytes is wrong; of these bytes it is B8 CF",
  ],
  [`asked: ${asked}, bytes: "01 03 02 02 64"`, "bytes has no checksum at its end; add B8 CF at the end"],
  [
    `asked: "01 03 00 00 00 01", bytes: "01 03 02 02 64 B8 CF"`,
    "asked has no checksum at its end; add 84 0A at the end",
  ],
  [`asked: ${asked}, bytes: "01 03 02 02"`, "bytes has 4 bytes, and the whole has 7"],
  [`asked: ${asked}, bytes: "02 03 02 02 64 FC CF"`, "asked is for unit 1, and bytes are of unit 2"],
  [`asked: ${asked}, bytes: "01 83 02 C0 F1"`, "no such register (exception 2)"],
  [`asked: "01 06 00 00 00 01 48 0A", bytes: "01 03 02 02 64 B8 CF"`, "asked is no request that reads"],
  [`bytes: "01 03 02 02 64 B8 CF"`, "what was asked is not known; add asked"],
])("says what is wrong with { %s }", (frames, expected) => {
  const lines = of(`${frames}, expect: { co2: 612 }`);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(expected);
});

it("is not run where nobody says what raw values mean, and is no key that waits", () => {
  const vector = `asked: ${asked}, bytes: "01 03 02 02 64 B9 6F", expect: { co2: 600 }`;
  expect(said(loadModbus(file(vector)).problems)).toEqual([]);
});
