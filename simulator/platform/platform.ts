/**
 * A stand-in for the provincial platform: takes batches over MQTT, stores each record once, answers with receipts.
 * It knows the wire by the published schemas alone, so it can bear witness against the gateway.
 *
 * Holds: a message is acknowledged once it is in a bounded queue, a receipt follows only after its rows are stored (R15).
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
import { type Behind, brokerDoor, type Door, serverDoor } from "./door.ts";
import { calm, type Moods } from "./moods.ts";
import type { Fork } from "./openings.ts";
import { type PostCounters, Postman } from "./postman.ts";
import { type Backup, Receiver, type ReceiverLimits } from "./receiver.ts";
import { type StreamView, viewOf } from "./stream-view.ts";
import { unpack } from "./unpack.ts";

export interface PlatformOptions
  extends Pick<MqttServerOptions, "host" | "port" | "tls" | "users" | "receiveMaximum" | "maxPacketBytes"> {
  /** Instead of an own server: a client on this broker. */
  behind?: Behind;
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

export interface PlatformCounters extends Counters, PostCounters {
  /** Refused with a PUBACK reason by mood or for want of room. */
  turnedAway: number;
  /** Acknowledged and lost before they were judged, when the platform went down. */
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
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #door: Door;
  readonly #postman: Postman;
  readonly #maxQueue: number;
  readonly #maxBodyBytes: number;
  readonly #stop = new AbortController();
  readonly #receiver: Receiver;
  #moods: Moods;
  #queue: { message: Message; address: Address }[] = [];
  #working = false;
  #turnedAway = 0;
  #droppedWhenDown = 0;
  #listeners: { [Name in keyof PlatformEvents]: Set<Listener<Name>> } = {
    record: new Set(),
    batch: new Set(),
    refused: new Set(),
    message: new Set(),
  };
  readonly #watch = new Watch<Platform>(this);
  #listenerFault: { error: unknown } | null = null;

  constructor(options: PlatformOptions) {
    const {
      behind,
      clock = systemClock,
      seed = 1,
      moods,
      maxQueue = 200,
      maxBodyBytes = 1024 * 1024,
    } = options;
    this.#clock = clock;
    this.#chance = seeded("platform", seed);
    this.#moods = { ...calm, ...moods };
    this.#receiver = new Receiver(options.limits);
    this.#maxQueue = maxQueue;
    this.#maxBodyBytes = maxBodyBytes;
    const take = (message: Message) => this.#take(message);
    this.#door =
      behind === undefined ? serverDoor(options, take) : brokerDoor(behind, clock, intakeFilters, take);
    const send = (outgoing: Outgoing, anySize: boolean) => this.#door.send(outgoing, anySize);
    this.#postman = new Postman(send, clock, this.#chance, this.#stop.signal);
  }

  /** Where gateways connect. */
  get url(): string {
    return this.#door.url;
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
      turnedAway: this.#turnedAway,
      droppedWhenDown: this.#droppedWhenDown,
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

  /** Goes down: cuts every connection, refuses new ones, loses what it had acknowledged and not yet judged. */
  async down(): Promise<void> {
    this.#droppedWhenDown += this.#queue.length;
    this.#queue = [];
    await this.#door.shut();
  }

  /** Comes back, at the same address. */
  async up(): Promise<void> {
    await this.#door.open();
  }

  /** Cuts connections without a word; gateways may come back at once. */
  cut(): void {
    this.#door.cut();
  }

  /** Forgets [first, last] of one epoch, as a lost disk does. */
  forget(school: string, gateway: string, epoch: string, range: SeqRange): void {
    this.#receiver.forget(school, gateway, epoch, range);
  }

  snapshot(): Backup {
    return this.#receiver.snapshot();
  }

  /** Goes back to a backup; counters go on. */
  restore(backup: Backup): void {
    this.#receiver.restore(backup);
    this.#watch.changed();
  }

  /** Publishes anything to gateways, e.g. a command. false when nobody could be reached. */
  publish(outgoing: Outgoing): boolean {
    return this.#door.send(outgoing, false);
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
    this.#queue = [];
    await this.#door.shut();
    this.#watch.end(new Error("the platform has stopped"));
    if (this.#listenerFault !== null) throw this.#listenerFault.error;
  }

  /** Judges the oldest batch that waits. false when none did. */
  async step(): Promise<boolean> {
    if (this.#queue.length === 0) return false;
    if (this.#moods.slowMs > 0) await this.#clock.sleep(this.#moods.slowMs, this.#stop.signal);
    const next = this.#queue.shift();
    if (next !== undefined) this.#judge(next.message, next.address);
    return next !== undefined;
  }

  #take(message: Message): number | null {
    const address = addressOf(message.topic);
    if (address === null) {
      const { topic, payload, retain } = message;
      this.#emit("message", { topic, payload, retain });
      this.#watch.changed();
      return 0;
    }
    const { puback } = this.#moods;
    const refusal = puback !== null && this.#chance() < puback.share ? puback.reason : 0;
    if (refusal !== 0 || this.#queue.length >= this.#maxQueue) {
      this.#turnedAway += 1;
      queueMicrotask(() => this.#watch.changed());
      return refusal === 0 ? 0x97 : refusal;
    }
    this.#queue.push({ message, address });
    void this.#work();
    return 0;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      // The PUBACK leaves first: judging is never part of taking.
      do await new Promise(setImmediate);
      while (await this.step());
    } catch {
      // Only the end of the platform interrupts a step.
    } finally {
      this.#working = false;
    }
  }

  #judge(message: Message, address: Address): void {
    const { encoding, id, responseTopic, correlationData } = declaredOf(message, address);
    const unpacked = unpack(message.payload, this.#maxBodyBytes, encoding);
    const fault =
      "fault" in unpacked ? unpacked.fault : id !== undefined && id !== unpacked.id ? ("id" as const) : null;
    const outcome =
      "fault" in unpacked || fault !== null
        ? this.#receiver.refuse(fault ?? "encoding")
        : this.#receiver.accept({ ...unpacked, ...address, at: this.#clock.wallMs() }, (record) =>
            this.#verdict(record),
          );
    if (outcome.kind === "refused") this.#emit("refused", { fault: outcome.fault });
    else {
      const batch = outcome.kind === "answer" ? outcome.batch : undefined;
      const { receipt } = outcome;
      if (outcome.kind === "answer") {
        for (const record of outcome.fresh) this.#emit("record", record);
        this.#emit("batch", { batch: outcome.batch, receipt });
        if (this.#chance() < this.#moods.forget) this.#forgetBatch(outcome.batch, receipt.batch);
      }
      const topic = responseTopic ?? receiptTopic(address);
      this.#postman.post({ topic, correlationData, receipt, batch }, this.#moods);
    }
    this.#watch.changed();
  }

  #verdict(record: SchoolRecord): string | null {
    const { reject, rejectWhere } = this.#moods;
    const code = rejectWhere?.(record) ?? null;
    if (code !== null || reject === null) return code;
    return this.#chance() < reject.share ? reject.code : null;
  }

  #forgetBatch({ school, gateway, epoch, first, last, rows }: BatchBody, id: string): void {
    const ranges: SeqRange[] =
      first === undefined || last === undefined ? rows.map(([seq]) => [seq, seq]) : [[first, last]];
    for (const range of ranges) this.#receiver.forget(school, gateway, epoch, range, id);
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
