/**
 * Makes slices: what of an epoch an uplink gets next, with the reasons for what it does not get (R7, R8).
 *
 * Holds: every seq of a slice's range is a row or lies in a gap; only committed rows are handed out;
 * what a filter withholds is claimed as `policy`, never skipped; of whose series nothing is known, as `corrupt`.
 */
import type { GapReason, Lane } from "../../config/schema/batch.ts";
import type { SeqRange, Series } from "../../config/schema/vocabulary.ts";
import type { Slice } from "../../gateway/contract/index.ts";
import type { RowCache } from "./cache.ts";
import type { UplinkFilter } from "./contract.ts";
import { Early, type EarlyParts } from "./early.ts";
import type { OpenEpoch } from "./epoch.ts";
import type { Alarm } from "./group.ts";
import { type Gap, type Ledger, maxClaim } from "./ledger.ts";
import { isOwn } from "./own-records.ts";
import type { Asks, ReadReply, Replies, StoredRow } from "./wire.ts";

export interface ReaderParts {
  cache: RowCache;
  /** Oldest first; the last is the newest. */
  epochs(): readonly OpenEpoch[];
  series(s: number): Series | undefined;
  filters: ReadonlyMap<string, UplinkFilter>;
  /** Monotonic ms. */
  now(): number;
  /** A name that no other slice of this process has. */
  sliceId(epoch: string): string;
  stored(ask: Asks["read"]): Promise<ReadReply>;
  refused(uplink: string, rows: number): Promise<Replies["refused"]>;
  alarms: EarlyParts["stored"];
  /** Quarantined rows that cannot be read are lost; false: the file was read again meanwhile. */
  giveUp(ledger: Ledger, e: number, seqs: readonly number[]): boolean;
}

/** A stretch of withheld seqs alone is claimed when it is so long, or the last claim so old. */
const quietSeqs = 2000;
const quietMs = 60_000;

export class Reader {
  readonly #parts: ReaderParts;
  readonly #early: Early;
  readonly #accepted = new Map<string, Map<number, boolean>>();
  readonly #lastClaim = new Map<string, number>();

