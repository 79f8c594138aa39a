import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linear } from "../../../edge/normalize/decimal.ts";

/** A finite double as the fraction it exactly is. */
function fractionOf(value: number): { over: bigint; under: bigint } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const mantissa = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const whole = exponent === 0 ? mantissa : mantissa | (1n << 52n);
  const power = (exponent === 0 ? 1 : exponent) - 1075;
  const signed = high >>> 31 === 1 ? -whole : whole;
  return power >= 0
    ? { over: signed << BigInt(power), under: 1n }
    : { over: signed, under: 1n << BigInt(-power) };
}

/** The decimal that a number prints as, as a fraction. */
function printed(value: number): { over: bigint; under: bigint } {
  const [, sign, whole, , rest = "", exponent = "0"] = /^(-?)(\d+)(\.(\d+))?(?:e([+-]\d+))?$/.exec(
    String(value),
  ) as unknown as string[];
  const shift = Number(exponent) - rest.length;
  const digits = BigInt(`${sign}${whole}${rest}`);
  return shift >= 0
    ? { over: digits * 10n ** BigInt(shift), under: 1n }
    : { over: digits, under: 10n ** BigInt(-shift) };
}

/** The doubles just below and above. */
function neighbours(value: number): number[] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigInt64(0);
  return [word - 1n, word + 1n].flatMap((other) => {
    bits.setBigInt64(0, other);
    const near = bits.getFloat64(0);
    return Number.isFinite(near) ? [near] : [];
  });
}

const distance = (value: number, over: bigint, under: bigint) => {
  const f = fractionOf(value);
  const d = f.over * under - over * f.under;
  // Over a common denominator for all doubles compared: 2^1074 is enough for each.
  return (d < 0n ? -d : d) * ((1n << 1074n) / f.under);
};

/** `value` is a double nearest to raw × scale + offset, all three read as the decimals they print as. */
function expectNearest(value: number, raw: number, scale: number, offset: number): void {
  const [r, s, o] = [printed(raw), printed(scale), printed(offset)];
  const over = r.over * s.over * o.under + o.over * r.under * s.under;
  const under = r.under * s.under * o.under;
  const own = distance(value, over, under);
  for (const near of neighbours(value)) {
    expect(own <= distance(near, over, under), `${raw} × ${scale} + ${offset} = ${value}, not ${near}`).toBe(
      true,
    );
  }
}

const moderate = fc.double({ min: -1e9, max: 1e9, noNaN: true });
const decimal = fc
  .tuple(fc.integer({ min: -100_000, max: 100_000 }), fc.integer({ min: 0, max: 6 }))
  .map(([units, decimals]) => Number(`${units}e-${decimals}`));

describe("scale and offset", () => {
  it.each([
    [3, 0.1, 0, 0.3],
    [213, 0.1, 0, 21.3],
    [0.1, 3, 0, 0.3],
    [0.1, 1, 0.2, 0.3],
    [0.3333333333333333, 3, 0, 0.9999999999999999],
    [1.005, 100, 0, 100.5],
    [65_535, 0.01, -40, 615.35],
    [4.35, 100, 0, 435],
    [1e21, 1e-21, 0, 1],
    [5e-324, 1, 0, 5e-324],
    [9_007_199_254_740_991, 0.001, 0, 9_007_199_254_740.99],
    [3_002_399_751_580_331, 3, -9_007_199_254_740_000, 993],
    [1e15, 1, -999_999_999_999_999.9, 0.1],
  ])("%d × %d + %d is %d", (raw, scale, offset, value) => {
    expect(linear(scale, offset)(raw)).toBe(value);
  });

  it("leave a raw value alone, bit by bit, when there is nothing to do", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (raw) => {
        expect(linear(1, 0)(raw)).toBe(raw + 0);
      }),
    );
  });

  it("give every step of a register as it would be written by hand", () => {
    for (const decimals of [1, 2, 3]) {
      const convert = linear(Number(`1e-${decimals}`), 0);
      for (let raw = -32_768; raw <= 65_535; raw += 7) {
        const digits = String(Math.abs(raw)).padStart(decimals + 1, "0");
        const byHand = `${raw < 0 ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
        expect(convert(raw)).toBe(Number(byHand));
      }
    }
  });

  it("never give minus zero", () => {
    for (const [raw, scale, offset] of [
      [-0, 1, 0],
      [0, -0.1, 0],
      [-0, 0.1, 0],
      [-1e-300, 1e-300, 0],
      [-0, 2, -0],
      [-0.5, 0, 0],
    ] as const) {
      expect(Object.is(linear(scale, offset)(raw), 0), `${raw} × ${scale} + ${offset}`).toBe(true);
    }
  });

  it("give the double nearest to the decimal result", () => {
    const raws = fc.oneof(
      fc.integer({ min: -70_000, max: 70_000 }),
      fc.maxSafeInteger(),
      decimal,
      moderate,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const constants = fc.oneof(
      decimal,
      moderate,
      fc.constantFrom(0.1, 0.01, 0.001, 1e-7, 0.25, 1, 2, 10, 1000),
    );
    fc.assert(
      fc.property(raws, constants, fc.oneof(fc.constant(0), constants), (raw, scale, offset) => {
        const value = linear(scale, offset)(raw);
        if (Number.isFinite(value)) expectNearest(value, raw, scale, offset);
        else expect(Math.abs(raw * scale)).toBeGreaterThan(1e307);
      }),
      { numRuns: 3000 },
    );
  });
});
