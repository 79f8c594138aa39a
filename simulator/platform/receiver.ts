/**
 * The receiving side of R13, pure and in memory: batches in, receipts out.
 *
 * Holds, per (school, gateway, epoch): a seq is stored at most once; a receipt's taken + rejected = rows;
 * `next` is the first seq missed; a batch that is none changes nothing and gets no receipt.
 */
import { type BatchBody, maxBatchBytes, type Row } from "../../config/schema/batch.ts";
import { conflictCode, type ReceiptBody, type Reject } from "../../config/schema/receipt.ts";
import type { SchoolRecord } from "../../config/schema/record.ts";
import type { SeqRange, Series } from "../../config/schema/vocabulary.ts";
import { type Malformed, readBatch } from "./claim.ts";
import { type Counters, newCounters } from "./counters.ts";
import { type Fork, Openings } from "./openings.ts";
import { Stream, sameRow, seriesText } from "./stream.ts";

/** A reject code, or null to take the record. Asked once per row, and once more per retry batch. */
export type Judge = (record: SchoolRecord) => string | null;

/** Of a whole batch: its rows, and the bytes of its uncompressed body. */
export interface Size {
  rows?: number;
  bytes?: number;
}

export interface Arrival {
  /** The uncompressed body. */
  body: Uint8Array;
  /** Hex SHA-256 over it. */
  id: string;
  /** What the topic or path says; must agree with the body. */
  school?: string;
  gateway?: string;
  door?: "data" | "alarm";
  /** The platform's wall ms, for the receipt. */
  at: number | null;
}

export type Outcome =
  | { kind: "answer"; receipt: ReceiptBody; batch: BatchBody; fresh: SchoolRecord[] }
  | { kind: "too-large"; receipt: ReceiptBody }
  | { kind: "refused"; fault: Malformed };

export interface ReceiverLimits {
  /** Body bytes above which a batch is answered `tooLarge`. */
  maxBodyBytes: number;
  maxRuns: number;
  maxStreams: number;
  /** Retry batches whose answer is kept. */
  maxAnswers: number;
}

interface State {
  streams: Map<string, Stream>;
  records: SchoolRecord[];
  /** Answers of retry batches by batch id (R9: judged once). */
  answers: Map<string, { taken: number; rejected: Reject[] }>;
  openings: Openings;
}

/** A backup of everything the receiver keeps. */
export interface Backup {
  readonly state: State;
}

export class Receiver {
  readonly counters: Counters = newCounters();
  readonly #limits: ReceiverLimits;
  #state: State = { streams: new Map(), records: [], answers: new Map(), openings: new Openings() };

