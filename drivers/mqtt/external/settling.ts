/**
 * A little patience after other devices were given: until everybody has the new plan, what differs is refused as
 * "busy", and the connection to a broker must not end for that, since all devices are behind it.
 *
 * Holds: messages reach `deliver` in their order, also those that are offered again; without an `update` shortly
 * before, a refusal is one at once; what still waits at the end is refused, and reaches `deliver` no more.
 */
import { type Clock, type Deliver, type Message, NotStored } from "../../contract/index.ts";

/** From `update` until the plan is surely settled. */
const settlingMs = 10_000;
const againMs = 50;

export class Settling {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #until = Number.NEGATIVE_INFINITY;
  /** Settles when what is offered again is through; null: nothing is. */
  #tail: Promise<void> | null = null;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Other devices are on their way. */
  begin(): void {
    this.#until = this.#clock.monotonicMs() + settlingMs;
  }

  over(deliver: Deliver): Deliver {
    return (message) => {
      if (this.#tail !== null) return this.#queue(deliver, message);
      const delivered = deliver(message);
      if (this.#clock.monotonicMs() >= this.#until) return delivered;
      // Refused in the same turn: whoever was refused first is in the queue first, and no later one gets past it.
      return delivered.catch((error: unknown) => {
        if (!isBusy(error)) throw error;
        return this.#queue(deliver, message);
      });
    };
  }

  #queue(deliver: Deliver, message: Message): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const tail = (this.#tail ?? Promise.resolve())
      .then(() => this.#offer(deliver, message))
      .then(({ delivered }) => void delivered.then(resolve, reject), reject)
      .then(() => {
        if (this.#tail === tail) this.#tail = null;
      });
    this.#tail = tail;
    return promise;
  }

  /** Until it is taken, which is not yet stored. */
  async #offer(deliver: Deliver, message: Message): Promise<{ delivered: Promise<void> }> {
    for (;;) {
      if (this.#signal.aborted) throw new NotStored("busy");
      const delivered = deliver(message);
      const refused = delivered.then(() => false, isBusy);
      const turned = new Promise<false>((resolve) => setImmediate(resolve, false));
      const isRefused = await Promise.race([refused, turned]);
      if (!isRefused || this.#clock.monotonicMs() >= this.#until) return { delivered };
      // Ends early at the end, which the next round sees.
      await this.#clock.sleep(againMs, this.#signal).catch(() => {});
    }
  }
}

const isBusy = (error: unknown) => error instanceof NotStored && error.code === "busy";
