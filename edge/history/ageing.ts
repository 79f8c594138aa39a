/**
 * How fast what is old may go. A clock that jumps a year ahead makes everything old at once, and nobody at the school
 * would notice before it is gone: so for every day that this process runs, at most two days of history go by age,
 * and none right after a start. Room that is needed is another matter: it knows no clock. Pure.
 */
import type { Moment } from "./wire.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Ms of history that may go for each ms that passes: twice as fast as it comes, to catch up after a summer off. */
const pace = 2;

export class Ageing {
  readonly #keepMs: number;
  #seenAt: number | null = null;
  /** Ms of history that may go now. */
  #allowed = 0;

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** Time passes, by the monotonic clock. */
  pass({ mono }: Moment): void {
    const passed = this.#seenAt === null ? 0 : Math.max(0, mono - this.#seenAt);
    this.#seenAt = mono;
    this.#allowed = Math.min(pace * dayMs, this.#allowed + pace * passed);
  }

  /** Whether a part with records from `oldest` to `newest` (wall ms UTC) goes now; when it does, that counts. */
  takes(oldest: number, newest: number, { wall }: Moment): boolean {
    if (wall === null || newest >= wall - this.#keepMs) return false;
    const costs = Math.min(dayMs, Math.max(hourMs, newest - oldest));
    if (costs > this.#allowed) return false;
    this.#allowed -= costs;
    return true;
  }
}
