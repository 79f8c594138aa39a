/**
 * One lane's way of sending: when it reads next, how long it waits after a failure, how many rows a batch may have.
 * Pure: no clock, no journal.
 */
import type { Lane } from "../../config/schema/batch.ts";

/** Most rows of one batch by lane; early ones are few and must not wait for each other. */
export const mostRows = { live: 1000, backlog: 1000, early: 200, retry: 200 } as const;

const firstWaitMs = 1000;
const longestWaitMs = 30_000;

export class LanePace {
  readonly name: Lane;
  /** Monotonic ms at which the journal is asked again; Infinity: when something has changed. */
  readAt = 0;
  /** The journal is being asked, or what it was told must be on disk before it is asked again. */
  reading = false;
  /** Counts releases: what was asked before one does not count after it. */
  generation = 0;
  /** Monotonic ms until which nothing is sent. */
  waitUntil = 0;
  /** Rows a batch may have now. */
  rows: number;
  #failures = 0;

  constructor(name: Lane) {
    this.name = name;
    this.rows = mostRows[name];
  }

  /** Sending failed: waits 1 s, doubling to 30 s, of which half is jitter (`random` in [0, 1)). */
  failed(now: number, random: number): void {
    const ms = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.waitUntil = Math.max(this.waitUntil, now + ms * (0.5 + random / 2));
  }

  /** The platform judged a batch that spanned `seqs`; a full one lets the next be a little larger. */
  succeeded(seqs: number): void {
    this.#failures = 0;
    if (seqs >= this.rows) this.rows = Math.min(mostRows[this.name], this.rows + Math.ceil(this.rows / 20));
  }

  /** A batch that spanned `seqs` was refused whole: half of it next. */
  halve(seqs: number): void {
    this.rows = Math.max(1, Math.min(this.rows, Math.floor(seqs / 2)));
  }

  /** Begins afresh on a new session. */
  begin(now: number): void {
    this.#failures = 0;
    this.waitUntil = 0;
    this.readAt = now;
  }
}
