/** What a school's own Modbus models may not say of their actions. */
import { expect, it } from "vitest";
import { loadModbus, model, told } from "./modbus-school.ts";

const point = '  switch: { address: 0, enum: { "0": false, "1": true } }';
const assign = "assign: { unit: { address: 0x10 } }\n";
const of = (action: string, lang: "zh" | "en" = "en") =>
  told({ "profiles/own.yaml": model(point, `${assign}actions:\n  go: ${action}\n`) }, lang);

it.each([
  ["{ write: { address: 1, value: 2 } }", []],
  ["{ write: [ { address: 1, value: 2 }, { address: 2, arg: on } ], args: { on: { point: switch } } }", []],
  ["{ write: { adress: 1, value: 2 } }", [/unknown|"adress".*address/]],
  ["{ write: [ { address: 1, valu: 2 } ] }", [/"valu".*value/]],
  ["{ rite: { address: 1, value: 2 } }", [/"rite".*write/]],
  ["{ text: { zh: 开, en: go } }", [/write/]],
  ["{ write: { address: 40002, value: 2 } }", [/address: 1, fc: 3/]],
  ["{ write: { address: 16, value: 2 } }", [/register 16 sets its number or its speed/]],
  ["{ write: { address: 15, values: [ { value: 1 }, { value: 1 } ] } }", [/register 16 sets/]],
  ["{ write: { address: 1, arg: on } }", [/no argument "on"/]],
  ["{ write: { address: 1, value: 1 }, args: { on: { point: switch } } }", [/on is written nowhere/]],
  ["{ write: { address: 1, value: 70000 } }", [/a uint16 cannot be 70000/]],
])("%s", (action, expected) => {
  const lines = of(action);
  expect(lines).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) {
    expect(lines[index]).toMatch(pattern);
    expect(lines[index]).toMatch(/^profiles\/own\.yaml:9 /);
  }
  for (const line of of(action, "zh")) expect(line).toMatch(/\p{Script=Han}/u);
});

it("reaches the device as what is written, with what is said of it for everybody", () => {
  const { plan } = loadModbus({
    "d.yaml":
      "links: { rs1: { kind: modbus-rtu, device: /dev/serial/by-id/x, baud: 9600, format: 8N1 } }\ndevices: { r1: { profile: waveshare-relay-8, via: rs1, unit: 1 }, r2: { profile: eletechsup-r421a08, via: rs1, unit: 2 } }\n",
  });
  const [link] = plan?.links ?? [];
  const [r1, r2] = link?.devices ?? [];
  expect(r1?.actions["switch-8"]).toEqual({
    writes: [{ fc: 5, address: 7, count: 1, parts: [{ type: "bool", arg: "on" }] }],
  });
  expect(r2?.actions["switch-8"]).toMatchObject({ writes: [{ fc: 6, address: 8 }] });
  const said = link?.points.get("r2")?.actions?.get("switch-8");
  expect(said?.confirm).toEqual(new Map([["switch_8", { arg: "on" }]]));
  expect(said?.args.get("on")).toMatchObject({
    choices: new Map([
      ["true", 1],
      ["false", 0],
    ]),
  });
});