  constructor(limits: Partial<ReceiverLimits> = {}) {
    this.#limits = {
      maxBodyBytes: maxBatchBytes,
      maxRuns: 10_000,
      maxStreams: 10_000,
      maxAnswers: 10_000,
      ...limits,
    };
  }

  /** Stored records in order of arrival; the live list, not a copy. */
  get records(): readonly SchoolRecord[] {
    return this.#state.records;
  }

  /** Every stream ever heard of. */
  get streams(): readonly Stream[] {
    return [...this.#state.streams.values()];
  }

  /** Openings that share one predecessor (R2). */
  get forks(): readonly Fork[] {
    return this.#state.openings.forks();
  }

  /** Judges and stores one batch; more than `most` is too large, whatever the limits allow. Throws nothing. */
  accept(arrival: Arrival, judge: Judge = () => null, most: Size = {}): Outcome {
    this.counters.batches += 1;
    const { bytes = Number.POSITIVE_INFINITY, rows = Number.POSITIVE_INFINITY } = most;
    const maxBytes = Math.min(bytes, this.#limits.maxBodyBytes);
    if (arrival.body.byteLength > maxBytes) return this.#tooLarge(arrival);
    const read = readBatch(arrival.body);
    const fault = "fault" in read ? read.fault : this.#addressFault(arrival, read.batch);
    if ("fault" in read || fault !== null) return this.refuse(fault ?? "shape");
    if (read.batch.rows.length > rows) return this.#tooLarge(arrival);
    return this.#take(arrival, read.batch, judge);
  }

  /** Counts a message that is no batch. */
  refuse(fault: Malformed): Outcome {
    this.counters.malformed[fault] = (this.counters.malformed[fault] ?? 0) + 1;
    return { kind: "refused", fault };
  }

  /** Drops what is known of [first, last] of a stream, and the answer to `id`: the next receipt's `next` goes back. */
  forget(school: string, gateway: string, epoch: string, [first, last]: SeqRange, id = ""): void {
    this.#state.answers.delete(id);
    const dropped = this.#state.streams.get(keyOf(school, gateway, epoch))?.forget(first, last);
    if (dropped === undefined || dropped.size === 0) return;
    this.#state.records = this.#state.records.filter((record) => !dropped.has(record));
  }

  snapshot(): Backup {
    return { state: copyOf(this.#state) };
  }

  /** Goes back to a backup, which stays usable. Every stream is from then on one that went back. */
  restore(backup: Backup): void {
    this.#state = copyOf(backup.state);
    for (const stream of this.#state.streams.values()) stream.rewound = true;
  }

  #tooLarge({ id, at }: Arrival): Outcome {
    this.counters.tooLarge += 1;
    const receipt = { v: 1 as const, batch: id, taken: 0, rejected: [], next: null, at, tooLarge: true };
    return { kind: "too-large", receipt };
  }

  #addressFault(arrival: Arrival, batch: BatchBody): Malformed | null {
    if (arrival.school !== undefined && arrival.school !== batch.school) return "address";
    if (arrival.gateway !== undefined && arrival.gateway !== batch.gateway) return "address";
    if (arrival.door !== undefined && (arrival.door === "alarm") !== (batch.lane === "early")) return "lane";
    return null;
  }

  #take(arrival: Arrival, batch: BatchBody, judge: Judge): Outcome {
    const key = keyOf(batch.school, batch.gateway, batch.epoch);
    const known = this.#state.streams.get(key);
    if (known === undefined && this.#state.streams.size >= this.#limits.maxStreams)
      return this.refuse("streams");
    const stream = known ?? new Stream(batch.school, batch.gateway, batch.epoch);
    if (stream.runs + 2 * (batch.rows.length + batch.gaps.length) > this.#limits.maxRuns) {
      const trial = stream.copy(new Map());
      applyTo(trial, batch);
      if (trial.runs > this.#limits.maxRuns) return this.refuse("runs");
    }
    this.#state.streams.set(key, stream);
    stream.head = Math.max(stream.head, batch.head);
    this.#learnBase(stream, batch);

    const kept = batch.lane === "retry" ? this.#state.answers.get(arrival.id) : undefined;
    const fresh: SchoolRecord[] = [];
    const rejected = kept?.rejected ?? this.#takeRows(stream, batch, judge, fresh);
    for (const [first, last, why] of batch.gaps) stream.declare(first, last, why);
    const taken = batch.rows.length - rejected.length;
    if (kept !== undefined) this.counters.repeatedRetries += 1;
    else if (batch.lane === "retry") this.#keepAnswer(arrival.id, { taken, rejected });
    const receipt = { v: 1 as const, batch: arrival.id, taken, rejected, next: stream.next, at: arrival.at };
    return { kind: "answer", receipt, batch, fresh };
  }

  #takeRows(stream: Stream, batch: BatchBody, judge: Judge, fresh: SchoolRecord[]): Reject[] {
    const rejected: Reject[] = [];
    this.#compareSeries(stream, batch);
    for (const row of batch.rows) {
      this.counters.rows += 1;
      const series = batch.series[String(row[1])] as Series;
      const code = this.#takeRow(stream, batch, series, row, judge, fresh);
      if (code !== null) rejected.push({ seq: row[0], code });
    }
    return rejected;
  }

  /** null when the row is stored, now or before; else the reject code. */
  #takeRow(
    stream: Stream,
    batch: BatchBody,
    series: Series,
    row: Row,
    judge: Judge,
    fresh: SchoolRecord[],
  ): string | null {
    const seq = row[0];
    const stored = stream.rows.get(seq);
    if (stored !== undefined) {
      if (sameRow(stored, series, row)) {
        this.counters.duplicates += 1;
        return null;
      }
      this.counters.conflicts += 1;
      return conflictCode;
    }
    const sticky = batch.lane === "retry" ? undefined : stream.codes.get(seq);
    if (sticky !== undefined) {
      this.counters.stickyRejects += 1;
      return sticky;
    }
    const joined = stream.join(batch, series, row);
    const code = judge(joined.record);
    if (code !== null) {
      this.counters.rejected += 1;
      stream.reject(seq, code);
      return code;
    }
    if ((series.simulated === true) !== row[4] >= 128) this.counters.mislabelled += 1;
    const beaten = stream.store(seq, joined);
    if (beaten !== null && beaten !== "policy" && beaten !== "before") {
      this.counters.recordsOverLosses += 1;
      // Only what was in a claim can have been called lost with certainty (R11), and only before a rewind.
      const certain = beaten !== "gone" && batch.first !== undefined && !stream.rewound;
      if (certain) this.counters.falseGaps += 1;
    }
    this.counters.stored += 1;
    this.#state.records.push(joined.record);
    this.#state.openings.note(joined.record);
    fresh.push(joined.record);
    return null;
  }

  #learnBase(stream: Stream, { base }: BatchBody): void {
    if (base === null || base === stream.base) return;
    if (stream.base !== null) this.counters.baseChanges += 1;
    else this.counters.corrected += stream.learnBase(base).length;
  }

  #compareSeries(stream: Stream, batch: BatchBody): void {
    for (const [number, series] of Object.entries(batch.series)) {
      const text = seriesText(series);
      const known = stream.series.get(number);
      if (known === undefined) stream.series.set(number, text);
      else if (known !== text) this.counters.seriesChanges += 1;
    }
  }

  #keepAnswer(id: string, answer: { taken: number; rejected: Reject[] }): void {
    const { answers } = this.#state;
    answers.set(id, answer);
    if (answers.size > this.#limits.maxAnswers) answers.delete(answers.keys().next().value ?? "");
  }
}

/** What a batch does to the sets, for counting runs only. */
function applyTo(stream: Stream, batch: BatchBody): void {
  for (const row of batch.rows) {
    const series = batch.series[String(row[1])] as Series;
    if (!stream.rows.has(row[0])) stream.store(row[0], stream.join(batch, series, row));
  }
  for (const [first, last, why] of batch.gaps) stream.declare(first, last, why);
}

function keyOf(school: string, gateway: string, epoch: string): string {
  return `${school}/${gateway}/${epoch}`;
}

function copyOf(state: State): State {
  const renewed = new Map<SchoolRecord, SchoolRecord>();
  const streams = new Map([...state.streams].map(([key, stream]) => [key, stream.copy(renewed)]));
  return {
    streams,
    records: state.records.map((record) => renewed.get(record) ?? { ...record }),
    answers: new Map(state.answers),
    openings: state.openings.copy(),
  };
}
