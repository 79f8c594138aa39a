/**
 * A stand-in for the provincial platform: takes batches over MQTT, HTTP or both, stores each record once, answers with
 * receipts. It knows the wire by the published schemas alone, so it can bear witness against the gateway.
 *
 * Holds: a message is acknowledged once it is in a bounded queue, a receipt follows only after its rows are stored (R15);
 * behind all doors there is one receiver, with one set of moods and counters.
 */
import type { BatchBody } from "../../config/schema/batch.ts";
import type { Clock } from "../../config/schema/context.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import type { SchoolRecord } from "../../config/schema/record.ts";
import type { SeqRange } from "../../config/schema/vocabulary.ts";
import type { Message, Outgoing } from "../mqtt/message.ts";
import type { MqttServerOptions } from "../mqtt/server.ts";
import { type Chance, seeded } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import { type Address, addressOf, declaredOf, intakeFilters, receiptTopic } from "./address.ts";
import type { Malformed } from "./claim.ts";
import type { Counters } from "./counters.ts";
import { Desk, type DeskHost } from "./desk.ts";
import { type Behind, brokerDoor, type Door, type MqttDoor, serverDoor } from "./door.ts";
import { HttpDoor, type HttpDoorOptions } from "./http-door.ts";
import { type HttpCounters, HttpIntake, type HttpIntakeOptions } from "./http-intake.ts";
import { calm, type Moods, pausing } from "./moods.ts";
import { noRoom, pubackRefusal } from "./mqtt-moods.ts";
import type { Fork } from "./openings.ts";
import { newPostCounters, type PostCounters, Postman } from "./postman.ts";
import { type Backup, Receiver, type ReceiverLimits } from "./receiver.ts";
import { type StreamView, viewOf } from "./stream-view.ts";
import { unpack } from "./unpack.ts";

export interface PlatformOptions
  extends Pick<MqttServerOptions, "host" | "port" | "tls" | "users" | "receiveMaximum" | "maxPacketBytes"> {
  /** Instead of an own MQTT server: a client on this broker. */
  behind?: Behind;
  /** false: no MQTT door. */
  mqtt?: boolean;
  /** Absent: no HTTP door. */
  http?: HttpDoorOptions & HttpIntakeOptions;
  clock?: Clock;
  /** For every chance the moods take; default 1. */
  seed?: number;
  moods?: Partial<Moods>;
  /** Batches acknowledged and not yet judged; default 200. */
  maxQueue?: number;
  /** Most bytes a body may have after decompression; default 1 MiB. */
  maxBodyBytes?: number;
  /** E.g. `maxBodyBytes` above which a batch is answered as too large; defaults by R13. */
  limits?: Partial<ReceiverLimits>;
}

export interface PlatformEvents {
  /** Each record that was not there before, after it is stored. */
  record: SchoolRecord;
  /** Each batch that got an answer, before the answer leaves. */
  batch: { batch: BatchBody; receipt: ReceiptBody };
  /** Each message that was no batch. */
  refused: { fault: Malformed };
  /** Everything else a gateway publishes: status, report, ack. */
  message: { topic: string; payload: Buffer; retain: boolean };
}

export interface PlatformCounters extends Counters, PostCounters, HttpCounters {
  /** Not taken, by mood or for want of room. */
  turnedAway: number;
  /** Taken and lost before they were judged, when the platform went down. */
  droppedWhenDown: number;
}

