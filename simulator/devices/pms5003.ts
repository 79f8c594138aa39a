/**
 * Plantower PMS5003: 42 4D, length, words with the high byte first, sum of all bytes before it. It streams about once a
 * second, or is asked for each frame after it was told to (passive mode).
 */
import type { AirValues } from "./modbus-air.ts";
import { type SensorChip, steps } from "./serial-sensor.ts";

const head = [0x42, 0x4d] as const;
const commandBytes = 7;
/** Version and error code of a sensor that was recorded. */
const version = 0x97;
/** Most that the maker promises, µg/m³. */
const most = 1000;

/** Particles of 0.1 L that are larger than 0.3, 0.5, 1, 2.5, 5, 10 µm, for each µg/m³ of PM2.5 (assumption). */
const counts = [30, 9, 4.5, 3, 0.3, 0.1] as const;

export class Pms5003 implements SensorChip {
  readonly sumFromEnd = 1;
  /** Streams by itself. */
  active: boolean;
  asleep = false;
  readonly #everyMs: number;
  #heard: number[] = [];

  constructor({ active = true, everyMs = 1000 }: { active?: boolean; everyMs?: number } = {}) {
    this.active = active;
    this.#everyMs = everyMs;
  }

  get everyMs(): number {
    return this.active && !this.asleep ? this.#everyMs : Number.POSITIVE_INFINITY;
  }

  /** Commands: E1 mode, E2 read, E4 sleep or wake; two bytes of data, sum. */
  hear(byte: number): readonly ("frame" | Uint8Array)[] {
    this.#heard.push(byte);
    this.#heard.splice(0, this.#heard.length - commandBytes);
    const [a, b, command = 0, high = 0, low = 0] = this.#heard;
    if (a !== head[0] || b !== head[1] || this.#heard.length < commandBytes) return [];
    const sealed = withSum(Uint8Array.of(...head, command, high, low));
    if (!sealed.every((one, n) => one === this.#heard[n])) return [];
    this.#heard = [];
    if (command === 0xe2) return this.active || this.asleep ? [] : ["frame"];
    if (command === 0xe1) this.active = low === 1;
    else if (command === 0xe4) this.asleep = low === 0;
    else return [];
    return [withSum(Uint8Array.of(...head, 0, 4, command, low))];
  }

  frame({ pm25, pm10 }: AirValues): Uint8Array {
    const [fine, coarse] = [steps(pm25, 1, most), steps(pm10, 1, most)];
    const outdoors = [Math.round(fine * 0.7), fine, Math.max(fine, coarse)];
    return pmsFrame([
      ...outdoors.map(asFactory),
      ...outdoors,
      ...counts.map((one) => Math.round(fine * one)),
    ]);
  }
}

/** What it would say of the dust it was calibrated with: the same up to 30 µg/m³, half as much more above (assumption). */
const asFactory = (value: number) => (value <= 30 ? value : Math.round(30 + (value - 30) * 1.5));

/** @param fields the twelve words behind the length */
export function pmsFrame(fields: readonly number[]): Uint8Array {
  const words = fields.flatMap((field) => [field >>> 8, field & 0xff]);
  return withSum(Uint8Array.of(...head, 0, 28, ...words, version, 0));
}

function withSum(bytes: Uint8Array): Uint8Array {
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return Uint8Array.of(...bytes, sum >>> 8, sum & 0xff);
}
