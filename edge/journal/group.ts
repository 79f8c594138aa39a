/**
 * What will be committed together (R6): lines, the rows they make durable, and who waits for it.
 */
import type { RecordClass, Series } from "../../config/schema/vocabulary.ts";
import type { Urgency } from "./contract.ts";
import type { OpenEpoch } from "./epoch.ts";

export interface GroupRow {
  epoch: OpenEpoch;
  seq: number;
  s: number;
  text: string;
  series: Series;
  class: RecordClass;
}

/** Rows that start a commit without waiting for a timer. */
const fullRows = 200;

export class Group {
  readonly lines: string[] = [];
  readonly rows: GroupRow[] = [];
  /** Names of the keys in it: a repeat of one of its messages shares `done`. */
  readonly names = new Set<string>();
  bytes = 0;
  /** Monotonic ms at which it must start; Infinity: nothing waits. */
  due = Number.POSITIVE_INFINITY;
  readonly done: Promise<void>;
  #settle: { resolve(): void; reject(error: Error): void } | null = null;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who needs the outcome awaits it; a group nobody waits for may fail in peace.
    this.done.catch(() => {});
  }

  /** Somebody waits from `now` on, with this urgency. */
  wait(now: number, urgency: Urgency, commit: { ackMs: number; polledMs: number }): void {
    const patience =
      urgency === "now" || this.rows.length >= fullRows
        ? 0
        : urgency === "ack"
          ? commit.ackMs
          : commit.polledMs;
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
