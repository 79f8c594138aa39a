/** One worker of a platform: each row costs it time, whoever sent it. First come, first served. */
import { now } from "./moment.ts";

export class Throttle {
  #msPerRow = 0;
  /** When all that has come is done. */
  #freeAt = 0;
  #queue: { at: number; work(): void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param perSecond rows; 0: they cost nothing */
  set(perSecond: number): void {
    this.#msPerRow = perSecond === 0 ? 0 : 1000 / perSecond;
  }

  /** Does it when all before it is done and its rows are paid for. */
  do(rows: () => number, work: () => void): void {
    if (this.#msPerRow === 0) {
      work();
      return;
    }
    this.#freeAt = Math.max(now(), this.#freeAt) + rows() * this.#msPerRow;
    this.#queue.push({ at: this.#freeAt, work });
    this.#timer ??= setTimeout(() => this.#turn(), this.#freeAt - now());
  }

  /** The worker is gone, with what it had not done. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#freeAt = 0;
  }

  #turn(): void {
    const at = now();
    const later = this.#queue.findIndex((one) => one.at > at);
    const due = this.#queue.splice(0, later === -1 ? this.#queue.length : later);
    for (const { work } of due) work();
    const [next] = this.#queue;
    this.#timer = next === undefined ? undefined : setTimeout(() => this.#turn(), next.at - now());
  }
}
