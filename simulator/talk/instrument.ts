/**
 * A device that obeys orders in the frames of its maker: its dialect, its pace, and what is wrong with it.
 *
 * Holds: a frame that is not whole, or for somebody else, is neither obeyed nor answered; what is wrong acts on orders
 * for this device alone; an answer is that of the moment in which the order was heard; on one connection answers come in the
 * order of what was asked, but for those that take their time.
 */
import { flip, randomBytes as random } from "../garble.ts";
import type { Utterance } from "../links/utterance.ts";
import { type Chance, seeded } from "../seeded.ts";
import { type TalkActing, type TalkFaultKind, TalkFaults } from "./faults.ts";
import type { Reader } from "./reader.ts";

export type Way = "serial" | "tcp";

/** How an order is to be taken. */
export interface Manner {
  /** false: says that it is done, and does not do it. */
  obeys: boolean;
  /** Says no, and does not do it. */
  refuses: boolean;
  /** Answers as the set with this id. */
  as?: number;
}

export interface Said {
  bytes: Uint8Array;
  /** What it takes besides the usual, ms. */
  afterMs?: number;
  /** Closes the connection behind it. */
  hangUp?: boolean;
}

/** What a device understands, and what it answers. */
export interface Dialect<Order> {
  /** Faults that it can have beside the common ones. */
  readonly faults: readonly TalkFaultKind[];
  /** @param password one that somebody has set meanwhile */
  reader(way: Way, password?: string): Reader<Order>;
  /** false: the order is for another set. */
  concerns(order: Order): boolean;
  /** Does it and gives what it says; null: nothing, as when all sets are told at once. */
  serve(order: Order, manner: Manner): Said | null;
  /** The same frame with a wrong checksum. */
  spoilt?(frame: Uint8Array): Uint8Array;
}

export interface InstrumentOptions {
  seed?: string | number;
  /** From the order's last byte to the answer's first; default 30 ms. */
  turnaroundMs?: number;
  /** Up to so much more, by chance; default 0. */
  jitterMs?: number;
  /** It has mains; default always. */
  powered?: () => boolean;
}

/** A conversation with a device. */
export interface Conversation {
  greeting: Uint8Array | null;
  hear(byte: number, nowMs: number): Utterance[];
}

/** What a line or a socket needs of a device. */
export interface Talks {
  readonly faults: TalkFaults;
  /** Somebody comes, or plugs the cable in. */
  converse(way: Way): Conversation;
}

export class Instrument<Order> implements Talks {
  readonly faults: TalkFaults;
  /** Orders for this device so far. */
  readonly orders: Order[] = [];
  readonly #dialect: Dialect<Order>;
  readonly #options: InstrumentOptions;
  readonly #chance: Chance;
  #previous: Uint8Array = new Uint8Array();

  constructor(dialect: Dialect<Order>, options: InstrumentOptions = {}) {
    const { seed = 1 } = options;
    this.#dialect = dialect;
    this.#options = options;
    this.faults = new TalkFaults(dialect.faults, seed);
    this.#chance = seeded("instrument", seed);
  }

  converse(way: Way): Conversation {
    const reader = this.#dialect.reader(way, this.faults.lasting("password")?.now);
    const greets = this.#awake() && reader.greeting !== undefined;
    let readyMs = Number.NEGATIVE_INFINITY;
    /** ms from now; not before what was asked before. */
    const turn = (nowMs: number): number => {
      const { turnaroundMs = 30, jitterMs = 0 } = this.#options;
      readyMs = Math.max(readyMs, nowMs + turnaroundMs + jitterMs * this.#chance());
      return readyMs - nowMs;
    };
    return {
      greeting: greets ? (reader.greeting ?? null) : null,
      hear: (byte, nowMs) =>
        reader.take(byte, nowMs).flatMap((order) => this.#obey(order, () => turn(nowMs))),
    };
  }

  #awake(): boolean {
    return (this.#options.powered?.() ?? true) && this.faults.lasting("silent") === undefined;
  }

  #obey(order: Order, turn: () => number): Utterance[] {
    if (!(this.#options.powered?.() ?? true) || !this.#dialect.concerns(order)) return [];
    const acting = this.faults.draw();
    if (acting.get("silent") !== undefined) return [];
    this.orders.push(order);
    this.orders.splice(0, this.orders.length - mostOrders);
    const afterMs = turn() + (acting.get("late")?.byMs ?? 0);
    if (acting.get("hang-up") !== undefined)
      return [{ afterMs, bytes: new Uint8Array(), gapMs: 0, hangUp: true }];
    const as = acting.get("wrong-id")?.id;
    const said = this.#dialect.serve(order, {
      obeys: acting.get("disobedient") === undefined,
      refuses: acting.get("nak") !== undefined,
      ...(as === undefined ? {} : { as }),
    });
    if (said === null || acting.get("mute") !== undefined) return [];
    const bytes = this.#mangled(said.bytes, acting);
    this.#previous = said.bytes;
    const end = said.hangUp === true ? [{ afterMs, bytes: new Uint8Array(), gapMs: 0, hangUp: true }] : [];
    return [{ afterMs: afterMs + (said.afterMs ?? 0), bytes, gapMs: 0 }, ...end];
  }

  #mangled(good: Uint8Array, acting: TalkActing): Uint8Array {
    const { chance } = acting;
    let out = Uint8Array.from(good);
    if (acting.get("bad-checksum") !== undefined) out = Uint8Array.from(this.#dialect.spoilt?.(out) ?? out);
    const corrupt = acting.get("corrupt");
    if (corrupt !== undefined) flip(out, corrupt.flips, chance);
    if (acting.get("glued") !== undefined) out = Uint8Array.of(...this.#previous, ...out);
    const noise = acting.get("noise");
    if (noise !== undefined)
      out = Uint8Array.of(...random(noise.before ?? 0, chance), ...out, ...random(noise.after ?? 0, chance));
    const short = acting.get("short");
    return short === undefined ? out : out.slice(0, short.bytes);
  }
}

/** Orders that are remembered. */
const mostOrders = 1000;
