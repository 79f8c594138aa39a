/**
 * Places for what may be unanswered at once. Who finds none free waits; the urgent go before the others,
 * else first come, first served.
 */
import { aborted } from "./socket-fault.ts";

interface Waiter {
  urgent: boolean;
  admit(): void;
}

export class Window {
  readonly size: number;
  #taken = 0;
  #waiting: Waiter[] = [];

  constructor(size: number) {
    this.size = size;
  }

  /** Resolves with the way to give the place back; rejects on abort. */
  take(signal: AbortSignal, urgent: boolean): Promise<() => void> {
    if (signal.aborted) return Promise.reject(aborted(signal));
    if (this.#taken < this.size) return Promise.resolve(this.#place());
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const waiter: Waiter = {
      urgent,
      admit: () => {
        forget();
        resolve(this.#place());
      },
    };
    const forget = () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      signal.removeEventListener("abort", abort);
    };
    const abort = () => {
      forget();
      reject(aborted(signal));
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#waiting.push(waiter);
    return promise;
  }

  #place(): () => void {
    this.#taken += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken -= 1;
      const next = this.#waiting.find(({ urgent }) => urgent) ?? this.#waiting[0];
      next?.admit();
    };
  }
}
