import type { RoomValues } from "../../../simulator/devices/room-values.ts";
import type { Speaker } from "../../../simulator/devices/speaker.ts";
import type { Message } from "../../../simulator/mqtt/message.ts";
import { MqttServer } from "../../../simulator/mqtt/server.ts";
import { FakeClock } from "../../fake-clock.ts";

export interface Place {
  host: string;
  port: number;
  clock: FakeClock;
}

/** A server that remembers what it was told, a clock that stands still, and one speaker between them. */
export class DialectWorld {
  readonly taken: Message[] = [];
  readonly clock: FakeClock;
  readonly server = new MqttServer({
    onPublish: (message) => {
      this.taken.push(message);
      this.#heard += 1;
      return 0;
    },
  });
  #speakers: Speaker[] = [];
  /** All that the server has taken, and what of it were wills. */
  #heard = 0;
  #wills = 0;

  /** @param wallMs default: a Tuesday in September 2026, eight o'clock in China */
  constructor(wallMs = Date.UTC(2026, 8, 1)) {
    this.clock = new FakeClock(wallMs);
  }

  get place(): Place {
    return { host: "127.0.0.1", port: this.server.port, clock: this.clock };
  }

  async start<S extends Speaker>(make: (place: Place) => S): Promise<S> {
    if (!this.server.listening) await this.server.start();
    const speaker = make(this.place);
    this.#speakers.push(speaker);
    await speaker.start();
    await this.quiet();
    return speaker;
  }

  /** Time goes by; what was said in it has arrived. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.quiet();
  }

  /** Waits until the server has everything that is on the wire. */
  async quiet(): Promise<void> {
    const emissions = () => this.#speakers.flatMap(({ device }) => device.emissions);
    const onWire = () => emissions().filter(({ wire, dropped }) => wire.length > 0 && !dropped).length;
    await Promise.all(this.#speakers.map(({ device }) => device.until((d) => !d.online || d.unacked === 0)));
    await settled(() => this.#heard - this.#wills >= onWire());
  }

  /** What was taken since the last call, as `topic payload`. */
  news(): string[] {
    return this.taken.splice(0).map(({ topic, payload }) => `${topic} ${payload}`);
  }

  /** The payloads of one topic, read as JSON, since the last `news`. */
  json(topic: string): Record<string, unknown>[] {
    return this.taken
      .filter((one) => one.topic === topic)
      .map(({ payload }) => JSON.parse(payload.toString()));
  }

  /** Pulls a speaker's plug, and waits for its will. */
  async kill(speaker: Speaker): Promise<void> {
    const before = this.#heard;
    await speaker.stop({ abrupt: true });
    await settled(() => this.#heard > before);
    this.#wills += 1;
  }

  /** The server ends. Every speaker's will is heard, and every speaker has noticed. */
  async down(forget = false): Promise<void> {
    const before = this.#heard;
    await this.server.stop(forget);
    await Promise.all(this.#speakers.map(({ device }) => device.until(({ online }) => !online)));
    this.#wills += this.#heard - before;
  }

  /** The server is back; waits until all speakers are, too. */
  async up(): Promise<void> {
    await this.server.start();
    while (this.#speakers.some(({ device }) => !device.online)) await this.clock.advance(100);
    await this.quiet();
  }

  async close(): Promise<void> {
    for (const speaker of this.#speakers) await speaker.stop({ abrupt: true });
    await this.server.stop();
  }
}

export async function settled(predicate: () => boolean): Promise<void> {
  while (!predicate()) await new Promise(setImmediate);
}

/** A room in which nothing moves until a test moves it. */
export function room(values: RoomValues = {}): RoomValues {
  return {
    temperature: 23.18,
    humidity: 61.25,
    co2: 812,
    pm25: 21,
    illuminance: 320,
    contact: true,
    motion: false,
    lamp: true,
    voltage: 229.9,
    current: 0.211,
    power: 48.4,
    energyImport: 7258.589,
    ...values,
  };
}