  #retired = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#early = new Early({ stored: parts.alarms, accepts: (uplink, s) => this.accepts(uplink, s) });
  }

  /** Another one reads from now on: what is under way here claims nothing by filters that no longer hold. */
  retire(): void {
    this.#retired = true;
  }

  /** A committed alarm: offered early to every uplink that takes it. */
  alarm(alarm: Alarm): void {
    for (const uplink of this.#parts.filters.keys()) this.#early.committed(uplink, alarm);
  }

  async read(ledger: Ledger, lane: Lane, max: { rows: number; bytes: number }): Promise<Slice | null> {
    if (lane === "early") return this.#readEarly(ledger, max);
    if (lane === "retry") return this.#readRetry(ledger, max);
    const newest = this.#parts.epochs().at(-1);
    if (newest === undefined) return null;
    const e = lane === "live" ? newest.e : ledger.oldestUnsent(newest.e);
    const epoch = e === null ? undefined : this.#epoch(e);
    const span = epoch === undefined ? null : ledger.unsent(epoch.e);
    if (epoch === undefined || span === null) return null;
    if (span.from <= span.beforeTo) {
      const to = Math.min(span.to, span.from + maxClaim - 1);
      return this.#claim(ledger, lane, epoch, [span.from, to], [], [[span.from, to, "before"]]);
    }
    const found = await this.#find({ e: epoch.e, ...span, ...max });
    // While the disk was asked, a receipt or a release may have moved the cursor.
    if (this.#retired || ledger.unsent(epoch.e)?.from !== span.from) return null;
    const { rows, gaps } = this.#judge(ledger.uplink, epoch, span.from, found);
    const seqs = found.upTo - span.from + 1;
    // Only at the head: behind a stretch of withheld seqs real rows may wait.
    const atHead = found.upTo >= epoch.head;
    if (lane === "live" && rows.length === 0 && atHead && this.#quiet(ledger, epoch, seqs)) return null;
    return this.#claim(ledger, lane, epoch, [span.from, found.upTo], rows, gaps);
  }

  /**
   * What an uplink would get of [from, to] of an epoch, without putting anything in flight: for carrying by hand, and
   * for knowing afterwards what was carried. Ends earlier when it is more than `max`.
   */
  async look(
    ledger: Ledger,
    epoch: OpenEpoch,
    [from, to]: SeqRange,
    max: { rows: number; bytes: number },
  ): Promise<Slice & { range: SeqRange }> {
    const before = Math.min(to, ledger.position(epoch.e)?.beforeTo ?? 0);
    if (from <= before)
      return {
        ...this.#slice("backlog", epoch, [], [[from, before, "before"]]),
        range: [from, before],
      };
    const found = await this.#parts.stored({ e: epoch.e, from, to, bareTo: to, ...max });
    const { rows, gaps } = this.#judge(ledger.uplink, epoch, from, found);
    return { ...this.#slice("backlog", epoch, rows, gaps), range: [from, found.upTo] };
  }

  /** Which rows of what was found an uplink gets, and why not the others. */
  #judge(
    uplink: string,
    epoch: OpenEpoch,
    first: number,
    found: ReadReply,
  ): { rows: StoredRow[]; gaps: Gap[] } {
    const rows: StoredRow[] = [];
    const gaps: Gap[] = [];
    let from = first;
    for (const row of found.rows) {
      addMissing(gaps, from, row.seq - 1, found, epoch);
      if (this.#parts.series(row.s) === undefined) addGap(gaps, row.seq, row.seq, "corrupt");
      else if (this.accepts(uplink, row.s)) rows.push(row);
      else addGap(gaps, row.seq, row.seq, "policy");
      from = row.seq + 1;
    }
    addMissing(gaps, from, found.upTo, found, epoch);
    return { rows, gaps };
  }

  /** Claims without rows, one an epoch: they ask for `next` and the platform's clock. */
  claims(ledger: Ledger): Slice[] {
    const newest = this.#parts.epochs().at(-1)?.e;
    const slices: Slice[] = [];
    for (const { e, next } of ledger.positions()) {
      const epoch = this.#epoch(e);
      if (epoch === undefined) continue;
      slices.push(this.#claim(ledger, e === newest ? "live" : "backlog", epoch, [next, next - 1], [], []));
    }
    return slices;
  }

  async #readEarly(ledger: Ledger, max: { rows: number }): Promise<Slice | null> {
    const { e, rows } = await this.#early.take(ledger, max.rows);
    const epoch = this.#epoch(e);
    if (this.#retired || rows.length === 0 || epoch === undefined) return null;
    return this.#carry(ledger, "early", epoch, rows);
  }

  async #readRetry(ledger: Ledger, max: { rows: number; bytes: number }): Promise<Slice | null> {
    if (ledger.retrying === 0 || ledger.flying("retry")) return null;
    const { e, rows, unreadable } = await this.#parts.refused(ledger.uplink, max.rows);
    const epoch = this.#epoch(e);
    if (rows.length + unreadable.length === 0 || epoch === undefined) {
      ledger.retrying = 0;
      return null;
    }
    if (unreadable.length > 0 && this.#parts.giveUp(ledger, e, unreadable) && rows.length === 0) return null;
    return ledger.flying("retry") ? null : this.#carry(ledger, "retry", epoch, rows);
  }

  async #find(ask: Asks["read"]): Promise<ReadReply> {
    const { e, from, to, rows, bytes } = ask;
    const cached = this.#parts.cache.read(e, from, to, rows, bytes);
    if (cached !== null) return { rows: cached, corrupt: [], thinned: [], upTo: cached.at(-1)?.seq ?? from };
    return this.#parts.stored(ask);
  }

  /** Nothing to say yet: a short stretch of withheld seqs soon after the last claim. */
  #quiet(ledger: Ledger, epoch: OpenEpoch, seqs: number): boolean {
    const last = this.#lastClaim.get(`${ledger.uplink}\t${epoch.e}`);
    return last !== undefined && seqs < quietSeqs && this.#parts.now() - last < quietMs;
  }

  #claim(
    ledger: Ledger,
    lane: Lane,
    epoch: OpenEpoch,
    range: SeqRange,
    rows: StoredRow[],
    gaps: Gap[],
  ): Slice {
    const slice = this.#slice(lane, epoch, rows, gaps);
    this.#lastClaim.set(`${ledger.uplink}\t${epoch.e}`, this.#parts.now());
    ledger.claim(
      slice.id,
      lane,
      epoch.e,
      range,
      rows.map((row) => row.seq),
      gaps,
    );
    return { ...slice, range };
  }

  #carry(ledger: Ledger, lane: Lane, epoch: OpenEpoch, rows: StoredRow[]): Slice {
    const slice = this.#slice(lane, epoch, rows, []);
    ledger.carry(
      slice.id,
      lane,
      epoch.e,
      rows.map((row) => row.seq),
    );
    return slice;
  }

  #slice(lane: Lane, epoch: OpenEpoch, rows: StoredRow[], gaps: Gap[]): Slice {
    const series = new Map<number, Series>();
    for (const { s } of rows) {
      const known = this.#parts.series(s);
      if (known !== undefined) series.set(s, known);
    }
    return {
      id: this.#parts.sliceId(epoch.id),
      lane,
      epoch: epoch.id,
      base: epoch.base,
      baseQuality: epoch.baseQuality,
      head: epoch.head,
      rows: rows.map(({ seq, s, text }) => ({ seq, series: s, text })),
      series,
      gaps,
    };
  }

  /** Whether an uplink takes a series. */
  accepts(uplink: string, s: number): boolean {
    let known = this.#accepted.get(uplink);
    if (known === undefined) {
      known = new Map();
      this.#accepted.set(uplink, known);
    }
    let accepted = known.get(s);
    if (accepted === undefined) {
      const series = this.#parts.series(s);
      accepted =
        series !== undefined &&
        // Openings and losses explain the account itself: never withheld.
        (isOwn(series) || (this.#parts.filters.get(uplink)?.accepts(series) ?? false));
      known.set(s, accepted);
    }
    return accepted;
  }

  #epoch(e: number): OpenEpoch | undefined {
    return this.#parts.epochs().find((epoch) => epoch.e === e);
  }
}

