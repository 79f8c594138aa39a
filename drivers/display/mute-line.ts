/**
 * When a line behind a serial server has been quiet for so long that its connection may be dead: nothing of a
 * connection tells that the box lost its power. Pure: time comes from outside, monotonic ms.
 */

const muteMs = 60_000;
/** Requests in vain that it takes as well: a line may have little to ask. */
const muteRequests = 3;

export class MuteLine {
  #since: { requests: number; at: number } | null = null;

  /** A request is over. @returns true: the line should be connected to anew */
  after(silent: boolean, now: number): boolean {
    if (!silent) {
      this.#since = null;
      return false;
    }
    this.#since ??= { requests: 0, at: now };
    this.#since.requests += 1;
    return this.#since.requests >= muteRequests && now - this.#since.at >= muteMs;
  }
}
