import type { Clock } from "../../config/schema/context.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import { mix } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { MqttDevice, type MqttDeviceOptions } from "./mqtt-device.ts";
import type { Emission } from "./saying.ts";

export interface AirSensorOptions extends MqttDeviceOptions {
  /** Between readings; default 10 s. */
  everyMs?: number;
  /** What it measures now. */
  source: () => Readonly<Record<string, Value>>;
}

/** An air sensor on the wall of one classroom, at a steady pace. */
export class AirSensor {
  readonly device: MqttDevice;
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #source: () => Readonly<Record<string, Value>>;
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: AirSensorOptions) {
    this.device = new MqttDevice(options);
    this.#everyMs = options.everyMs ?? 10_000;
    this.#clock = options.clock ?? systemClock;
    this.#seed = mix(options.id, options.seed ?? 1);
    this.#source = options.source;
  }

  /** Connects and begins to measure; resolves once connected. */
  async start(): Promise<void> {
    if (this.#stop !== null) return;
    this.#stop = new AbortController();
    this.#running = this.#repeat(this.#stop.signal);
    await this.device.start();
  }

  async stop({ abrupt = false } = {}): Promise<void> {
    this.#stop?.abort();
    this.#stop = null;
    await this.#running;
    await this.device.stop({ abrupt });
  }

  /** One reading, as the room is now. */
  step(): Emission {
    return this.device.emit(this.#source());
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