/** Starts a platform; resolves once gateways can connect. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const platform = new Platform(options);
  await platform.up();
  return platform;
}

type Listener<Name extends keyof PlatformEvents> = (event: PlatformEvents[Name]) => void;

export class Platform {
  readonly #chance: Chance;
  readonly #mqtt: MqttDoor | null;
  readonly #http: HttpDoor | null;
  readonly #intake: HttpIntake;
  readonly #postman: Postman;
  readonly #desk: Desk;
  readonly #maxBodyBytes: number;
  readonly #stop = new AbortController();
  readonly #receiver: Receiver;
  #moods: Moods;
  #listeners: { [Name in keyof PlatformEvents]: Set<Listener<Name>> } = {
    record: new Set(),
    batch: new Set(),
    refused: new Set(),
    message: new Set(),
  };
  readonly #watch = new Watch<Platform>(this);
  #listenerFault: { error: unknown } | null = null;

  constructor(options: PlatformOptions) {
    const { behind, clock = systemClock, seed = 1, mqtt = true, http } = options;
    const { maxQueue = 200, maxBodyBytes = 1024 * 1024 } = options;
    this.#chance = seeded("platform", seed);
    this.#moods = { ...calm, ...options.moods };
    this.#receiver = new Receiver(options.limits);
    this.#maxBodyBytes = maxBodyBytes;
    const host = this.#host(clock);
    this.#desk = new Desk(host, maxQueue);
    const counters = newPostCounters();
    this.#intake = new HttpIntake(http ?? {}, { ...host, desk: this.#desk, counters, maxBodyBytes });
    const take = (message: Message) => this.#take(message);
    const own = () => serverDoor(options, take);
    if (!mqtt) this.#mqtt = null;
    else this.#mqtt = behind === undefined ? own() : brokerDoor(behind, clock, intakeFilters, take);
    const answer: HttpIntake["answer"] = (request) => this.#intake.answer(request);
    const deaf = () => this.#moods.blackHole;
    this.#http = http === undefined ? null : new HttpDoor(http, clock, { answer, deaf });
    const send = (outgoing: Outgoing, anySize: boolean) => this.#mqtt?.send(outgoing, anySize) ?? false;
    this.#postman = new Postman(send, clock, this.#chance, this.#stop.signal, counters);
  }

  /** Where gateways connect by MQTT. Throws when there is no such door. */
  get url(): string {
    return urlOf(this.#mqtt);
  }

  /** Where gateways connect by HTTP, without a path. Throws when there is no such door. */
  get httpUrl(): string {
    return urlOf(this.#http);
  }

  /** Records stored. */
  get count(): number {
    return this.#receiver.records.length;
  }

  /** Records after deduplication, in order of arrival; the live list. */
  records(): readonly SchoolRecord[] {
    return this.#receiver.records;
  }

  get counters(): PlatformCounters {
    return {
      ...this.#receiver.counters,
      ...this.#postman.counters,
      ...this.#intake.counters,
      turnedAway: this.#desk.turnedAway,
      droppedWhenDown: this.#desk.dropped,
    };
  }

  /** Every epoch heard of, with its accounts. */
  streams(): StreamView[] {
    return this.#receiver.streams.map(viewOf);
  }

  /** The epochs that are not complete. */
  missing(): StreamView[] {
    return this.streams().filter(({ missing }) => missing.length > 0);
  }

  forks(): readonly Fork[] {
    return this.#receiver.forks;
  }

  /** Changes moods; those not named stay as they are. */
  mood(moods: Partial<Moods>): void {
    this.#moods = { ...this.#moods, ...moods };
  }

  /** Ends all moods. */
  calm(): void {
    this.#moods = { ...calm };
  }

  /** Goes down: cuts every connection, refuses new ones, loses what it had taken and not yet judged. */
  async down(): Promise<void> {
    this.#desk.drop();
    this.#intake.drop();
    await Promise.all(this.#doors.map((door) => door.shut()));
  }

  /** Comes back, at the same addresses, through every door or, when it rejects, through none. */
  async up(): Promise<void> {
    const opened: Door[] = [];
    try {
      for (const door of this.#doors) {
        await door.open();
        opened.push(door);
      }
    } catch (error) {
      await Promise.all(opened.map((door) => door.shut()));
      throw error;
    }
  }

  /** Cuts connections without a word; gateways may come back at once. */
  cut(): void {
    for (const door of this.#doors) door.cut();
  }

  /** Forgets [first, last] of one epoch, as a lost disk does, and every receipt kept for batches that come again. */
  forget(school: string, gateway: string, epoch: string, range: SeqRange): void {
    this.#receiver.forget(school, gateway, epoch, range);
    this.#intake.forget();
  }

  snapshot(): Backup {
    return this.#receiver.snapshot();
  }

  /** Goes back to a backup; counters go on. */
  restore(backup: Backup): void {
    this.#receiver.restore(backup);
    this.#intake.forget();
    this.#watch.changed();
  }

  /** Publishes anything to gateways over MQTT, e.g. a command. false when nobody could be reached. */
  publish(outgoing: Outgoing): boolean {
    return this.#mqtt?.send(outgoing, false) ?? false;
  }

  /** Calls back for each event; gives the way to end that. What a listener throws comes out of `until` and `stop`. */
  on<Name extends keyof PlatformEvents>(name: Name, listener: Listener<Name>): () => void {
    this.#listeners[name].add(listener);
    return () => void this.#listeners[name].delete(listener);
  }

  /** Resolves once the predicate holds; asked now and after everything that happens here. */
  until(predicate: (platform: Platform) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  /** Ends everything. Rejects with what a listener threw. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.down();
    this.#watch.end(new Error("the platform has stopped"));
    if (this.#listenerFault !== null) throw this.#listenerFault.error;
  }

  /** Judges the oldest batch that waits. false when none did. */
  step(): Promise<boolean> {
    return this.#desk.step();
  }

  get #doors(): Door[] {
    return [this.#mqtt, this.#http].filter((door) => door !== null);
  }

  #host(clock: Clock): DeskHost {
    return {
      clock,
      chance: this.#chance,
      receiver: this.#receiver,
      signal: this.#stop.signal,
      moods: () => this.#moods,
      stored: (record) => this.#emit("record", record),
      answered: (batch, receipt) => this.#emit("batch", { batch, receipt }),
      refused: (fault) => this.#emit("refused", { fault }),
      changed: () => this.#watch.changed(),
    };
  }

  #take(message: Message): number | null {
    const address = addressOf(message.topic);
    if (address === null) {
      const { topic, payload, retain } = message;
      this.#emit("message", { topic, payload, retain });
      this.#watch.changed();
      return 0;
    }
    const refusal = pubackRefusal(this.#moods, this.#chance);
    if (refusal !== 0 || !this.#handIn(message, address)) {
      this.#desk.turnAway();
      return refusal === 0 ? noRoom : refusal;
    }
    return 0;
  }

  #handIn(message: Message, address: Address): boolean {
    const { encoding, id, responseTopic, correlationData } = declaredOf(message, address);
    return this.#desk.push({
      ...address,
      id,
      unpack: () => unpack(message.payload, this.#maxBodyBytes, encoding),
      judged: (outcome) => {
        if (outcome.kind === "refused") return;
        const batch = outcome.kind === "answer" ? outcome.batch : undefined;
        const topic = responseTopic ?? receiptTopic(address);
        this.#postman.post(
          { topic, correlationData, receipt: pausing(outcome.receipt, this.#moods), batch },
          this.#moods,
        );
      },
    });
  }

  #emit<Name extends keyof PlatformEvents>(name: Name, event: PlatformEvents[Name]): void {
    for (const listener of this.#listeners[name]) {
      try {
        listener(event);
      } catch (error) {
        this.#listenerFault ??= { error };
        this.#watch.end(error);
      }
    }
  }
}

function urlOf(door: Door | null): string {
  if (door === null) throw new Error("the platform has no such door");
  return door.url;
}
