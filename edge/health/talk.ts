/**
 * A device that says far more than it should, for minutes: its program goes round in circles. Remembers of one device
 * only counts.
 */
const windowMs = 10_000;
/** Windows in a row, so that what is sent after an outage is not taken for it. */
const enough = 6;
/** So many messages a second, and so many times as many as planned. */
const leastPerS = 5;
const timesPlanned = 20;

export class Talk {
  #window = { since: Number.NEGATIVE_INFINITY, messages: 0 };
  #busy = { windows: 0, since: 0, perS: 0 };

  /** A message came. @param everyMs between two as planned; null: nobody knows. @param now monotonic ms */
  hear(everyMs: number | null, now: number): void {
    const { since, messages } = this.#window;
    if (now - since < windowMs) {
      this.#window.messages += 1;
      return;
    }
    const perS = messages / (windowMs / 1000);
    const planned = everyMs === null ? 0 : 1000 / everyMs;
    const isMuch = now - since < 2 * windowMs && perS >= leastPerS && perS >= timesPlanned * planned;
    this.#busy = isMuch
      ? { windows: this.#busy.windows + 1, since: this.#busy.windows === 0 ? since : this.#busy.since, perS }
      : { windows: 0, since: 0, perS: 0 };
    this.#window = { since: now, messages: 1 };
  }

  /** Since when it says too much, and how much; null: it does not. */
  at(now: number): { since: number; perS: number } | null {
    const isNow = now - this.#window.since < 2 * windowMs;
    return isNow && this.#busy.windows >= enough ? this.#busy : null;
  }
}
