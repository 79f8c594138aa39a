/**
 * What a platform knows of one (school, gateway, epoch), by R13.
 *
 * Holds:
 * - done, rejected and the five kinds of gap never share a seq; together they are `known`.
 * - `next` is the first seq of [1, …] that is in none of them; `missing` is the rest of [1, head].
 * - a record beats a gap; a reject stands until a retry batch is judged; a done row never changes its value.
 */
import { type BatchBody, type GapReason, gapReasons, type Row } from "../../config/schema/batch.ts";
import type { SchoolRecord } from "../../config/schema/record.ts";
import { type SeqRange, type Series, TimeQuality } from "../../config/schema/vocabulary.ts";
import { IntervalSet } from "./intervals.ts";

/** A stored row: the record, and what is needed to recognise it and to date it later. */
export interface StoredRow {
  record: SchoolRecord;
  t: number;
  deviceTime: number | undefined;
  /** The series' attributes as one text. */
  series: string;
}

export class Stream {
  readonly school: string;
  readonly gateway: string;
  readonly epoch: string;
  head = 0;
  base: number | null = null;
  /** The platform lost something of this stream: later losses of the gateway are uncertain. */
  rewound = false;
  done = new IntervalSet();
  rejected = new IntervalSet();
  gaps: Record<GapReason, IntervalSet> = {
    policy: new IntervalSet(),
    before: new IntervalSet(),
    quota: new IntervalSet(),
    corrupt: new IntervalSet(),
    gone: new IntervalSet(),
  };
  known = new IntervalSet();
  rows = new Map<number, StoredRow>();
  codes = new Map<number, string>();
  /** The series' attributes by number, as first heard. */
  series = new Map<string, string>();

  constructor(school: string, gateway: string, epoch: string) {
    this.school = school;
    this.gateway = gateway;
    this.epoch = epoch;
  }

  /** Runs of all sets together; bounded by R13. */
  get runs(): number {
    return gapReasons.reduce((sum, why) => sum + this.gaps[why].runs, this.done.runs + this.rejected.runs);
  }

  /** First seq that is still missed; head + 1 when nothing is. */
  get next(): number {
    return this.known.firstMissing;
  }

  missing(): SeqRange[] {
    return this.known.missing(1, this.head);
  }

  /** Why a seq counts as not to come; null when nobody said so. */
  gapOf(seq: number): GapReason | null {
    return gapReasons.find((why) => this.gaps[why].has(seq)) ?? null;
  }

  /** Stores a row that is not done. Gives the reason of the gap it beats, if any. */
  store(seq: number, row: StoredRow): GapReason | null {
    const beaten = this.gapOf(seq);
    if (beaten !== null) this.gaps[beaten].remove(seq);
    this.rejected.remove(seq);
    this.codes.delete(seq);
    this.done.add(seq);
    this.known.add(seq);
    this.rows.set(seq, row);
    return beaten;
  }

  reject(seq: number, code: string): void {
    for (const why of gapReasons) this.gaps[why].remove(seq);
    this.rejected.add(seq);
    this.codes.set(seq, code);
    this.known.add(seq);
  }

  /** A declared gap; it never touches what is done or rejected, and the worse reason stays, whatever comes first. */
  declare(first: number, last: number, why: GapReason): void {
    const severity = ["before", "policy", "gone", "quota", "corrupt"] satisfies GapReason[];
    const stronger = severity.slice(severity.indexOf(why) + 1);
    let pieces: SeqRange[] = [[first, last]];
    for (const set of [this.done, this.rejected, ...stronger.map((other) => this.gaps[other])]) {
      pieces = pieces.flatMap(([from, to]) => set.missing(from, to));
    }
    for (const [from, to] of pieces) {
      for (const other of gapReasons) this.gaps[other].remove(from, to);
      this.gaps[why].add(from, to);
      this.known.add(from, to);
    }
  }

  /** Dates every row, none of which has a date before. Gives the records it moved from time quality 2 to 3. */
  learnBase(base: number): SchoolRecord[] {
    this.base = base;
    const moved: SchoolRecord[] = [];
    for (const { record, t, deviceTime } of this.rows.values()) {
      record.received = base + t;
      record.time = deviceTime ?? record.received;
      record.timeQuality = TimeQuality.corrected;
      moved.push(record);
    }
    return moved;
  }

  /** Joins header, series and row (the record schema says how). */
  join(batch: BatchBody, series: Series, row: Row): StoredRow {
    const [seq, , t, value, quality, deviceTime] = row;
    const received = this.base === null ? null : this.base + t;
    const { source: _source, simulated: _simulated, unit, ...named } = series;
    const late = received !== null && batch.base === null;
    return {
      t,
      deviceTime,
      series: seriesText(series),
      record: {
        school: batch.school,
        gateway: batch.gateway,
        epoch: batch.epoch,
        seq,
        ...named,
        value,
        ...(unit === undefined ? {} : { unit }),
        quality,
        time: deviceTime ?? received,
        received,
        timeQuality:
          received === null ? TimeQuality.unknown : late ? TimeQuality.corrected : batch.baseQuality,
      },
    };
  }

  /** Drops everything about [first, last], as a platform does that lost it. Gives the records dropped. */
  forget(first: number, last: number): Set<SchoolRecord> {
    const dropped = new Set<SchoolRecord>();
    for (const [from, to] of this.done.within(first, last)) {
      for (let seq = from; seq <= to; seq++) {
        const row = this.rows.get(seq);
        if (row !== undefined) dropped.add(row.record);
        this.rows.delete(seq);
      }
    }
    for (const seq of this.codes.keys()) if (seq >= first && seq <= last) this.codes.delete(seq);
    for (const set of [this.done, this.rejected, this.known, ...Object.values(this.gaps)]) {
      set.remove(first, last);
    }
    this.rewound = true;
    return dropped;
  }

  /** A copy that shares nothing; `renewed` maps the old records to the new ones. */
  copy(renewed: Map<SchoolRecord, SchoolRecord>): Stream {
    const other = new Stream(this.school, this.gateway, this.epoch);
    other.head = this.head;
    other.base = this.base;
    other.rewound = this.rewound;
    other.done = this.done.copy();
    other.rejected = this.rejected.copy();
    other.known = this.known.copy();
    for (const why of gapReasons) other.gaps[why] = this.gaps[why].copy();
    other.codes = new Map(this.codes);
    other.series = new Map(this.series);
    for (const [seq, row] of this.rows) {
      const record = { ...row.record };
      renewed.set(row.record, record);
      other.rows.set(seq, { ...row, record });
    }
    return other;
  }
}

/** Same key, same value: everything the row and its series say. */
export function sameRow(stored: StoredRow, series: Series, row: Row): boolean {
  const [, , t, value, quality, deviceTime] = row;
  return (
    stored.record.value === value &&
    stored.record.quality === quality &&
    stored.t === t &&
    stored.deviceTime === deviceTime &&
    stored.series === seriesText(series)
  );
}

/** The attributes of a series as one text, whatever their order was. */
export function seriesText(series: Series): string {
  const { device, point, space, unit = null, kind, level, source, simulated = false } = series;
  return JSON.stringify([device, point, space, unit, kind, level, source, simulated]);
}
