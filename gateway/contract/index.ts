/**
 * The seam to the north: what an uplink and an encoder are. Injected into edge by edge/agent.
 */
import type { ZodType } from "zod";
import type { GapReason, Lane } from "../../config/schema/batch.ts";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { RecordClass, SeqRange, Series, Value } from "../../config/schema/vocabulary.ts";

export type { Clock, Log };

/** What enters the journal: a record before it has a number and a time. */
export interface Draft {
  series: Series;
  class: RecordClass;
  value: Value;
  /** 0 to 255, see `Quality`. */
  quality: number;
  /** Wall ms UTC by the device, when trustworthy. */
  deviceTime?: number;
}

/** A piece of one epoch as the journal hands it out. */
export interface Slice {
  /** Names this piece to `settle`; unique within one run of the journal. */
  id: string;
  lane: Lane;
  epoch: string;
  /** Wall ms of t = 0, or null while unknown. */
  base: number | null;
  baseQuality: number;
  /** Highest seq of this epoch on disk. */
  head: number;
  /** Claimed seqs; [n, n - 1] claims nothing and asks for a receipt; absent: no claim (early, retry). */
  range?: SeqRange;
  rows: { seq: number; series: number; text: string }[];
  series: Map<number, Series>;
  gaps: [first: number, last: number, why: GapReason][];
}

export interface Encoder {
  /** The row's text, final at append: the same text in SQLite and in the batch. `t` = ms since the epoch began. */
  row(draft: Draft, seq: number, series: number, t: number): string;
  /** A slice as bytes. Every call draws a new nonce, hence a new id: keep the batch to send the same bytes again. */
  batch(slice: Slice): Batch;
}

export interface Batch {
  /** Hex SHA-256 over the uncompressed body. */
  id: string;
  lane: Lane;
  epoch: string;
  range?: SeqRange;
  rows: number;
  bytes: Uint8Array;
}

export interface Receipt {
  batch: string;
  taken: number;
  rejected: { seq: number; code: string; reason?: string | undefined }[];
  next: number | null;
  at: number | null;
  retryAfterMs?: number | undefined;
  tooLarge?: boolean | undefined;
}

export interface UplinkContext {
  school: string;
  gateway: string;
  /** What settles a batch: the platform's receipt, or a broker's acknowledgement (handed over, never confirmed). */
  confirm: "receipt" | "broker";
  clock: Clock;
  log: Log;
  /** Bytes of a secret; throws when it is not there. */
  secret(name: string): Uint8Array;
  /** A command arrived from this uplink, as raw bytes. */
  command(raw: Uint8Array, retained: boolean): void;
  /** A receipt that answers nothing in flight, or no receipt at all: counted by health. */
  stray(code: string): void;
}

export interface Uplink<U = unknown> {
  kind: string;
  config: ZodType<U>;
  /** Connects. Rejects with an `UplinkError`; leaves nothing behind then. */
  open(config: U, context: UplinkContext, signal: AbortSignal): Promise<UplinkSession>;
}

/** `never`: wrong credential or wrong setting, not tried again until the configuration changes or a long time passed. */
export class UplinkError extends Error {
  readonly code: string;
  readonly retry: "later" | "never";
  constructor(code: string, retry: "later" | "never", detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = "UplinkError";
    this.code = code;
    this.retry = retry;
  }
}

/** Ends once; never reconnects itself. */
export interface UplinkSession {
  ended: Promise<Error | null>;
  /** Batches that may be unanswered at once (a broker's receive maximum). */
  window: number;
  /** "confirmed" by a receipt of the platform, or only "handed over" to a broker. */
  confirms: "receipt" | "broker";
  /**
   * Sends one batch and waits for its receipt. Throwing keeps all; an abort throws and forgets the batch.
   * `onWire` is told the bytes of it as they leave, compressed and with what goes around them.
   */
  send(batch: Batch, signal: AbortSignal, onWire?: (bytes: number) => void): Promise<Receipt>;
  publish?(status: object, signal: AbortSignal): Promise<void>;
  /** Sends what became of a command; rejects when nobody knows whether it arrived. Absent: it brings no commands. */
  answer?(answer: object, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What somebody may see; who sees what stands in the route table. */
export interface View {
  /** Highest data level of a value. Level 9 is never kept, so nobody sees it. */
  level: number;
  /** What strangers, devices and technicians wrote: names, addresses, serials, notes. */
  words: boolean;
}

/** What health offers to page, metrics and beacon; edge implements, agent injects. */
export interface StatusSource {
  /** By config/schema/status: data level 2 at most, whoever asks. */
  status(view: View): object;
  /** By config/schema/values: the last value of every point, stored or not. */
  lastValues(view: View): object;
  /** The process answers and its journal is not closed. */
  alive(): boolean;
  /** Plan running, journal writable, listeners open; uplinks do not count. `why` is for people. */
  ready(): { ready: boolean; why: string[] };
  /** Absent: nobody can change what runs. */
  control?: ConfigurationControl;
  /** Asks the store something, or has it do something; what may be asked and what it answers is edge/agent's. */
  buffer?(asked: unknown): Promise<Outcome>;
  /** Records what a link says, for a technician; what may be asked and what it answers is edge/agent's. */
  recording?(asked: unknown): Promise<Outcome>;
  /** Searches for devices, for a technician; asked and answered by config/schema/search. */
  search?(asked: unknown): Promise<Outcome>;
  /** Sets a device on a line, for a technician; asked and answered by config/schema/assign. */
  assign?(asked: unknown): Promise<Outcome>;
  /** Has a device do something, for a technician; what may be asked and what it answers is edge/agent's. */
  command?(asked: unknown): Promise<Outcome>;
  /** Values of one device by config/schema/history, or why there are none; absent: there is no local history. */
  history?(question: HistoryQuestion, view: View): Promise<Outcome>;
}

export interface HistoryQuestion {
  device: string;
  /** Absent: all points of the device. */
  point?: string;
  /** Wall ms UTC; `from` is within, `to` is not. */
  from?: number;
  to?: number;
  /** Most values of the answer, the newest of them. */
  limit: number;
}

/** Other files for the running agent; what it answers is its own (edge/agent). */
export interface ConfigurationControl {
  /** What putting the files to work would do; changes nothing. */
  preview(): Promise<Outcome>;
  /** Puts the files to work, if they still are this revision. */
  apply(revision: string): Promise<Outcome>;
}

/** `done` false: refused, and the body says why. */
export interface Outcome {
  done: boolean;
  body: object;
}
