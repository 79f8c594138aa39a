/**
 * A device that speaks MQTT, behaving as firmware does: it queues, re-sends, reconnects with backoff.
 *
 * Holds: emissions reach the wire in order of n, except that births go before what waits;
 * at most `inFlight` are unacknowledged; an unacknowledged one is sent again after a reconnect, as the same packet
 * with DUP=1 when the session is kept, as a new publish when it is not; one of QoS 0 is on the wire at most once;
 * every time on the wire is in the log.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import { connectMqtt, type MqttClient, type MqttClientOptions } from "../mqtt/client.ts";
import type { Message } from "../mqtt/message.ts";
import { type Chance, seeded } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import { defaultPayload, type PayloadOf } from "./payload.ts";
import type { Emission, Saying } from "./saying.ts";

export interface MqttDeviceOptions {
  id: string;
  host: string;
  port: number;
  tls?: NonNullable<MqttClientOptions["tls"]>;
  user?: string;
  password?: string;
  /** Default: the id. */
  clientId?: string;
  /** 4 = MQTT 3.1.1 (default), 5. */
  version?: 4 | 5;
  /** Default false: the session outlives the connection. */
  clean?: boolean;
  /** Seconds; default 30. */
  keepAlive?: number;
  /** Default 1. */
  qos?: 0 | 1 | 2;
  retain?: boolean;
  /** Default `ce/v1/{id}/up/prop`. */
  topic?: string;
  will?: NonNullable<MqttClientOptions["will"]>;
  /**
   * What it says at every connection, before everything that waits.
   * @param again false for the first connection since `start`
   */
  birth?(again: boolean): readonly Saying[];
  /** Subscribed to at every connection, after the birth. */
  subscribe?: { filters: readonly string[]; qos?: 0 | 1 };
  /** What came for it. */
  onMessage?(message: Message): void;
  /** Each payload carries the device's own boot number, count and time. Default false. */
  ownKey?: boolean;
  /** The device's boot number; default 1. */
  boot?: number;
  /** How a payload is built; default by `ownKey`. */
  payload?: PayloadOf;
  /** Default 10. */
  inFlight?: number;
  /** Emissions that wait; the oldest that never was on the wire goes first. Default 10,000. */
  maxQueue?: number;
  /** Emissions remembered in the log; default 1,000,000. */
  maxLog?: number;
  /** First and longest pause between attempts, ms; default 500 and 30,000. */
  backoff?: { minMs: number; maxMs: number };
  clock?: Clock;
  seed?: number;
}

interface Waiting {
  emission: Emission;
  payload: Uint8Array | string;
  packetId: number | null;
  /** QoS 2: the server has it; only the release is repeated. */
  received: boolean;
}

export class MqttDevice {
  /** Everything the device said, oldest first. */
  readonly emissions: Emission[] = [];
  readonly #options: MqttDeviceOptions;
  readonly #clock: Clock;
  readonly #chance: Chance;
  #n = 0;
  /** Never on the wire in this session, and on the wire without an answer; both oldest first. */
  #queue: Waiting[] = [];
  #flying: Waiting[] = [];
  #client: MqttClient | null = null;
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #attempts = 0;
  /** There was a connection since `start`. */
  #born = false;
  #lastPacketId = 0;
  /** The packet id of a subscription that is not answered yet. */
  #subscribing: number | null = null;
  readonly #watch = new Watch<MqttDevice>(this);

  constructor(options: MqttDeviceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#chance = seeded("device", options.id, options.seed ?? 1);
  }

  get id(): string {
    return this.#options.id;
  }

  get online(): boolean {
    return this.#client !== null;
  }

  /** Emissions neither acknowledged nor dropped. */
  get unacked(): number {
    return this.#queue.length + this.#flying.length;
  }

