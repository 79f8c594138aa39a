/**
 * value = raw × scale + offset, without binary noise. Pure.
 *
 * Holds: each of the three numbers is taken as the shortest decimal that names it (what String() prints:
 * 0.1 is one tenth), the decimal result is computed exactly, and the double nearest to it is returned. So a
 * register of 3 at scale 0.1 is 0.3, never 0.30000000000000004, and scale 1, offset 0 returns raw bit by bit.
 */

/** units × 10^-decimals; `decimals` is negative for numbers printed with e+. */
interface Decimal {
  units: bigint;
  decimals: number;
}

/** Largest power of ten that a double holds exactly. */
const maxExactPower = 22;

/** A finite number as the decimal that String() prints. */
function decimalOf(value: number): Decimal {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return { units: BigInt(whole + fraction), decimals: fraction.length - Number(exponent) };
}

const powerOfTen = (exponent: number) => 10n ** BigInt(exponent);

/**
 * @param scale, offset finite
 * @returns a function of a finite raw value; its result is infinite where no double can hold it, and never -0
 */
export function linear(scale: number, offset: number): (raw: number) => number {
  if (scale === 1 && offset === 0) return (raw) => raw + 0;
  const s = decimalOf(scale);
  const o = decimalOf(offset);

  const exact = (raw: number): number => {
    const r = decimalOf(raw);
    const decimals = Math.max(r.decimals + s.decimals, o.decimals, 0);
    const units =
      r.units * s.units * powerOfTen(decimals - r.decimals - s.decimals) +
      o.units * powerOfTen(decimals - o.decimals);
    return Number(`${units}e-${decimals}`) + 0;
  };

  // Registers are whole numbers: their products and sums are whole doubles, exact up to 2^53, and one
  // division by an exact power of ten rounds once, so this gives the same as `exact` at a tenth of the cost.
  const decimals = Math.max(s.decimals, o.decimals, 0);
  const factor = s.units * powerOfTen(decimals - s.decimals);
  const shift = o.units * powerOfTen(decimals - o.decimals);
  if (decimals > maxExactPower || !isSafe(factor) || !isSafe(shift)) return exact;
  const [f, h, divisor] = [Number(factor), Number(shift), 10 ** decimals];
  return (raw) => {
    if (!Number.isInteger(raw)) return exact(raw);
    const product = raw * f;
    const sum = product + h;
    return Number.isSafeInteger(product) && Number.isSafeInteger(sum) ? sum / divisor : exact(raw);
  };
}

const isSafe = (units: bigint) => Number.isSafeInteger(Number(units));
