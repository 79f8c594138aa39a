/** What is typed to set a device on an RS-485 line, and what is written for it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Assignment } from "../../../config/schema/kind.ts";
import { assignmentOf, type ModbusAssignWrite } from "../../../drivers/modbus/assign.ts";
import { modbusTcpKind, profileSchema, type RtuLink } from "../../../drivers/modbus/schema.ts";

const port: RtuLink = { device: "/dev/ttyS9", baud: 9600, format: "8N1" };
const server: RtuLink = { host: "10.0.0.9", port: 4001, baud: 9600, format: "8N1" };
const codes = { "2400": "0", "4800": "1", "9600": "2" };
const both = { unit: { address: "2000" }, baud: { address: "2001", values: codes } };
const profile = (assign: unknown = both, more: object = { factory: { baud: "4800" } }) =>
  profileSchema.parse({ ...(assign === null ? {} : { assign }), ...more });

const made = (link: RtuLink, of: ReturnType<typeof profile>, to: string, from?: string) => {
  const assignment = assignmentOf(link, of, from === undefined ? { to } : { from, to });
  if (assignment === null || Array.isArray(assignment)) throw new Error(JSON.stringify(assignment));
  return assignment;
};
const refusedWith = (link: RtuLink, of: ReturnType<typeof profile>, to: string, from?: string) => {
  const problems = assignmentOf(link, of, from === undefined ? { to } : { from, to });
  if (!Array.isArray(problems)) throw new Error("it is taken");
  for (const { what, fix } of problems)
    for (const text of [what.zh, what.en, fix.zh, fix.en]) expect(text).not.toBe("");
  return problems.map(({ what }) => what.en);
};
const requests = ({ writes }: Assignment) =>
  (writes as readonly ModbusAssignWrite[]).map(({ body: { request } }) => [
    request.fc,
    request.address,
    ...request.values,
  ]);
const places = ({ places: all }: Assignment) => all.map(({ typed }) => typed);

describe("a device is set", () => {
  it("from how it is delivered to the speed of its line, where only the new number is typed", () => {
    const of = made(port, profile(), "12");
    expect(requests(of)).toEqual([
      [6, 2000, 12],
      [6, 2001, 2],
    ]);
    expect(places(of)).toEqual(["1@4800", "12@4800", "1@9600", "12@9600"]);
    expect(of.places.map(({ has }) => has)).toEqual([
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]);
    expect(of.fields).toEqual({ unit: 12, assigned: true });
    expect(of.places[0]?.settings).toBe(of.places[1]?.settings);
    expect(of.places[3]?.settings).toEqual(port);
  });

  it("by what differs alone, and with its own format", () => {
    expect(requests(made(port, profile(), "12@4800"))).toEqual([[6, 2000, 12]]);
    expect(requests(made(port, profile(), "1@9600"))).toEqual([[6, 2001, 2]]);
    const even = made(port, profile(both, { factory: { format: "8E1" } }), "12", "7/8e1");
    expect(places(even)).toEqual(["7@9600/8E1", "12@9600/8E1"]);
    expect(even.places[0]?.settings).toEqual({ ...port, format: "8E1" });
  });

  it("by one register that has both", () => {
    const one = profile({ both: { address: "21", fc: "16", values: { "9600": "1", "4800": "2" } } });
    const of = made(port, one, "12");
    expect(requests(of)).toEqual([[16, 21, 12 * 256 + 1]]);
    expect(places(of)).toEqual(["1@4800", "12@9600"]);
  });

  it("behind a serial server at its page's speed alone", () => {
    const of = made(server, profile(), "12");
    expect(places(of)).toEqual(["1@9600", "12@9600"]);
    expect(refusedWith(server, profile(), "12@4800", "1@4800")).toEqual([
      expect.stringContaining("--from: this line is behind a serial server"),
      expect.stringContaining("--to: this line is behind a serial server"),
    ]);
    expect(refusedWith(server, profile(), "12", "1/8E1")).toHaveLength(1);
  });
});

describe("what cannot be is told at once, and all of it", () => {
  it.each<[string, ReturnType<typeof profile>, string, string | undefined, string[]]>([
    ["two slips", profile(), "x", "1@", ['--from "1@" is not', '--to "x" is not']],
    ["no new number", profile(), "@9600", undefined, ['--to "@9600" is not']],
    ["numbers that are none", profile(), "248", "300@4800", ["no unit 300", "no unit 248"]],
    ["the broadcast", profile(), "0", "0", ["--from: 0 is the broadcast", "--to: 0 is the broadcast"]],
    ["speeds that are none", profile(), "12@960", "1@4801", ["to 4801 baud", "to 960 baud"]],
    ["a speed that it has not", profile(), "12@19200", undefined, ["to 19200 baud"]],
    ["a fixed speed", profile({ unit: both.unit }), "12", undefined, ["not set over the line; it has 4800"]],
    ["another format", profile(), "12/8E1", undefined, ["parity and stop bits"]],
    [
      "a device of which nobody knows how it comes",
      profile(both, {}),
      "12",
      undefined,
      ["not known for sure"],
    ],
    ["nothing to do", profile(), "1@4800", undefined, ["both 1@4800"]],
  ])("%s", (_, of, to, from, expected) => {
    expect(refusedWith(port, of, to, from)).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  it("a model that is set by its switches is none for this, nor is a line of Modbus TCP", () => {
    expect(assignmentOf(port, profile(null), { to: "12" })).toBeNull();
    expect(modbusTcpKind.assignment).toBeUndefined();
  });

  it("a profile that says both ways or none is told", () => {
    const one = { address: "21", fc: "16", values: { "9600": "1" } };
    for (const assign of [{}, { restart: "true" }, { both: one, unit: both.unit }, { baud: both.baud }])
      expect(profileSchema.safeParse({ assign }).success).toBe(false);
  });

  it("whatever is typed, nothing goes to the broadcast or to a number that is none", () => {
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.tuple(fc.nat(300), fc.constantFrom("2400", "4800", "9600", "1", "")).map(([n, b]) => `${n}@${b}`),
    );
    fc.assert(
      fc.property(word, fc.option(word, { nil: undefined }), fc.boolean(), (to, from, behind) => {
        const of = assignmentOf(
          behind ? server : port,
          profile(),
          from === undefined ? { to } : { from, to },
        );
        if (of === null) throw new Error("it is set over its line");
        if (Array.isArray(of)) {
          expect(of.length).toBeGreaterThan(0);
          return;
        }
        for (const { address } of of.places) {
          expect(Number(address.unit)).toBeGreaterThanOrEqual(1);
          expect(Number(address.unit)).toBeLessThanOrEqual(247);
        }
        expect(of.writes.length).toBeGreaterThan(0);
      }),
    );
  });
});
