import type { Clock } from "../../gateway/contract/index.ts";

/**
 * Waits for a poke or a moment, whichever comes first; pokes coalesce. At most one sleep at a time:
 * one that ends too early is left alone, since sleeping again once costs less than a new timer for every batch.
 */
export class Wake {
  readonly #clock: Clock;
  #poked = false;
  #resume: (() => void) | null = null;
  #sleep: { at: number; stop: AbortController } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  poke(): void {
    this.#poked = true;
    this.#resume?.();
  }

  /** Resolves at monotonic ms `at` (Infinity: only by a poke), or at once when poked since the last time. */
  async until(at: number): Promise<void> {
    if (!this.#poked && at > this.#clock.monotonicMs()) {
      this.#arm(at);
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      this.#resume = null;
    }
    this.#poked = false;
  }

  /** Ends the sleep. */
  rest(): void {
    this.#sleep?.stop.abort();
    this.#sleep = null;
  }

  #arm(at: number): void {
    if (at === Number.POSITIVE_INFINITY || (this.#sleep !== null && this.#sleep.at <= at)) return;
    this.rest();
    const sleep = { at, stop: new AbortController() };
    this.#sleep = sleep;
    this.#clock.sleep(at - this.#clock.monotonicMs(), sleep.stop.signal).then(
      () => {
        if (this.#sleep === sleep) this.#sleep = null;
        this.poke();
      },
      () => {},
    );
  }
}
