import { describe, expect, it } from "vitest";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { checkAction, requestsOf } from "../../../drivers/modbus/action.ts";
import { actionSchema, profileSchema } from "../../../drivers/modbus/schema.ts";

type Written = Record<string, unknown>;

const action = (write: Written | Written[]) => actionSchema.parse({ write });
const profile = (more: Written = {}) => profileSchema.parse(more);
const requests = (write: Written | Written[], args: Record<string, Value> = {}, more: Written = {}) =>
  requestsOf(action(write), profile(more), args);
const one = (...given: Parameters<typeof requests>) => {
  const made = requests(...given);
  return Array.isArray(made) ? made[0] : made;
};

describe("what an action writes", () => {
  it.each<[Written, Record<string, Value>, { fc: number; address: number; values: number[] }]>([
    [{ address: "7", fc: "5", arg: "on" }, { on: true }, { fc: 5, address: 7, values: [1] }],
    [{ address: "7", type: "bool", arg: "on" }, { on: false }, { fc: 5, address: 7, values: [0] }],
    [{ address: "0x10", value: "0x0102" }, {}, { fc: 6, address: 16, values: [0x0102] }],
    [{ address: "1", arg: "on" }, { on: true }, { fc: 6, address: 1, values: [1] }],
    [{ address: "1", type: "int16", arg: "t" }, { t: -5 }, { fc: 6, address: 1, values: [0xfffb] }],
    [{ address: "1", order: "BA", value: "0x0102" }, {}, { fc: 6, address: 1, values: [0x0201] }],
    [{ address: "1", fc: "16", value: "9" }, {}, { fc: 16, address: 1, values: [9] }],
    [{ address: "1", type: "uint32", value: "0x00010002" }, {}, { fc: 16, address: 1, values: [1, 2] }],
    [
      { address: "1", type: "uint32", order: "CDAB", value: "0x00010002" },
      {},
      { fc: 16, address: 1, values: [2, 1] },
    ],
    [{ address: "1", type: "float32", arg: "t" }, { t: 26.5 }, { fc: 16, address: 1, values: [0x41d4, 0] }],
    [
      { address: "2", values: [{ arg: "mode" }, { arg: "t", type: "int16" }, { value: "1" }] },
      { mode: 3, t: 26 },
      { fc: 16, address: 2, values: [3, 26, 1] },
    ],
    [
      { address: "0", fc: "15", values: [{ value: "true" }, { arg: "on" }] },
      { on: false },
      { fc: 15, address: 0, values: [1, 0] },
    ],
    [
      { address: "1", arg: "on", codes: { "1": "0x0100", "0": "0x0200" } },
      { on: 0 },
      { fc: 6, address: 1, values: [0x0200] },
    ],
    [{ address: "1", arg: "t" }, { t: 2649.9999999999995 }, { fc: 6, address: 1, values: [2650] }],
  ])("%j with %j is %j", (write, args, expected) => {
    expect(one(write, args)).toEqual({ kind: "write", ...expected });
  });

  it("has the order of words of its profile where it says none", () => {
    expect(one({ address: "1", type: "uint32", value: "65538" }, {}, { order: "CDAB" })).toMatchObject({
      values: [2, 1],
    });
  });

  it("is one request after the other, in their order", () => {
    expect(
      requests([
        { address: "5", value: "1" },
        { address: "2", value: "2" },
      ]),
    ).toMatchObject([{ address: 5 }, { address: 2 }]);
  });

  it.each<[Written, Record<string, Value>]>([
    [{ address: "1", arg: "t" }, { t: 26.5 }],
    [{ address: "1", arg: "t" }, { t: 65_536 }],
    [{ address: "1", arg: "t" }, { t: -1 }],
    [{ address: "1", arg: "t" }, { t: "cool" }],
    [{ address: "1", arg: "t" }, { t: null }],
    [{ address: "1", arg: "t" }, {}],
    [{ address: "1", arg: "toString" }, {}],
    [{ address: "1", fc: "5", arg: "on" }, { on: 2 }],
    [{ address: "1", type: "float32", arg: "t" }, { t: Number.NaN }],
    [{ address: "1", arg: "on", codes: { "1": "256" } }, { on: 0 }],
  ])("is nothing where a value does not fit: %j with %j", (write, args) => {
    expect(requests([{ address: "9", value: "1" }, write], args)).toMatchObject({
      code: "modbus.unfit",
      retry: "never",
    });
  });
});

describe("the fields of an action", () => {
  it.each<[Written, RegExp]>([
    [{ address: "1" }, /add value/],
    [{ address: "1", value: "1", arg: "a" }, /keep one/],
    [{ address: "1", value: "1", codes: { a: "1" } }, /remove codes/],
    [{ address: "1", value: "on" }, /a number/],
    [{ address: "1", value: "65536" }, /another type/],
    [{ address: "1", fc: "5", value: "2" }, /another type/],
    [{ address: "1", arg: "a", codes: { x: "70000" } }, /another type/],
    [{ address: "1", fc: "6", type: "uint32", value: "1" }, /fc: 16/],
    [{ address: "1", fc: "5", values: [{ value: "0" }, { value: "1" }] }, /fc: 15/],
    [{ address: "1", fc: "5", type: "uint16", value: "1" }, /single bits/],
    [{ address: "1", values: [{ type: "bool", value: "1" }, { value: "1" }] }, /single bits/],
    [{ address: "1", type: "uint16", values: [{ value: "1" }] }, /each of the values/],
    [{ address: "1", order: "ABCD", value: "1" }, /AB or BA/],
    [{ address: "1", type: "bool", order: "AB", value: "1" }, /remove order/],
    [{ address: "65535", type: "uint32", value: "1" }, /65535/],
    [{ address: "40001", value: "1" }, /address: 0/],
  ])("refuse %j with what to write instead", (write, fix) => {
    const { error } = actionSchema.safeParse({ write });
    const complaints = JSON.stringify(error?.issues);
    expect(complaints).toMatch(fix);
  });
});

describe("an action as a whole", () => {
  const assign = {
    unit: { address: "0x64" },
    baud: { address: "0x66", values: { "9600": "3" } },
  };
  const problems = (write: Written | Written[], args: string[] = [], more: Written = { assign }) =>
    checkAction(action(write), profile(more), args).map(({ key, what }) => `${key}: ${what.en}`);

  it("has the arguments that it writes, and writes those that it has", () => {
    expect(problems({ address: "1", arg: "on" }, ["on"])).toEqual([]);
    expect(problems({ address: "1", arg: "an" }, ["on"])).toEqual([
      'write: this action has no argument "an"',
      "args: the argument on is written nowhere",
    ]);
  });

  it.each<[string, Written]>([
    ["its number", { address: "0x64", value: "1" }],
    [
      "its number, among others",
      { address: "0x62", values: [{ value: "1" }, { value: "1" }, { value: "1" }] },
    ],
    ["its speed", { address: "0x66", fc: "16", value: "1" }],
    ["its speed, as the second half of a value", { address: "0x65", type: "float32", value: "1" }],
  ])("never sets %s", (_, write) => {
    const found = problems([{ address: "1", value: "1" }, write]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^write: register 10[02] sets its number or its speed/);
  });

  it("may write registers beside, and bits of the same number", () => {
    expect(problems({ address: "0x65", value: "1" })).toEqual([]);
    expect(problems({ address: "0x64", fc: "5", value: "1" })).toEqual([]);
    expect(problems({ address: "0x64", value: "1" }, [], {})).toEqual([]);
  });
});
