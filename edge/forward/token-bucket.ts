import type { Pace } from "./contract.ts";

/**
 * Paces backlog by records and bytes a second. A batch may leave while nothing is owed, and may owe:
 * so one batch larger than a second's allowance leaves at once and the next waits for it.
 */
export class TokenBucket implements Pace {
  readonly #perS: { records: number; bytes: number };
  /** Monotonic ms at which nothing is owed any more. */
  #paidAt = 0;

  constructor(perS: { records: number; bytes: number }) {
    this.#perS = perS;
  }

  waitMs(now: number): number {
    return Math.max(0, this.#paidAt - now);
  }

  spend(now: number, records: number, bytes: number): void {
    const ms = 1000 * Math.max(records / this.#perS.records, bytes / this.#perS.bytes);
    this.#paidAt = Math.max(this.#paidAt, now) + ms;
  }
}

export const unlimited: Pace = { waitMs: () => 0, spend: () => {} };
