/** Nova Fitness SDS011: AA C0, PM2.5 and PM10 in tenths with the low byte first, its number, sum, AB; once a second. */
import type { AirValues } from "./modbus-air.ts";
import { type SensorChip, steps } from "./serial-sensor.ts";

/** Most that it says, tenths of µg/m³. */
const most = 9999;

export class Sds011 implements SensorChip {
  readonly everyMs: number;
  readonly sumFromEnd = 2;
  readonly #id: readonly [number, number];

  /** @param id the two bytes of its number, as it says them */
  constructor({
    id = [0x58, 0xd9],
    everyMs = 1000,
  }: { id?: readonly [number, number]; everyMs?: number } = {}) {
    this.#id = id;
    this.everyMs = everyMs;
  }

  /** It streams, whatever it is told. */
  hear(): readonly never[] {
    return [];
  }

  frame({ pm25, pm10 }: AirValues): Uint8Array {
    const [fine, coarse] = [steps(pm25, 10, most), steps(pm10, 10, most)];
    const data = [fine & 0xff, fine >>> 8, coarse & 0xff, coarse >>> 8, ...this.#id];
    const sum = data.reduce((total, byte) => (total + byte) & 0xff, 0);
    return Uint8Array.of(0xaa, 0xc0, ...data, sum, 0xab);
  }
}
