/**
 * The history's main half: an uplink session whose platform is the worker's file. What holds is in contract.ts.
 *
 * Live batches are collected before they are stored, since each commit costs the disk more than its rows; a question
 * has them stored first. Early ones are answered at once: their alarms come again in their range.
 */
import { join } from "node:path";
import {
  type Batch,
  type Clock,
  type Receipt,
  UplinkError,
  type UplinkSession,
} from "../../gateway/contract/index.ts";
import type { HistoryAnswer, HistoryAsk, HistoryFact } from "./contract.ts";
import { HistoryError, WorkerThread } from "./worker-thread.ts";

/** Live batches are stored so long after the first, or when there are so many: fewer than a lane may have in flight. */
const collectMs = 5000;
const collectBatches = 3;
const window = 8;
/** So much text as it came becomes a part: a few hours of a school, a second's work to pack on a small machine. */
const partChars = 1_000_000;

export interface HistoryOptions {
  /** Data folder. */
  folder: string;
  quotaBytes: number;
  keepMs: number;
  diskFloorBytes: number;
  /** Characters of row text that are packed together. */
  partChars?: number;
  clock: Clock;
  /** Wall ms UTC; null while nobody vouches for it. */
  wallMs(): number | null;
  report(fact: HistoryFact): void;
}

/** Name of its file in the data folder. */
export const historyFile = "history.sqlite";

export class History {
  readonly #options: HistoryOptions;
  readonly #thread: WorkerThread;
  #session: Session | null = null;

  constructor(options: HistoryOptions) {
    this.#options = options;
    const { folder, quotaBytes, keepMs, diskFloorBytes } = options;
    this.#thread = new WorkerThread({
      ...{ file: join(folder, historyFile), quotaBytes, keepMs, diskFloorBytes },
      partChars: options.partChars ?? partChars,
    });
  }

  /** Opens the file, one session at a time. @throws HistoryError when it cannot now: in use, no room, a sick disk */
  async open(): Promise<UplinkSession> {
    const { anew, extent } = await this.#thread.call("open", null);
    if (anew !== null) this.#options.report({ what: "anew", why: anew });
    this.#options.report({ what: "open", extent });
    this.#session = new Session(this.#thread, this.#options);
    return this.#session;
  }

  /** What is there, including what was handed over just now. @throws HistoryError `closed` while it is not open */
  async find(ask: HistoryAsk): Promise<HistoryAnswer> {
    if (this.#session?.over !== false) throw new HistoryError("closed", "the history is not open");
    return this.#session.find(ask);
  }

  /** Ends the thread; what was not stored is handed over again after the next start. */
  async stop(): Promise<void> {
    await this.#session?.close();
    await this.#thread.stop();
  }
}

interface Waiting {
  batch: Batch;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

class Session implements UplinkSession {
  readonly ended: Promise<Error | null>;
  readonly window = window;
  readonly confirms = "receipt";
  over = false;
  readonly #thread: WorkerThread;
  readonly #options: HistoryOptions;
  readonly #end: (error: Error | null) => void;
  #collected: Waiting[] = [];
  #timer: AbortController | null = null;

  constructor(thread: WorkerThread, options: HistoryOptions) {
    this.#thread = thread;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    this.ended = promise;
    this.#end = resolve;
  }

  send(batch: Batch, signal: AbortSignal): Promise<Receipt> {
    if (batch.lane === "early") return Promise.resolve(taken(batch, null));
    return new Promise((resolve, reject) => {
      const waiting = { batch, resolve, reject };
      signal.addEventListener("abort", () => this.#forget(waiting, signal.reason), { once: true });
      this.#collected.push(waiting);
      const patient = batch.lane === "live" && batch.rows > 0;
      if (!patient || this.#collected.length >= collectBatches) void this.#store();
      else this.#arm();
    });
  }

  async find(ask: HistoryAsk): Promise<HistoryAnswer> {
    void this.#store();
    try {
      return await this.#thread.call("find", ask);
    } catch (error) {
      this.#lost(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#lost(null);
    await this.#thread.call("close", null).catch(() => {});
  }

  #arm(): void {
    if (this.#timer !== null) return;
    this.#timer = new AbortController();
    const { signal } = this.#timer;
    this.#options.clock.sleep(collectMs, signal).then(
      () => this.#store(),
      () => {},
    );
  }

  async #store(): Promise<void> {
    this.#timer?.abort();
    this.#timer = null;
    const batches = this.#collected.splice(0);
    if (batches.length === 0) return;
    const { clock, wallMs, report } = this.#options;
    try {
      const at = { mono: clock.monotonicMs(), wall: wallMs() };
      const { next, extent } = await this.#thread.call("put", {
        batches: batches.map(({ batch }) => batch.bytes),
        at,
      });
      if (next === null) {
        report({ what: "resting" });
        const full = new UplinkError("disk-floor", "later", "the disk has too little room for the history");
        for (const { reject } of batches) reject(full);
        return;
      }
      report({ what: "stored", extent });
      for (const [index, { batch, resolve }] of batches.entries()) resolve(taken(batch, next[index] ?? null));
    } catch (error) {
      for (const { reject } of batches) reject(error);
      this.#lost(error);
    }
  }

  #forget(waiting: Waiting, reason: unknown): void {
    this.#collected = this.#collected.filter((other) => other !== waiting);
    waiting.reject(reason);
  }

  #lost(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.#timer?.abort();
    for (const { reject } of this.#collected.splice(0)) reject(error ?? new Error("the session is closed"));
    this.#end(error instanceof Error ? error : null);
  }
}

/** It takes every row; a gap is as good as a row. */
function taken({ id, rows }: Batch, next: number | null): Receipt {
  return { batch: id, taken: rows, rejected: [], next, at: null };
}
