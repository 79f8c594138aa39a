/**
 * A device or bridge that speaks somebody's MQTT dialect: what it says is decided by the dialect, when by the clock,
 * and `MqttDevice` puts it on the wire.
 *
 * Holds: `step` puts nothing on the wire; a birth goes before everything that waits; what could not be said is in
 * the log as dropped, unless the device has the habit of keeping it.
 */
import type { Clock } from "../../config/schema/context.ts";
import { type Chance, mix, seeded } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { MqttDevice, type MqttDeviceOptions } from "./mqtt-device.ts";
import type { Saying } from "./saying.ts";

/** How a device behaves beside what its firmware does anyway. */
export interface Habits {
  /** QoS of what it says; default as the firmware has it. */
  qos?: 0 | 1;
  /** Whether its session ends with the connection; default as the firmware has it. */
  clean?: boolean;
  /** Chance that a thing is said twice, one right after the other; 0 to 1, default 0. */
  repeats?: number;
  /** Newest reports of an outage that it keeps and says all at once when it is back; default 0. */
  burst?: number;
  /** How far its clock is ahead, ms; default 0. */
  clockAheadMs?: number;
  /** After power on, ms until the network tells it the time; before that it counts from 1970. Default 0. */
  timeAfterMs?: number;
}

/** The present, as a device knows it. */
export interface Moment {
  /** Monotonic ms, for intervals. */
  nowMs: number;
  /** Ms since power on. */
  upMs: number;
  /** Its wall, ms UTC; null: nobody has told it the time. */
  wallMs: number | null;
}

/** What is particular to a firmware. No function puts anything on the wire or waits. */
export interface Dialect {
  /**
   * What it says first on a connection.
   * @param again false for the first connection since power on
   */
  birth(at: Moment, again: boolean): readonly Saying[];
  /** What it has to say now. */
  step(at: Moment): readonly Saying[];
  /** What it says before it leaves politely. */
  farewell?(at: Moment): readonly Saying[];
  /** What it answers to a message for it. */
  hear?(topic: string, payload: string, at: Moment): readonly Saying[];
  /** Power has come: what was in memory only is gone. */
  powerOn?(): void;
  /** Whether it holds a connection now; default always. */
  awake?(at: Moment): boolean;
}

/** Where it connects to, and how it behaves. */
export interface SpeakerOptions
  extends Pick<
    MqttDeviceOptions,
    | "host"
    | "port"
    | "tls"
    | "user"
    | "password"
    | "clientId"
    | "version"
    | "inFlight"
    | "maxQueue"
    | "maxLog"
  > {
  habits?: Habits;
  backoff?: NonNullable<MqttDeviceOptions["backoff"]>;
  /** How often it looks whether there is something to say, ms; default 1000. */
  tickMs?: number;
  clock?: Clock;
  seed?: number;
}

/** What a firmware brings along: its name, its session, its will. */
export interface Firmware
  extends Pick<MqttDeviceOptions, "id" | "will" | "subscribe" | "qos" | "clean" | "keepAlive"> {
  clientId: string;
  dialect: Dialect;
}

export class Speaker {
  /** The connection, with the log of everything that was said. */
  readonly device: MqttDevice;
  readonly #dialect: Dialect;
  readonly #habits: Habits;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #tickMs: number;
  readonly #lateMs: number;
  #powerOnMs = 0;
  #kept: Saying[] = [];
  #awake = false;
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(firmware: Firmware, options: SpeakerOptions) {
    const { dialect, ...own } = firmware;
    const { habits = {}, tickMs = 1000, clock = systemClock, seed = 1, ...connection } = options;
    this.#dialect = dialect;
    this.#habits = habits;
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#lateMs = mix(own.id, seed) % tickMs;
    this.#chance = seeded("habits", own.id, seed);
    this.device = new MqttDevice({
      ...own,
      ...connection,
      qos: habits.qos ?? own.qos ?? 0,
      clean: habits.clean ?? own.clean ?? true,
      clock,
      seed,
      birth: (again) => this.#birth(again),
      onMessage: ({ topic, payload }) => {
        if (this.#stop === null) return;
        const answers = this.#dialect.hear?.(topic, payload.toString(), this.#moment()) ?? [];
        for (const saying of answers) this.#say(saying);
      },
    });
  }

  /** Power on; resolves once connected, or once it sleeps. */
  async start(): Promise<void> {
    if (this.#stop !== null) return;
    this.#stop = new AbortController();
    this.#powerOnMs = this.#clock.monotonicMs();
    this.#dialect.powerOn?.();
    const connected = this.#attend();
    this.#running = this.#repeat(this.#stop.signal);
    await connected;
  }

  /** Leaves with the firmware's farewell, or as a pulled plug does: then its will speaks. */
  async stop({ abrupt = false } = {}): Promise<void> {
    if (this.#stop === null) return;
    this.#stop.abort();
    this.#stop = null;
    await this.#running;
    this.#awake = false;
    if (!abrupt) this.#sayFarewell();
    // What it has in memory is lost with its power.
    for (const saying of this.#kept.splice(0)) this.device.say({ ...saying, fleeting: true });
    await this.device.stop({ abrupt, forget: true });
  }

  /** What it has to say now, repeats of its habit included. Nothing of it is said yet. */
  step(): Saying[] {
    const { repeats = 0 } = this.#habits;
    return this.#dialect
      .step(this.#moment())
      .flatMap((saying) => (repeats > 0 && this.#chance() < repeats ? [saying, saying] : [saying]));
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    // Devices of one school do not tick together.
    await this.#clock.sleep(this.#lateMs, signal).catch(() => undefined);
    while (!signal.aborted) {
      for (const saying of this.step()) this.#say(saying);
      // A server that is away does not stop the clock: only falling asleep is waited for.
      const attended = this.#attend();
      if (!this.#awake) await attended;
      await this.#clock.sleep(this.#tickMs, signal).catch(() => undefined);
    }
  }

  /** Connects or leaves when the dialect wakes up or falls asleep; resolves once that is done. */
  #attend(): Promise<void> {
    const awake = this.#dialect.awake?.(this.#moment()) ?? true;
    if (awake === this.#awake) return Promise.resolve();
    this.#awake = awake;
    if (!awake) {
      this.#sayFarewell();
      return this.device.stop({ forget: true });
    }
    return this.device.start();
  }

  #say(saying: Saying): void {
    const { burst = 0 } = this.#habits;
    if (this.device.online || burst === 0) {
      this.device.say({ ...saying, fleeting: true });
      return;
    }
    this.#kept.push(saying);
    const oldest = this.#kept.length > burst ? this.#kept.shift() : undefined;
    if (oldest !== undefined) this.device.say({ ...oldest, fleeting: true });
  }

  #birth(again: boolean): Saying[] {
    return [...this.#dialect.birth(this.#moment(), again), ...this.#kept.splice(0)];
  }

  /** Said at QoS 0: a farewell that must wait would be a lie at the next connection. */
  #sayFarewell(): void {
    for (const saying of this.#dialect.farewell?.(this.#moment()) ?? []) {
      this.device.say({ ...saying, qos: 0, fleeting: true });
    }
  }

  #moment(): Moment {
    const { clockAheadMs = 0, timeAfterMs = 0 } = this.#habits;
    const nowMs = this.#clock.monotonicMs();
    const upMs = nowMs - this.#powerOnMs;
    return { nowMs, upMs, wallMs: upMs < timeAfterMs ? null : this.#clock.wallMs() + clockAheadMs };
  }
}