  /** Begins to connect; resolves once it is connected for the first time (or stopped before). */
  start(): Promise<void> {
    if (this.#stop === null) {
      const stop = new AbortController();
      this.#stop = stop;
      this.#born = false;
      this.#running = this.#repeat(stop.signal);
    }
    return this.until(() => this.online || this.#stop === null);
  }

  /**
   * Ends the connection, politely or as a pulled plug does. What is unacknowledged stays for the next start,
   * unless it is to `forget`, as memory without power does.
   */
  async stop({ abrupt = false, forget = false } = {}): Promise<void> {
    const client = this.#client;
    this.#stop?.abort();
    this.#stop = null;
    if (abrupt) client?.destroy();
    else await client?.disconnect();
    await this.#running;
    if (forget) {
      for (const { emission } of [...this.#flying.splice(0), ...this.#queue.splice(0)])
        emission.dropped = true;
    }
    this.#watch.changed();
  }

  /** Loses the connection without a word; the device comes back by itself. */
  cut(): void {
    this.#client?.destroy();
  }

  /** Says values on its own topic; sent now, or when there is a connection. */
  emit(values: Record<string, Value>): Emission {
    const { ownKey = false, boot = 1, topic = `ce/v1/${this.id}/up/prop` } = this.#options;
    const build = this.#options.payload ?? defaultPayload({ ownKey, boot });
    return this.say({ topic, values, payload: build(this.#n + 1, values, this.#clock.wallMs()) });
  }

  /** Says something on any topic; sent now, or when there is a connection. */
  say(saying: Saying): Emission {
    const { maxQueue = 10_000 } = this.#options;
    const waiting = this.#waiting(saying);
    const { emission } = waiting;
    if (this.#client === null && (emission.qos === 0 || saying.fleeting === true)) emission.dropped = true;
    else this.#queue.push(waiting);
    this.#pump();
    const oldest = this.#queue.length > maxQueue ? this.#queue.shift() : undefined;
    if (oldest !== undefined) oldest.emission.dropped = true;
    return emission;
  }

  /** Resolves once nothing is unacknowledged. */
  idle(): Promise<void> {
    return this.until(() => this.unacked === 0);
  }

  /** Resolves once the predicate holds; asked now and after everything that happens to the device. */
  until(predicate: (device: MqttDevice) => boolean): Promise<void> {
    return this.#watch.until(predicate);
  }

  /** One connection, from the attempt to its end. */
  async step(signal: AbortSignal): Promise<void> {
    const client = await connectMqtt(this.#clientOptions(), signal);
    if (signal.aborted) {
      client.destroy();
      return;
    }
    this.#attempts = 0;
    this.#client = client;
    this.#resume(client);
    const births = this.#options.birth?.(this.#born) ?? [];
    this.#born = true;
    this.#queue.unshift(...births.map((saying) => this.#waiting(saying)));
    this.#pump();
    this.#subscribe(client);
    this.#watch.changed();
    await client.ended;
    this.#client = null;
    this.#subscribing = null;
    this.#queue = this.#queue.filter(({ emission }) => {
      if (emission.qos === 0) emission.dropped = true;
      return emission.qos > 0;
    });
    this.#watch.changed();
  }

  /** Puts one emission into the log, and gives what has to be sent of it. */
  #waiting({ topic, payload, values = {}, ...how }: Saying): Waiting {
    const { qos = 1, retain = false, ownKey = false, maxLog = 1_000_000 } = this.#options;
    const emission: Emission = {
      n: ++this.#n,
      topic,
      retain: how.retain ?? retain,
      values,
      timeMs: this.#clock.wallMs(),
      qos: how.qos ?? qos,
      ownKey,
      wire: [],
      ackedMs: null,
      dropped: false,
    };
    this.emissions.push(emission);
    if (this.emissions.length > maxLog) this.emissions.shift();
    return { emission, payload, packetId: null, received: false };
  }

  #subscribe(client: MqttClient): void {
    const { filters = [], qos = 0 } = this.#options.subscribe ?? {};
    if (filters.length === 0 || !client.connected) return;
    const packetId = this.#freePacketId();
    this.#subscribing = packetId;
    const answered = () => {
      if (this.#subscribing === packetId) this.#subscribing = null;
    };
    client.subscribe(filters, qos, packetId).then(answered, answered);
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { minMs, maxMs } = this.#options.backoff ?? { minMs: 500, maxMs: 30_000 };
    while (!signal.aborted) {
      // Whatever went wrong, a device has nobody to tell and tries again.
      await this.step(signal).catch(() => undefined);
      const pauseMs = Math.min(maxMs, minMs * 2 ** Math.min(this.#attempts++, 20));
      await this.#clock.sleep(pauseMs * (0.5 + this.#chance() / 2), signal).catch(() => undefined);
    }
  }

  #clientOptions(): MqttClientOptions {
    const { id, host, port, tls, user, password, will, onMessage } = this.#options;
    const { version = 4, clean = false } = this.#options;
    return {
      host,
      port,
      clientId: this.#options.clientId ?? id,
      version,
      clean,
      keepAliveS: this.#options.keepAlive ?? 30,
      clock: this.#clock,
      ...(version === 5 && !clean ? { sessionExpiryS: 0xffff_ffff } : {}),
      ...(tls === undefined ? {} : { tls }),
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
      ...(will === undefined ? {} : { will }),
      ...(onMessage === undefined
        ? {}
        : {
            onMessage: (message) => {
              onMessage(message);
              return 0;
            },
          }),
    };
  }

  /**
   * What was on the wire before this connection. MQTT 5 lets nothing be repeated for a session that the server
   * has not kept (3.2.2.1.1); firmware of 3.1.1 does not look.
   */
  #resume(client: MqttClient): void {
    const { clean = false, version = 4 } = this.#options;
    if (clean || (version === 5 && !client.sessionPresent)) {
      const again = this.#flying.splice(0);
      for (const waiting of again) Object.assign(waiting, { packetId: null, received: false });
      this.#queue.unshift(...again);
      return;
    }
    for (const waiting of [...this.#flying]) {
      if (!client.connected) return;
      if (waiting.received) this.#settle(waiting, client.release(waiting.packetId ?? 0));
      else this.#put(client, waiting, true);
    }
  }

  #pump(): void {
    const client = this.#client;
    if (client === null) return;
    const window = Math.min(this.#options.inFlight ?? 10, client.receiveMaximum);
    while (this.#flying.length < window && client.connected) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      waiting.packetId = waiting.emission.qos === 0 ? null : this.#freePacketId();
      this.#flying.push(waiting);
      this.#put(client, waiting, false);
    }
  }

  #put(client: MqttClient, waiting: Waiting, dup: boolean): void {
    const { emission, payload, packetId } = waiting;
    const { topic, retain } = emission;
    emission.wire.push({ atMs: this.#clock.wallMs(), dup, packetId });
    const acknowledged = client.publish({
      topic,
      payload,
      retain,
      dup,
      qos: emission.qos,
      ...(packetId === null ? {} : { messageId: packetId }),
      onReceived: () => {
        waiting.received = true;
      },
    });
    this.#settle(waiting, acknowledged);
  }

  #settle(waiting: Waiting, acknowledged: Promise<number>): void {
    acknowledged.then(
      (reason) => {
        if (reason >= 0x80) waiting.emission.dropped = true;
        else if (waiting.emission.qos > 0) waiting.emission.ackedMs = this.#clock.wallMs();
        this.#flying = this.#flying.filter((other) => other !== waiting);
        this.#pump();
        this.#watch.changed();
      },
      // The connection ended first: it stays, and goes again with the next one, but not at QoS 0.
      () => {
        if (waiting.emission.qos > 0) return;
        waiting.emission.dropped = true;
        this.#flying = this.#flying.filter((other) => other !== waiting);
        this.#watch.changed();
      },
    );
  }

  #freePacketId(): number {
    const used = new Set([this.#subscribing, ...this.#flying.map(({ packetId }) => packetId)]);
    do this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    while (used.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
