import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../../../drivers/dlt645/decode.ts";
import { rawOf } from "../../../drivers/dlt645/described.ts";
import { sourceSchema } from "../../../drivers/dlt645/schema.ts";
import { readVector } from "../../../drivers/dlt645/vector.ts";
import { bytes, low } from "./meters.ts";

const source = (written: Record<string, string>) => sourceSchema.parse({ di: "02010100", ...written });
const values = (written: Record<string, string>, ...frames: (readonly number[])[]) => {
  const { samples, faults } = decode(
    [{ id: "p", source: source(written) }],
    frames.map((frame) => Uint8Array.from(frame)),
  );
  return samples[0] === undefined ? faults[0]?.code : samples[0].raw;
};

describe("a value", () => {
  it.each([
    ["XXX.X", false, "2205", 220.5],
    ["XXXXXX.XX", false, "99999999", 999_999.99],
    ["XX.XXXX", true, "805678", -0.5678],
    ["XX.XXXX", true, "000000", 0],
    ["XX.XXXX", true, "800000", 0],
    ["X.XXX", true, "8953", -0.953],
    ["X.XXX", false, "8953", 8.953],
    ["XX", false, "07", 7],
    ["NNNNNNNNNNNN", false, "000021081234", "000021081234"],
  ] as const)("of %s, signed %s: %s", (format, signed, digits, value) => {
    expect(Object.is(values({ format, signed: String(signed) }, low(digits)), value)).toBe(true);
  });

  it.each([
    [
      "where all bits are set, also with a sign: none, and no fault",
      { format: "XX.XXXX", signed: "true" },
      "FFFFFF",
      null,
    ],
    ["of other digits than 0 to 9", { format: "XXX.X" }, "0E00", "dlt645.digits"],
    ["of one other digit at the top", { format: "XXX.X" }, "F205", "dlt645.digits"],
    ["that is longer", { format: "XXX.X" }, "002205", "dlt645.length"],
    ["that is shorter", { format: "XXX.X" }, "05", "dlt645.length"],
    ["that is not there", { format: "XXX.X" }, "", "dlt645.length"],
  ] as const)("%s", (_, written, digits, raw) => expect(values(written, low(digits))).toBe(raw));

  it("comes back as it was written, within what it is said to be", () => {
    const digits = fc.integer({ min: 1, max: 7 }).chain((size) =>
      fc.record({
        text: fc.stringMatching(new RegExp(`^[0-7]\\d{${2 * size - 1}}$`)),
        decimals: fc.integer({ min: 0, max: 2 * size - 1 }),
        isNegative: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(digits, ({ text, decimals, isNegative }) => {
        const whole = text.length - decimals;
        const format = decimals === 0 ? "X".repeat(whole) : `${"X".repeat(whole)}.${"X".repeat(decimals)}`;
        const coded = low(text);
        if (isNegative) coded[coded.length - 1] = (coded.at(-1) ?? 0) | 0x80;
        const wanted = Number(text) / 10 ** decimals;
        const raw = values({ format, signed: "true" }, coded);
        expect(raw).toBe(isNegative && wanted !== 0 ? -wanted : wanted);
        const bounds = rawOf(source({ format, signed: "true" }));
        if (bounds.type !== "number") throw new Error("no number");
        expect(Number(raw)).toBeGreaterThanOrEqual(bounds.min);
        expect(Number(raw)).toBeLessThanOrEqual(bounds.max);
      }),
    );
  });
});

it("is said to be within what its digits and its sign can be", () => {
  expect(rawOf(source({ format: "XX.XXXX", signed: "true" }))).toEqual({
    type: "number",
    min: -79.9999,
    max: 79.9999,
    whole: false,
  });
  expect(rawOf(source({ format: "XXXX" }))).toEqual({ type: "number", min: 0, max: 9999, whole: true });
  expect(rawOf(source({ format: "NNNN" }))).toEqual({ type: "text" });
});

describe("an item of a block", () => {
  const item = (nth: number) => ({ di: "0201FF00", format: "XXX.X", item: String(nth) });
  const block = [...low("2205"), ...low("FFFF"), ...low("2301")];

  it("is its own, in whichever frame", () => {
    expect([1, 2, 3].map((nth) => values(item(nth), block))).toEqual([220.5, null, 230.1]);
    expect([1, 2, 3].map((nth) => values(item(nth), block.slice(0, 2), block.slice(2)))).toEqual([
      220.5,
      null,
      230.1,
    ]);
  });

  it("is missing where the meter gives fewer, and nothing else is wrong", () => {
    expect([2, 3].map((nth) => values(item(nth), block.slice(0, 4)))).toEqual([null, "dlt645.item"]);
    expect(values(item(1))).toBe("dlt645.item");
  });

  it("is none where the block is no number of items", () => {
    expect([1, 2].map((nth) => values(item(nth), block.slice(0, 3)))).toEqual([
      "dlt645.length",
      "dlt645.length",
    ]);
  });

  it("is never put together from two frames, which may be of two readings", () => {
    expect([1, 2, 3].map((nth) => values(item(nth), block.slice(0, 3), block.slice(3)))).toEqual([
      220.5,
      "dlt645.item",
      230.1,
    ]);
  });
});

describe("of the collection beside the project", () => {
  const file = new URL("../../../../shared/captures/dlt645_2007.json", import.meta.url);
  interface Item {
    id: string;
    hex: string;
    decoded: { control: string; data_identifier?: string; value?: number | null };
  }
  const items = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { items: Item[] }).items : [];
  const formats: Record<string, string> = { "00010000": "XXXXXX.XX", "02010100": "XXX.X" };
  const answers = items.filter(({ decoded }) => decoded.control === "91");

  it("has answers where it is there", () => {
    expect(answers.length > 0).toBe(existsSync(new URL("../../../../shared", import.meta.url)));
  });

  it.each(answers.map((item) => [item.id, item] as const))("%s", (_, { hex, decoded }) => {
    const di = decoded.data_identifier ?? "";
    const points = [{ id: "p", source: source({ di, format: formats[di] ?? "" }) }];
    const { samples, faults } = readVector({ id: "m", points }, { said: bytes(hex) });
    if (decoded.value === null)
      expect({ samples, code: faults[0]?.code }).toEqual({ samples: [], code: "dlt645.digits" });
    else expect({ samples, faults }).toEqual({ samples: [{ point: "p", raw: decoded.value }], faults: [] });
  });
});
