/**
 * Messages that a broker brings without having been asked: what an earlier configuration subscribed to, or a flood.
 */

/** Most of them within a minute: more than a broker keeps for one client. */
const maxMessages = 10_000;
const withinMs = 60_000;

export class Unasked {
  #since = 0;
  #count = 0;

  /** @param now monotonic ms @returns true: it is too much */
  came(now: number): boolean {
    if (now - this.#since >= withinMs) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count > maxMessages;
  }
}
