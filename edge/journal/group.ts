/**
 * What will be committed together (R6): lines, the seqs they make durable, and who waits for it.
 */
import type { Urgency } from "./contract.ts";
import type { OpenEpoch } from "./epoch.ts";
import { line, type StoredRow } from "./wire.ts";

/** Seqs of one epoch, without holes. */
export interface Run {
  epoch: OpenEpoch;
  first: number;
  last: number;
}

export interface Alarm {
  epoch: OpenEpoch;
  row: StoredRow;
}

/** Rows that start a commit without waiting for a timer. */
const fullRows = 200;

export class Group {
  readonly lines: string[] = [];
  /** Rows among the lines, of one epoch or of two where a new one began. */
  readonly runs: Run[] = [];
  readonly alarms: Alarm[] = [];
  rows = 0;
  /** Names of the keys in it: a repeat of one of its messages shares `done`. */
  readonly names = new Set<string>();
  bytes = 0;
  /** Monotonic ms at which it must start; Infinity: nothing waits. */
  due = Number.POSITIVE_INFINITY;
  readonly done: Promise<void>;
  /** `done`, for who asks whether it was here before. */
  readonly fresh: Promise<{ repeated: boolean }>;
  #settle: { resolve(): void; reject(error: Error): void } | null = null;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.fresh = this.done.then(() => ({ repeated: false }));
    // Who needs the outcome awaits it; a group nobody waits for may fail in peace.
    this.done.catch(() => {});
    this.fresh.catch(() => {});
  }

  /** One change. */
  add(text: string): void {
    this.lines.push(text);
    this.bytes += text.length;
  }

  /** What is remembered of messages. Everything anew is no message's burden: nobody is refused for it. */
  remember(lines: readonly string[]): void {
    if (lines[0] === line.anew()) for (const text of lines) this.lines.push(text);
    else for (const text of lines) this.add(text);
  }

  /** The next row of `epoch`. */
  put(epoch: OpenEpoch, seq: number, recordClass: string, s: number, text: string): void {
    this.add(line.record(epoch.e, seq, recordClass, s, text));
    this.rows += 1;
    const run = this.runs.at(-1);
    if (run?.epoch === epoch) run.last = seq;
    else this.runs.push({ epoch, first: seq, last: seq });
  }

  /** Somebody waits from `now` on, with this urgency. */
  wait(now: number, urgency: Urgency, commit: { ackMs: number; polledMs: number }): void {
    const patience =
      urgency === "now" || this.rows >= fullRows ? 0 : urgency === "ack" ? commit.ackMs : commit.polledMs;
    this.due = Math.min(this.due, now + patience);
  }

  /** Starts at the latest at `at`. */
  by(at: number): void {
    this.due = Math.min(this.due, at);
  }

  succeed(): void {
    this.#settle?.resolve();
  }

  fail(error: Error): void {
    this.#settle?.reject(error);
  }
}
