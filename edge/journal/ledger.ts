/**
 * One uplink's account of every epoch (R7–R10): what is next, what is in flight, what became of each seq.
 * Pure: no clock, no disk. The journal asks it what to read, tells it what was sent and what came back,
 * and writes down what it calls `changes`.
 *
 * Holds, per epoch: next - 1 = delivered + withheld + quarantined + lost; next ≤ sent ≤ head + 1; no row in flight
 * has a seq ≥ next + window.
 * Never happens: `next` moves over a seq whose claim is not settled; a receipt settles what is not in flight.
 */
import type { GapReason, Lane } from "../../config/schema/batch.ts";
import type { SeqRange } from "../../config/schema/vocabulary.ts";
import type { Receipt, Slice } from "../../gateway/contract/index.ts";
import type { Account } from "./contract.ts";
import { type CursorRow, line } from "./wire.ts";

/** No seq ≥ next + 4,000 is ever sent outside early batches (R7): only seqs below may be at the platform unconfirmed. */
export const sendWindow = 4000;

/** A claim of at most so many seqs at once (a platform refuses more than a million). */
export const maxClaim = 1_000_000;

export type Gap = [first: number, last: number, why: GapReason];

/** What the ledger needs to know of an epoch; the journal keeps it current. */
export interface EpochState {
  e: number;
  id: string;
  /** Highest committed seq. */
  head: number;
}

/** One piece handed out and not answered. */
interface Flight {
  slice: string;
  lane: Lane;
  epoch: EpochState;
  range: SeqRange | null;
  /** Seqs of its rows. */
  seqs: Set<number>;
  gaps: Gap[];
  /** Our `next` when it was handed out: a receipt below it means that the platform went back. */
  cursor: number;
  answer: Receipt | null;
}

interface Cursor {
  epoch: EpochState;
  next: number;
  sent: number;
  delivered: number;
  withheld: number;
  lost: number;
  quarantined: number;
  beforeTo: number;
  carriedTo: number;
  /** `next` as it is in the commit that is under way, and as it is on disk. */
  written: number;
  durable: number;
  /** Claims in flight, ascending, contiguous from `next` to `sent` - 1. */
  claims: Flight[];
  /** Set while the disk undoes settled seqs; nothing is read or settled meanwhile. */
  rewinding: boolean;
  /** From here on rows are about to make room: they are not handed out meanwhile. */
  fence: number;
}

export type Outcome =
  | { kind: "settled" }
  /** Unknown, repeated, or its counts do not add up: changes nothing. */
  | { kind: "stray" }
  /** The platform misses what we settled: undo from `to` on. */
  | { kind: "rewind"; e: number; to: number };

export interface Position {
  e: number;
  next: number;
  /** First seq that was not handed out by this process. */
  sent: number;
  /** Seqs up to here may be at the platform unconfirmed: carried by hand, or sent before it went back. */
  carriedTo: number;
  /** Seqs up to here were before this uplink. */
  beforeTo: number;
  settling: boolean;
}

const positionOf = ({ epoch, next, sent, carriedTo, beforeTo, rewinding }: Cursor): Position => ({
  e: epoch.e,
  next,
  sent,
  carriedTo,
  beforeTo,
  settling: rewinding,
});

export class Ledger {
  readonly uplink: string;
  /** By the number of the epoch, in their order. */
  #cursors = new Map<number, Cursor>();
  #last = Number.NEGATIVE_INFINITY;
  readonly #flights = new Map<string, Flight>();
  /** Rows marked for another try on disk. */
  retrying = 0;
  readonly #window: number;
  #changes: string[] = [];
  #missing: { why: "corrupt" | "gone"; count: number }[] = [];
  readonly #dirty = new Set<Cursor>();

  /** @param window seqs beyond `next` that may be in flight */
  constructor(uplink: string, window = sendWindow) {
    this.uplink = uplink;
    this.#window = window;
  }

