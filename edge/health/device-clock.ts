/**
 * Whether a device's own clock is far off, as told by what it sends. A message that was late is no wrong clock:
 * only readings that are off by the same amount, one after the other, are.
 */

/** Less than this is near enough; normalising takes such times as they are. */
const nearMs = 120_000;
/** Readings that must agree. */
const enough = 3;
/** How far apart they may be and still agree. */
const spreadMs = 60_000;

export class DeviceClock {
  #aheadMs = 0;
  #agreeing = 0;
  #since = 0;

  /** @param aheadMs how far the device's clock is ahead of ours; negative: behind. @param now monotonic ms */
  take(aheadMs: number, now: number): void {
    if (!Number.isFinite(aheadMs) || Math.abs(aheadMs) <= nearMs) {
      this.#agreeing = 0;
      return;
    }
    const agrees = this.#agreeing > 0 && Math.abs(aheadMs - this.#aheadMs) <= spreadMs;
    if (!agrees) this.#since = now;
    this.#agreeing = agrees ? Math.min(this.#agreeing + 1, enough) : 1;
    this.#aheadMs = aheadMs;
  }

  /** How far off, and since when it was seen; null while it is right or nobody knows. */
  get off(): { aheadMs: number; since: number } | null {
    return this.#agreeing < enough ? null : { aheadMs: this.#aheadMs, since: this.#since };
  }
}
