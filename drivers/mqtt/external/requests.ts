/**
 * What was asked of a broker and is not answered yet: SUBSCRIBE and UNSUBSCRIBE, by packet id.
 *
 * Holds: an answer is for one that is open, and has one code for each filter; whatever is still open at the end of the
 * connection is told so; no packet is larger than the broker takes (MQTT-3.2.2-15): what alone would be is not sent, and
 * answered as refused.
 */
import type { Fault } from "../../contract/index.ts";
import { MqttError } from "../faults.ts";
import type { Packet, Version } from "../packets.ts";

/** Filters of one packet: brokers bound its size. */
const maxFilters = 50;

/** Type and length, packet id, no properties. */
const headBytes = 5 + 2 + 1;
/** "Packet too large" (MQTT 5, table 2-6). */
const tooLarge = 0x95;

/** What a SUBACK says of one filter: its QoS, or from 128 on why not. */
export interface Granted {
  filter: string;
  code: number;
}

interface Open {
  cmd: "suback" | "unsuback";
  filters: readonly string[];
  since: number;
  resolve(granted: readonly Granted[]): void;
  reject(error: MqttError): void;
}

export class Requests {
  /** Largest packet that the broker takes. */
  maxBytes = Number.POSITIVE_INFINITY;
  readonly #open = new Map<number, Open>();
  readonly #send: (packet: Packet) => void;
  readonly #now: () => number;
  #lastId = 0;

  constructor(send: (packet: Packet) => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  /** Resolves when all are answered. Rejects with an `MqttError` when the connection ends before. */
  subscribe(filters: Iterable<string>, version: Version): Promise<Granted[]> {
    // Messages that the broker had kept come each time, and are marked as such: they say who is there.
    const options = version === 5 ? ({ qos: 1, rap: false, rh: 0 } as const) : ({ qos: 1 } as const);
    return this.#all(filters, "suback", (messageId, some) => ({
      cmd: "subscribe",
      messageId,
      subscriptions: some.map((topic) => ({ topic, ...options })),
    }));
  }

  async unsubscribe(filters: Iterable<string>): Promise<void> {
    await this.#all(filters, "unsuback", (messageId, unsubscriptions) => ({
      cmd: "unsubscribe",
      messageId,
      unsubscriptions,
    }));
  }

  async #all(
    filters: Iterable<string>,
    cmd: Open["cmd"],
    packetOf: (messageId: number, some: string[]) => Packet,
  ): Promise<Granted[]> {
    const answers: Promise<readonly Granted[]>[] = [];
    const { packets, unfit } = packed(filters, this.maxBytes);
    for (const some of packets) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Granted[]>();
      const id = this.#freeId();
      this.#open.set(id, { cmd, filters: some, since: this.#now(), resolve, reject });
      answers.push(promise);
      this.#send(packetOf(id, some));
    }
    const granted = (await Promise.all(answers)).flat();
    return [...granted, ...unfit.map((filter) => ({ filter, code: tooLarge }))];
  }

  /** False: nothing of this sort was asked. */
  answered(cmd: Open["cmd"], id: number, codes: readonly unknown[] | undefined): boolean {
    const open = this.#open.get(id);
    if (open?.cmd !== cmd) return false;
    // An UNSUBACK of MQTT 3.1.1 has no codes.
    if (cmd === "suback" && codes?.length !== open.filters.length) return false;
    this.#open.delete(id);
    open.resolve(open.filters.map((filter, at) => ({ filter, code: Number(codes?.[at] ?? 0) })));
    return true;
  }

  /** Since when the oldest waits for its answer; null: none does. */
  get since(): number | null {
    const [first] = this.#open.values();
    return first?.since ?? null;
  }

  /** Our own pauses do not count. */
  excuse(): void {
    for (const open of this.#open.values()) open.since = this.#now();
  }

  lost(fault: Fault): void {
    for (const { reject } of this.#open.values()) reject(new MqttError(fault));
    this.#open.clear();
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % 65_535) + 1;
    while (this.#open.has(this.#lastId));
    return this.#lastId;
  }
}

/** Filters by packet, in their order, and those that fit into none. */
function packed(filters: Iterable<string>, maxBytes: number): { packets: string[][]; unfit: string[] } {
  const packets: string[][] = [];
  const unfit: string[] = [];
  let bytes = 0;
  for (const filter of filters) {
    // Its length, and how it is subscribed to.
    const own = 2 + Buffer.byteLength(filter) + 1;
    if (headBytes + own > maxBytes) {
      unfit.push(filter);
      continue;
    }
    const last = packets.at(-1);
    if (last === undefined || last.length === maxFilters || bytes + own > maxBytes) {
      packets.push([filter]);
      bytes = headBytes + own;
    } else {
      last.push(filter);
      bytes += own;
    }
  }
  return { packets, unfit };
}
