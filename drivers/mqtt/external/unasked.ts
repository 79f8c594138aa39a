/**
 * Topics that a broker brings without having been asked: what an earlier configuration subscribed to, or a flood.
 */

/** Most messages on such topics within a minute: more than a broker keeps for one client. */
const maxMessages = 10_000;
const withinMs = 60_000;
/** Most topics that we try to be rid of, each once. */
const maxTopics = 1_000;

export class Unasked {
  readonly #topics = new Set<string>();
  #since = 0;
  #count = 0;

  /**
   * @param now monotonic ms
   * @returns `flood`: it is too much; `anew`: it came for the first time, and most old subscriptions are of one whole topic
   */
  came(topic: string, now: number): { flood: boolean; anew: boolean } {
    if (now - this.#since >= withinMs) {
      this.#since = now;
      this.#count = 0;
    }
    this.#count += 1;
    const anew = !this.#topics.has(topic) && this.#topics.size < maxTopics;
    if (anew) this.#topics.add(topic);
    return { flood: this.#count > maxMessages, anew };
  }
}
