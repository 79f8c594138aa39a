/**
 * What silent devices may cost a line: a share of its time. Pure.
 *
 * Holds: over any stretch of time what is spent is at most the share of it and one spending more; what was not
 * spent is not saved up.
 */
export class Allowance {
  readonly #share: number;
  /** Monotonic ms from which it is free. */
  #freeAt: number;

  /** @param share of the time, in (0, 1] */
  constructor(share: number, now: number) {
    this.#share = share;
    this.#freeAt = now;
  }

  /** Monotonic ms from which something may be spent. */
  get freeAt(): number {
    return this.#freeAt;
  }

  /** @param ms of the line's time, until `now` */
  spend(ms: number, now: number): void {
    this.#freeAt = Math.max(this.#freeAt, now - ms) + ms / this.#share;
  }
}
