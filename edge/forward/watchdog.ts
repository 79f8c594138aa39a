/**
 * Notices that a session stands and nothing flows: batches are awaited, and no receipt comes. Pure.
 *
 * Never happens: it counts while nothing is awaited, so not in backoff, pacing, silence that the platform
 * asked for, or outside a contact window.
 */

/** No receipt for so long while batches are awaited: the session is not flowing. */
const stallMs = 60_000;

export interface Stall {
  forMs: number;
  /** Stalls in a row, without a receipt in between; from 1. */
  times: number;
}

export class Watchdog {
  /** Since when batches are awaited without any receipt. */
  #since: number | null = null;
  #times = 0;

  /** Monotonic ms at which a stall is to be seen; Infinity: nothing is awaited. */
  get dueAt(): number {
    return this.#since === null ? Number.POSITIVE_INFINITY : this.#since + stallMs;
  }

  /** A session begins. */
  begin(): void {
    this.#since = null;
  }

  /** A receipt came. */
  answered(): void {
    this.#since = null;
    this.#times = 0;
  }

  /** To be asked at every step. @param awaited whether there are batches that the platform should be answering */
  look(now: number, awaited: boolean): Stall | null {
    this.#since = awaited ? (this.#since ?? now) : null;
    if (this.#since === null || now < this.dueAt) return null;
    const forMs = now - this.#since;
    this.#since = null;
    this.#times += 1;
    return { forMs, times: this.#times };
  }
}