/** Why the seqs of [from, to] have no row. */
function addMissing(gaps: Gap[], from: number, to: number, found: ReadReply, epoch: OpenEpoch): void {
  if (from > to) return;
  const corrupt = new Set(found.corrupt);
  for (let seq = from; seq <= to; ) {
    const thinned = found.thinned.find(({ first, last }) => first <= seq && seq <= last);
    // What lies between is told in one piece: a claim may span a million seqs.
    const next = Math.min(
      to + 1,
      ...found.corrupt.filter((each) => each > seq),
      ...(thinned === undefined
        ? found.thinned.map(({ first }) => first).filter((first) => first > seq)
        : [thinned.last + 1]),
    );
    const until = corrupt.has(seq) ? seq : next - 1;
    const why = corrupt.has(seq)
      ? "corrupt"
      : thinned !== undefined
        ? "quota"
        : epoch.salvaged === 1
          ? "corrupt"
          : "gone";
    addGap(gaps, seq, until, why);
    seq = until + 1;
  }
}

/** Adds seqs to the last gap when they continue it for the same reason. */
function addGap(gaps: Gap[], from: number, to: number, why: GapReason): void {
  const last = gaps.at(-1);
  if (last !== undefined && last[1] === from - 1 && last[2] === why) last[1] = to;
  else gaps.push([from, to, why]);
}
