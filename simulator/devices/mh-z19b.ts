/** Winsen MH-Z19B: says carbon dioxide and its own temperature when it is asked, in nine bytes. */
import type { AirValues } from "./modbus-air.ts";
import { type SensorChip, steps } from "./serial-sensor.ts";

const frameBytes = 9;
const read = 0x86;
/** Most of its range, ppm. */
const most = 5000;

export class MhZ19b implements SensorChip {
  readonly everyMs = Number.POSITIVE_INFINITY;
  readonly sumFromEnd = 1;
  /** Commands that change it, such as 87 (zero) and 79 (self-calibration): a gateway has no business with them. */
  readonly written: number[] = [];
  #heard: number[] = [];

  hear(byte: number): readonly "frame"[] {
    this.#heard.push(byte);
    this.#heard.splice(0, this.#heard.length - frameBytes);
    const [start, sensor, command = 0] = this.#heard;
    if (this.#heard.length < frameBytes || start !== 0xff || sensor !== 0x01) return [];
    if (this.#heard.at(-1) !== sumOf(this.#heard.slice(0, -1))) return [];
    this.#heard = [];
    if (command === read) return ["frame"];
    this.written.push(command);
    return [];
  }

  frame({ co2, temperature }: AirValues): Uint8Array {
    const ppm = steps(co2, 1, most);
    const celsius = Math.round(temperature ?? 0) + 40;
    const body = [0xff, read, ppm >>> 8, ppm & 0xff, Math.min(255, Math.max(0, celsius)), 0, 0, 0];
    return Uint8Array.of(...body, sumOf(body));
  }
}

/** What is left to 256 of the sum of all bytes but the first. */
function sumOf(bytes: readonly number[]): number {
  return -bytes.slice(1).reduce((total, byte) => total + byte, 0) & 0xff;
}