  /** Takes an epoch into the account; `row` is what is on disk, null for one never seen by this uplink. */
  track(epoch: EpochState, row: CursorRow | null, beforeTo: number): void {
    const cursor: Cursor = {
      epoch,
      next: row?.next ?? 1,
      sent: row?.next ?? 1,
      delivered: row?.delivered ?? 0,
      withheld: row?.withheld ?? 0,
      lost: row?.lost ?? 0,
      quarantined: row?.quarantined ?? 0,
      beforeTo: row?.beforeTo ?? beforeTo,
      carriedTo: row?.carriedTo ?? 0,
      written: row?.next ?? 1,
      durable: row?.next ?? 1,
      claims: [],
      rewinding: false,
      fence: Number.POSITIVE_INFINITY,
    };
    this.#cursors.set(epoch.e, cursor);
    // Only what comes out of a damaged file is not the newest.
    if (epoch.e < this.#last) this.#cursors = new Map([...this.#cursors].sort(([a], [b]) => a - b));
    this.#last = Math.max(this.#last, epoch.e);
    if (row === null) this.#dirty.add(cursor);
  }

  /** Epochs are gone from disk: settled by all and held no longer. */
  fold(gone: ReadonlySet<number>): void {
    for (const e of gone) this.#cursors.delete(e);
    for (const flight of this.#flights.values())
      if (gone.has(flight.epoch.e)) this.#flights.delete(flight.slice);
  }

  /**
   * Where the next claim of an epoch may start and end; null when nothing may be sent. Without any row in it a claim may
   * reach to `bareTo`: the window bounds what may be at the platform unconfirmed.
   */
  unsent(e: number): { from: number; to: number; bareTo: number; beforeTo: number } | null {
    const cursor = this.#cursors.get(e);
    if (cursor === undefined || cursor.rewinding) return null;
    const { sent: from, beforeTo, durable, fence } = cursor;
    const head = Math.min(cursor.epoch.head, fence - 1);
    if (from > head) return null;
    if (from <= beforeTo) return { from, to: beforeTo, bareTo: beforeTo, beforeTo };
    // After a crash `next` is what the disk says: what was sent must lie in the window of that.
    const to = Math.min(head, durable + this.#window - 1);
    return to < from ? null : { from, to, bareTo: Math.min(head, from + maxClaim - 1), beforeTo };
  }

  /** Hands out nothing of an epoch from `first` on until it is lifted. */
  fence(e: number, first: number): void {
    const cursor = this.#cursors.get(e);
    if (cursor !== undefined) cursor.fence = first;
  }

  liftFence(e: number): void {
    this.fence(e, Number.POSITIVE_INFINITY);
  }

  /** Oldest epoch before `newest` with something unsent. */
  oldestUnsent(newest: number): number | null {
    for (const e of this.#cursors.keys()) if (e < newest && this.unsent(e) !== null) return e;
    return null;
  }

  /** Puts a claim of [range] in flight. Its range starts at the epoch's `sent`. */
  claim(slice: string, lane: Lane, e: number, range: SeqRange, seqs: number[], gaps: Gap[]): void {
    const cursor = this.#cursor(e);
    const flight = this.#flight(slice, lane, cursor, range, seqs, gaps);
    if (range[1] >= range[0]) {
      cursor.claims.push(flight);
      cursor.sent = range[1] + 1;
    }
  }

  /** Puts rows without a claim in flight (early, retry). */
  carry(slice: string, lane: Lane, e: number, seqs: number[]): void {
    this.#flight(slice, lane, this.#cursor(e), null, seqs, []);
  }

  /** Is a slice of this lane in flight? */
  flying(lane: Lane): boolean {
    for (const flight of this.#flights.values())
      if (flight.lane === lane && flight.seqs.size > 0) return true;
    return false;
  }

  /** Applies a receipt by R9. */
  settle(slice: string, receipt: Receipt, mayRewind: (e: number) => boolean): Outcome {
    const flight = this.#flights.get(slice);
    if (flight === undefined || flight.answer !== null) return { kind: "stray" };
    const cursor = this.#cursor(flight.epoch.e);
    if (cursor.rewinding || !this.#adds(flight, receipt)) return { kind: "stray" };
    if (
      receipt.next !== null &&
      receipt.next < flight.cursor &&
      receipt.next >= 1 &&
      mayRewind(cursor.epoch.e)
    ) {
      // What is on its way may arrive after it, whatever becomes of its rows here.
      if (cursor.sent - 1 > cursor.carriedTo) this.#dirty.add(cursor);
      cursor.carriedTo = Math.max(cursor.carriedTo, cursor.sent - 1);
      this.#ground(cursor);
      cursor.rewinding = true;
      return { kind: "rewind", e: cursor.epoch.e, to: receipt.next };
    }
    flight.answer = receipt;
    if (flight.range === null || flight.range[1] < flight.range[0]) {
      this.#flights.delete(slice);
      if (flight.lane === "retry") this.#settleRetry(flight, cursor, receipt);
      return { kind: "settled" };
    }
    this.#advance(cursor);
    return { kind: "settled" };
  }

  /** The disk has undone what was settled from `row.next` on. */
  rewound(row: CursorRow): void {
    const cursor = this.#cursor(row.e);
    Object.assign(cursor, {
      next: row.next,
      sent: row.next,
      delivered: row.delivered,
      withheld: row.withheld,
      lost: row.lost,
      quarantined: row.quarantined,
      written: row.next,
      durable: row.next,
      rewinding: false,
    });
    this.#dirty.delete(cursor);
  }

  /** Forgets what is in flight in a lane; reading starts at `next` again. */
  release(lane: Lane): void {
    for (const cursor of this.#cursors.values()) {
      if (cursor.claims.some((flight) => flight.lane === lane)) {
        for (const flight of cursor.claims) this.#flights.delete(flight.slice);
        cursor.claims = [];
        cursor.sent = cursor.next;
      }
    }
    for (const flight of this.#flights.values()) if (flight.lane === lane) this.#flights.delete(flight.slice);
  }

  /** Commit lines for everything that changed since the last call. */
  changes(): string[] {
    const lines = this.#changes;
    this.#changes = [];
    for (const cursor of this.#dirty) {
      const { next, delivered, withheld, lost, beforeTo, carriedTo, epoch } = cursor;
      cursor.written = next;
      const row = { uplink: this.uplink, e: epoch.e, next, delivered, withheld, lost, beforeTo, carriedTo };
      lines.push(line.cursor(row));
    }
    this.#dirty.clear();
    return lines;
  }

  /** What `changes` gave last is on disk. */
  onDisk(): void {
    for (const cursor of this.#cursors.values()) cursor.durable = cursor.written;
  }

  get changed(): boolean {
    return this.#dirty.size > 0 || this.#changes.length > 0;
  }

  /** The five fates, per epoch, oldest first. */
  accounts(): Account[] {
    return [...this.#cursors.values()].map((cursor) => ({
      uplink: this.uplink,
      epoch: cursor.epoch.id,
      head: cursor.epoch.head,
      delivered: cursor.delivered,
      withheld: cursor.withheld,
      quarantined: cursor.quarantined,
      lost: cursor.lost,
      waiting: cursor.epoch.head - cursor.next + 1,
    }));
  }

  /** Epochs in the account with their `next`, oldest first; `settling`: where the disk is being changed just now. */
  positions(): Position[] {
    return [...this.#cursors.values()].map(positionOf);
  }

  /** Of one epoch; undefined when it is not in the account. */
  position(e: number): Position | undefined {
    const cursor = this.#cursors.get(e);
    return cursor === undefined ? undefined : positionOf(cursor);
  }

  /** Seqs up to `last` of an epoch are given to be carried by hand. */
  handOver(e: number, last: number): void {
    const cursor = this.#cursor(e);
    if (cursor.carriedTo >= last) return;
    cursor.carriedTo = last;
    this.#dirty.add(cursor);
  }

  /**
   * What was carried is at the platform up to `last`; `slice` says what each seq from `next` to `last` is. What is in
   * flight of that epoch settles nothing any more. false: it does not fit what is next.
   */
  bring(
    e: number,
    { rows, gaps }: Pick<Slice, "rows" | "gaps">,
    last: number,
    rejected: Receipt["rejected"],
  ): boolean {
    const cursor = this.#cursor(e);
    if (cursor.rewinding || last < cursor.next || last > cursor.epoch.head) return false;
    this.#ground(cursor);
    const seqs = rows.map(({ seq }) => seq);
    const flight = this.#flight("", "backlog", cursor, [cursor.next, last], seqs, gaps);
    flight.answer = { batch: "", taken: rows.length - rejected.length, rejected, next: null, at: null };
    cursor.claims.push(flight);
    this.#advance(cursor);
    cursor.sent = cursor.next;
    return true;
  }

  /** What was claimed without a row that should be there, and settled since the last call. */
  takeMissing(): { why: "corrupt" | "gone"; count: number }[] {
    return this.#missing.splice(0);
  }

  #flight(
    slice: string,
    lane: Lane,
    cursor: Cursor,
    range: SeqRange | null,
    seqs: number[],
    gaps: Gap[],
  ): Flight {
    const flight: Flight = {
      slice,
      lane,
      epoch: cursor.epoch,
      range,
      seqs: new Set(seqs),
      gaps,
      cursor: cursor.next,
      answer: null,
    };
    this.#flights.set(slice, flight);
    return flight;
  }

  /** taken + rejected = rows, each reject names another row of the batch (R9). */
  #adds(flight: Flight, receipt: Receipt): boolean {
    // Who has judged every seq of a claim cannot miss one of them.
    if (
      flight.range !== null &&
      receipt.next !== null &&
      receipt.next >= flight.range[0] &&
      receipt.next <= flight.range[1]
    ) {
      return false;
    }
    const rejected = new Set(receipt.rejected.map((reject) => reject.seq));
    return (
      rejected.size === receipt.rejected.length &&
      receipt.taken + rejected.size === flight.seqs.size &&
      [...rejected].every((seq) => flight.seqs.has(seq))
    );
  }

  /** Moves `next` over the contiguous settled prefix. */
  #advance(cursor: Cursor): void {
    for (let flight = cursor.claims[0]; flight?.answer; flight = cursor.claims[0]) {
      cursor.claims.shift();
      this.#flights.delete(flight.slice);
      const [first, last] = flight.range as SeqRange;
      for (const [from, to, why] of flight.gaps) {
        if (why === "policy" || why === "before") cursor.withheld += to - from + 1;
        else cursor.lost += to - from + 1;
        if (why === "corrupt" || why === "gone") this.#missing.push({ why, count: to - from + 1 });
      }
      if (flight.gaps.length > 0)
        this.#changes.push(line.claim(this.uplink, cursor.epoch.e, first, last, flight.gaps));
      for (const { seq, code } of flight.answer.rejected) {
        this.#changes.push(line.refused(this.uplink, cursor.epoch.e, seq, code));
      }
      cursor.quarantined += flight.answer.rejected.length;
      cursor.delivered += flight.answer.taken;
      cursor.next = last + 1;
      this.#dirty.add(cursor);
    }
  }

  #settleRetry(flight: Flight, cursor: Cursor, receipt: Receipt): void {
    const rejected = new Map(receipt.rejected.map((reject) => [reject.seq, reject.code]));
    for (const seq of flight.seqs) {
      const code = rejected.get(seq);
      if (code === undefined) this.#changes.push(line.accepted(this.uplink, cursor.epoch.e, seq));
      else this.#changes.push(line.refused(this.uplink, cursor.epoch.e, seq, code));
    }
    this.retrying = Math.max(0, this.retrying - flight.seqs.size);
    cursor.quarantined -= receipt.taken;
    cursor.delivered += receipt.taken;
    this.#dirty.add(cursor);
  }

  /** Quarantined rows that cannot be read any more are lost. */
  giveUp(e: number, seqs: readonly number[]): void {
    const cursor = this.#cursor(e);
    for (const seq of seqs) this.#changes.push(line.accepted(this.uplink, e, seq));
    cursor.quarantined -= seqs.length;
    cursor.lost += seqs.length;
    this.retrying = Math.max(0, this.retrying - seqs.length);
    this.#missing.push({ why: "corrupt", count: seqs.length });
    this.#dirty.add(cursor);
  }

  /** Drops every flight of an epoch: their receipts will find nothing. */
  #ground(cursor: Cursor): void {
    for (const flight of this.#flights.values()) {
      if (flight.epoch === cursor.epoch) this.#flights.delete(flight.slice);
    }
    cursor.claims = [];
    cursor.sent = cursor.next;
  }

  #cursor(e: number): Cursor {
    const cursor = this.#cursors.get(e);
    if (cursor === undefined) throw new Error(`epoch ${e} is not in the account of ${this.uplink}`);
    return cursor;
  }
}
