import type { Clock } from "../../config/schema/context.ts";
import { mix } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { type Emission, MqttDevice, type MqttDeviceOptions } from "./mqtt-device.ts";
import { roomAir } from "./room-air.ts";

export interface AirSensorOptions extends MqttDeviceOptions {
  /** Between readings; default 10 s. */
  everyMs?: number;
}

/** An air sensor on the wall of one classroom: co2, temperature, humidity, pm25, at a steady pace. */
export class AirSensor {
  readonly device: MqttDevice;
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #seed: number;
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: AirSensorOptions) {
    this.device = new MqttDevice(options);
    this.#everyMs = options.everyMs ?? 10_000;
    this.#clock = options.clock ?? systemClock;
    this.#seed = mix(options.id, options.seed ?? 1);
  }

  /** Connects and begins to measure; resolves once connected. */
  async start(): Promise<void> {
    if (this.#stop !== null) return;
    this.#stop = new AbortController();
    this.#running = this.#repeat(this.#stop.signal);
    await this.device.start();
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    this.#stop = null;
    await this.#running;
    await this.device.stop();
  }

  /** One reading, as the room is now. */
  step(): Emission {
    return this.device.emit({ ...roomAir(this.#seed, this.#clock.wallMs()) });
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    // Sensors of one school were not switched on in the same instant.
    await this.#clock.sleep(this.#seed % this.#everyMs, signal).catch(() => undefined);
    while (!signal.aborted) {
      this.step();
      await this.#clock.sleep(this.#everyMs, signal).catch(() => undefined);
    }
  }
}
