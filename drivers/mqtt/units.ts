/**
 * SenML units (RFC 8428, 12.1, and the secondary ones of RFC 8798) → the catalogue's UCUM units. Pure.
 *
 * Only what is exactly known is converted; any other pair has no answer. So has "%": SenML means a ratio of 0 to 1
 * by it, and nearly every device that writes it means 0 to 100.
 */

/** value in UCUM = value × `times` ÷ `over` + `plus` */
interface Conversion {
  times?: number;
  over?: number;
  plus?: number;
}

const same: Conversion = {};
const percent = { "%RH": same, "%EL": same, "/100": same, "/": { times: 100 } };

const conversions: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  "%": percent,
  "[ppm]": { ppm: same, "/": { times: 1e6 } },
  Cel: { Cel: same, K: { plus: -273.15 } },
  hPa: { hPa: same, Pa: { over: 100 } },
  "ug/m3": { "ug/m3": same, "kg/m3": { times: 1e9 } },
  "mg/m3": { "ug/m3": { over: 1000 }, "kg/m3": { times: 1e6 } },
  lx: { lx: same },
  // The reference of a sound level is the point's; a bare dB has none of its own.
  "dB[SPL]": { dB: same, Bspl: { times: 10 } },
  "dB[mW]": { dBm: same, dBW: { plus: 30 } },
  "{count}": { count: same },
  "kW.h": { kWh: same, Wh: { over: 1000 }, J: { over: 3.6e6 } },
  W: { W: same, kW: { times: 1000 } },
  V: { V: same, mV: { over: 1000 } },
  A: { A: same, mA: { over: 1000 } },
  Hz: { Hz: same },
};

/** Units as devices write them, and as we do. */
export const unitNames: readonly string[] = Object.entries(conversions).flatMap(([ucum, from]) => [
  ucum,
  ...Object.keys(from),
]);

/** What a sum (the integral over time, in unit × s) is measured in. */
const integrals: Readonly<Record<string, { unit: string; times: number }>> = {
  W: { unit: "J", times: 1 },
  kW: { unit: "J", times: 1000 },
};

/**
 * @param value in the SenML unit `unit`
 * @param ucum unit of the point; undefined: it has none (a state), and takes ratios (a switch) only
 * @returns the value in `ucum`, or null when the one cannot be had from the other
 */
export function convert(value: number, unit: string, ucum: string | undefined): number | null {
  if (ucum === undefined) return unit === "/" ? value : null;
  const from = Object.hasOwn(conversions, ucum) ? conversions[ucum] : undefined;
  const by = from !== undefined && Object.hasOwn(from, unit) ? from[unit] : undefined;
  if (by === undefined) return null;
  if (by === same) return value;
  const { times = 1, over = 1, plus = 0 } = by;
  return add(short((value * times) / over), plus);
}

/** Same for a record's sum: of W it is an energy. */
export function convertSum(sum: number, unit: string, ucum: string | undefined): number | null {
  const integral = Object.hasOwn(integrals, unit) ? integrals[unit] : undefined;
  return integral === undefined ? null : convert(sum * integral.times, integral.unit, ucum);
}

/** a + b as decimals: 273.16 − 273.15 is 0.01. A zero changes nothing, not the last bit either. */
export function add(a: number, b: number): number {
  if (b === 0) return a;
  if (a === 0) return b;
  const sum = a + b;
  const digits = 15 - Math.ceil(Math.log10(Math.max(Math.abs(a), Math.abs(b))));
  return digits >= 0 && digits <= 100 && Number.isFinite(sum) ? Number(sum.toFixed(digits)) : sum;
}

/** Without the noise in the last digit of a product. */
function short(value: number): number {
  return Number(value.toPrecision(15));
}
