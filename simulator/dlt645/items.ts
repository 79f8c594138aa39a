/** What a meter of DL/T 645-2007 can be asked for: identifiers, and how many digits each has (annex A). */
import type { OnePhase, ThreePhase } from "../devices/modbus-meters.ts";
import { lowFirst } from "./frame.ts";

type Phases = readonly [a: number | null, b: number | null, c: number | null];

/** What a meter measures and knows: V, A, W, var, Hz, Wh; null: the phase is not there. */
export interface Supply extends Omit<OnePhase, "voltage" | "current" | "power"> {
  voltage: Phases;
  current: Phases;
  power: Phases;
  /** Inside its case, °C. */
  temperature?: number;
  /** Its relay lies open. */
  relayOpen?: boolean;
}

/** What is asked for besides the supply. */
interface Asked {
  supply: Supply;
  address: string;
  /** Of the meter's own clock, ms UTC. */
  wallMs: number;
}

type Item = (asked: Asked) => Uint8Array;

/**
 * A circuit on the first of three phases.
 * @param before Wh that its meter has counted before
 */
export const ofOnePhase = (circuit: OnePhase, before = 0): Supply =>
  supplyOf<number>(circuit, (value) => [value, null, null], before);

/** @param before Wh that its meter has counted before */
export const ofThreePhases = (circuit: ThreePhase, before = 0): Supply =>
  supplyOf<Phases>(circuit, (values) => values, before);

interface Circuit<Value> extends Omit<OnePhase, "voltage" | "current" | "power"> {
  voltage: Value;
  current: Value;
  power: Value;
}

/** What nobody asks for is not measured. */
function supplyOf<Value>(circuit: Circuit<Value>, phases: (value: Value) => Phases, before: number): Supply {
  return {
    get voltage() {
      return phases(circuit.voltage);
    },
    get current() {
      return phases(circuit.current);
    },
    get power() {
      return phases(circuit.power);
    },
    get reactivePower() {
      return circuit.reactivePower ?? 0;
    },
    get powerFactor() {
      return circuit.powerFactor;
    },
    get frequency() {
      return circuit.frequency;
    },
    get energyImport() {
      const { energyImport } = circuit;
      return before === 0 ? energyImport : Number(energyImport) + before;
    },
    get energyExport() {
      return circuit.energyExport ?? 0;
    },
  };
}

/**
 * A number as a meter writes it: rounded to its last digit, which runs over as a counter does.
 * @param value null: every digit F
 * @param isSigned the top bit of the highest byte says minus
 */
export function bcd(
  value: number | bigint | null,
  bytes: number,
  decimals = 0,
  isSigned = false,
): Uint8Array {
  if (value === null) return new Uint8Array(bytes).fill(0xff);
  const steps = typeof value === "bigint" ? value : BigInt(Math.round(value * 10 ** decimals));
  const most = isSigned ? 8n * 10n ** BigInt(bytes * 2 - 1) : 10n ** BigInt(bytes * 2);
  const size = (steps < 0n ? -steps : steps) % most;
  const out = lowFirst(size.toString().padStart(bytes * 2, "0"));
  const last = bytes - 1;
  if (isSigned && steps < 0n) out[last] = (out[last] ?? 0) | 0x80;
  return out;
}

/** Wh as hundredths of a kWh, of which only whole ones are shown. */
const hundredths = (wh: number | bigint = 0): bigint =>
  BigInt(typeof wh === "bigint" ? wh : Math.floor(wh)) / 10n;

/** To which tariff every tenth hundredth of a kWh goes: peak 1, high 2, flat 3, valley 4. A school works by day. */
const tariffOf = [2, 3, 3, 2, 3, 4, 2, 3, 1, 3] as const;

/** What of a total the meter has counted to a tariff; all four together are the total. */
function ofTariff(total: bigint, tariff: number): bigint {
  const rest = Number(total % 10n);
  const count = (tariffs: readonly number[]) => BigInt(tariffs.filter((one) => one === tariff).length);
  return (total / 10n) * count(tariffOf) + count(tariffOf.slice(0, rest));
}

const energy =
  (of: (supply: Supply) => bigint): Item =>
  (asked) =>
    bcd(of(asked.supply), 4);
const imported = ({ energyImport }: Supply) => hundredths(energyImport);
const exported = ({ energyExport }: Supply) => hundredths(energyExport);
const sum = (phases: Phases) => phases.reduce<number>((total, one) => total + (one ?? 0), 0);
const volts =
  (n: 0 | 1 | 2): Item =>
  ({ supply }) =>
    bcd(supply.voltage[n], 2, 1);
const amperes =
  (n: 0 | 1 | 2): Item =>
  ({ supply }) =>
    bcd(supply.current[n], 3, 3, true);
const kilo = (value: number | null) => (value === null ? null : value / 1000);
const watts =
  (n: 0 | 1 | 2): Item =>
  ({ supply }) =>
    bcd(kilo(supply.power[n]), 3, 4, true);

/** Digits of China's time, `YYMMDDhhmmss` and the weekday, Sunday 0. */
function chinaDigits(wallMs: number): { date: string; time: string } {
  const local = new Date(wallMs + 8 * 3_600_000);
  const [date = "", time = ""] = local.toISOString().split("T");
  return {
    date: `${date.replaceAll("-", "").slice(2)}0${local.getUTCDay()}`,
    time: time.replaceAll(":", "").slice(0, 6),
  };
}

const items: Readonly<Record<string, Item>> = {
  "00000000": energy((supply) => imported(supply) + exported(supply)),
  "00010000": energy(imported),
  ...Object.fromEntries(
    [1, 2, 3, 4].map((n) => [`00010${n}00`, energy((supply) => ofTariff(imported(supply), n))]),
  ),
  "00020000": energy(exported),
  "02010100": volts(0),
  "02010200": volts(1),
  "02010300": volts(2),
  "02020100": amperes(0),
  "02020200": amperes(1),
  "02020300": amperes(2),
  "02030000": ({ supply }) => bcd(sum(supply.power) / 1000, 3, 4, true),
  "02030100": watts(0),
  "02030200": watts(1),
  "02030300": watts(2),
  "02040000": ({ supply }) => bcd((supply.reactivePower ?? 0) / 1000, 3, 4, true),
  "02060000": ({ supply }) => bcd(supply.powerFactor, 2, 3, true),
  "02800002": ({ supply }) => bcd(supply.frequency, 2, 2),
  "02800007": ({ supply }) => bcd(supply.temperature ?? 25, 2, 1, true),
  "04000101": ({ wallMs }) => lowFirst(chinaDigits(wallMs).date),
  "04000102": ({ wallMs }) => lowFirst(chinaDigits(wallMs).time),
  "04000401": ({ address }) => lowFirst(address),
  "04000503": ({ supply }) => Uint8Array.of(supply.relayOpen === true ? 0x10 : 0, 0),
};

/** Items that can be asked for in one go; FF stands for all of a kind. */
export const blocks: Readonly<Record<string, readonly string[]>> = {
  "0001FF00": ["00010000", "00010100", "00010200", "00010300", "00010400"],
  "0201FF00": ["02010100", "02010200", "02010300"],
  "0202FF00": ["02020100", "02020200", "02020300"],
  "0203FF00": ["02030000", "02030100", "02030200", "02030300"],
};

/** Values of an identifier, one after the other; null: this meter does not know it. */
export function valuesOf(di: string, asked: Asked): Uint8Array[] | null {
  const found = (blocks[di] ?? [di]).map((one) => items[one]?.(asked));
  return found.every((one) => one !== undefined) ? found : null;
}
