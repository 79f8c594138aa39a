import { describe, expect, it } from "vitest";
import { one } from "./plans.ts";

const good = { quality: 0, faults: [] };
const noRecord = { record: undefined };

describe("a value", () => {
  it("is scaled, shifted and free of binary noise", () => {
    expect(one(3, { scale: 0.1 })).toMatchObject({ value: 0.3, ...good });
    expect(one(655, { scale: 0.1, offset: -40 })).toMatchObject({ value: 25.5, ...good });
    expect(one(-0)).toMatchObject({ value: 0, ...good });
    expect(Object.is(one(-0).value, 0)).toBe(true);
  });

  it("is null with quality 33 when the device says that it has none", () => {
    expect(one(null)).toMatchObject({ value: null, quality: 33, faults: [] });
    expect(one(32_767, { sentinels: [32_767], scale: 0.1 })).toMatchObject({
      value: null,
      quality: 33,
      faults: [],
    });
    expect(one(32_767n, { sentinels: [32_767] })).toMatchObject({ value: null, quality: 33 });
    expect(one("unavailable", { sentinels: ["unavailable"] })).toMatchObject({ value: null, quality: 33 });
    expect(one(Math.fround(-999.9), { sentinels: [-999.9] })).toMatchObject({ value: null, quality: 33 });
    expect(one(-999.9, { sentinels: [-999.9] })).toMatchObject({ value: null, quality: 33 });
  });

  it("is not taken for a sentinel because it is near one or equal after scaling", () => {
    expect(one(327.67, { sentinels: [32_767] })).toMatchObject({ value: 327.67, ...good });
    expect(one(3_276_700, { sentinels: [32_767], scale: 0.01 })).toMatchObject({ value: 32_767, ...good });
    expect(one("null", { type: "text", sentinels: [null] })).toMatchObject({ value: "null", ...good });
    // 0x7FFFFFFF as a 32-bit float would be 0x80000000.
    expect(one(2_147_483_648, { sentinels: [2_147_483_647] })).toMatchObject({
      value: 2_147_483_648,
      ...good,
    });
  });

  it("outside its physical range is kept, with quality 36", () => {
    const range = [0, 5000] as const;
    expect(one(5000, { range })).toMatchObject({ value: 5000, ...good });
    expect(one(0, { range })).toMatchObject({ value: 0, ...good });
    expect(one(5001, { range })).toMatchObject({ value: 5001, quality: 36, faults: [] });
    expect(one(-1, { range })).toMatchObject({ value: -1, quality: 36, faults: [] });
    expect(one(501, { range: [0, 50], scale: 0.1 })).toMatchObject({ value: 50.1, quality: 36 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "that is %d is null with quality 34, and a fault",
    (raw) => {
      expect(one(raw)).toMatchObject({ value: null, quality: 34, faults: ["not-finite"] });
    },
  );

  it("that no double can hold after scaling is null with quality 34, and a fault", () => {
    expect(one(1e300, { scale: 1e300 })).toMatchObject({ value: null, quality: 34, faults: ["not-finite"] });
  });

  it("from a 64-bit register is a number while that is exact, else a fault", () => {
    expect(one(9_007_199_254_740_991n)).toMatchObject({ value: 9_007_199_254_740_991, ...good });
    expect(one(9_007_199_254_740_992n)).toMatchObject({ ...noRecord, faults: ["unsafe-integer"] });
    expect(one(-9_007_199_254_740_993n)).toMatchObject({ ...noRecord, faults: ["unsafe-integer"] });
    expect(one(10n ** 400n)).toMatchObject({ ...noRecord, faults: ["unsafe-integer"] });
  });

  it.each([
    ["a text", "number", "912"],
    ["a boolean", "number", true],
    ["a number", "boolean", 1],
    ["a text", "boolean", "true"],
    ["a number", "text", 912],
    ["a boolean", "text", false],
    ["an object", "number", {}],
    ["nothing", "text", undefined],
  ] as const)("that is %s where a %s is needed is a fault and no record", (_, type, raw) => {
    expect(one(raw, { type })).toMatchObject({ ...noRecord, faults: ["wrong-type"] });
  });

  it("of a boolean or text point is what it is", () => {
    expect(one(true, { type: "boolean" })).toMatchObject({ value: true, ...good });
    expect(one("制冷", { type: "text" })).toMatchObject({ value: "制冷", ...good });
    expect(one("", { type: "text" })).toMatchObject({ value: "", ...good });
  });

  it.each([
    ["longer than 256 characters", "x".repeat(257)],
    ["with a control character", "a\u0000b"],
    ["with a line break", "a\nb"],
    ["with a C1 control character", "a\u0085b"],
    ["with half a surrogate pair", "a\ud800"],
  ])("that is a text %s is refused", (_, raw) => {
    expect(one(raw, { type: "text" })).toMatchObject({ ...noRecord, faults: ["refused-text"] });
  });

  it("may be a text of 256 characters", () => {
    expect(one("x".repeat(256), { type: "text" })).toMatchObject({ value: "x".repeat(256), ...good });
  });

  it("is looked up in the point's list, whatever type the raw value has", () => {
    const mode = {
      type: "text",
      enum: new Map([
        ["1", "cool"],
        ["2", "heat"],
        ["ON", "cool"],
        ["true", "heat"],
      ]),
    } as const;
    expect(one(1, mode)).toMatchObject({ value: "cool", ...good });
    expect(one(2n, mode)).toMatchObject({ value: "heat", ...good });
    expect(one("ON", mode)).toMatchObject({ value: "cool", ...good });
    expect(one(true, mode)).toMatchObject({ value: "heat", ...good });
    expect(one(3, mode)).toMatchObject({ ...noRecord, faults: ["unlisted-value"] });
    expect(one("on", mode)).toMatchObject({ ...noRecord, faults: ["unlisted-value"] });
    const power = {
      type: "boolean",
      enum: new Map([
        ["0", false],
        ["1", true],
      ]),
    } as const;
    expect(one(0, power)).toMatchObject({ value: false, ...good });
    expect(one("1", power)).toMatchObject({ value: true, ...good });
  });

  it("that its list gives in another type than the point's is a fault", () => {
    expect(one(1, { type: "boolean", enum: new Map([["1", "on"]]) })).toMatchObject({
      ...noRecord,
      faults: ["wrong-type"],
    });
  });

  it("is a sentinel before it is looked up", () => {
    const mode = { type: "text", enum: new Map([["255", "x"]]), sentinels: [255] } as const;
    expect(one(255, mode)).toMatchObject({ value: null, quality: 33 });
  });
});
