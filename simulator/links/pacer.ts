/** Wakes somebody when it wants to be woken: one sleep at a time, none while there is nothing to wait for. */
import type { Clock } from "../../config/schema/context.ts";

export class Pacer {
  readonly #clock: Clock;
  readonly #step: () => number;
  #sleep: AbortController | null = null;
  #wakeMs = Number.POSITIVE_INFINITY;
  #closed = false;

  /** @param step does what is due and gives the monotonic ms at which to be called again, +∞ for never; may be called early */
  constructor(clock: Clock, step: () => number) {
    this.#clock = clock;
    this.#step = step;
  }

  /** Something has changed: does what is due and waits for what is next. */
  poke(): void {
    if (this.#closed) return;
    const nextMs = this.#step();
    if (this.#closed || (nextMs === this.#wakeMs && this.#sleep !== null)) return;
    this.#sleep?.abort();
    this.#sleep = null;
    this.#wakeMs = nextMs;
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const sleep = new AbortController();
    this.#sleep = sleep;
    this.#clock.sleep(Math.max(0, nextMs - this.#clock.monotonicMs()), sleep.signal).then(
      () => {
        if (this.#sleep === sleep) this.#sleep = null;
        this.poke();
      },
      () => undefined,
    );
  }

  close(): void {
    this.#closed = true;
    this.#sleep?.abort();
    this.#sleep = null;
  }
}
