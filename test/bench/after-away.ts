/**
 * What comes after a receiver was away: when it came, and what of it had been waiting.
 *
 * A message is old when it was sent before the mark, and live when sent after the receiver was there again.
 */
import type { Latencies } from "./latencies.ts";
import { Stopwatch } from "./latencies.ts";

/** The first second with the link is the change itself: what is live in it is no matter of the waiting. */
const changeMs = 1000;

/** Moments on the common clock. */
export interface Returned {
  /** The receiver listens. */
  listensAt: number;
  /** Somebody connected. */
  connectedAt: number;
  firstAt: number;
  firstLiveAt: number;
  /** The last of the old messages, of which there were so many. */
  lastOldAt: number;
  old: number;
}

export class AfterAway {
  readonly #moments: Omit<Returned, "listensAt">;
  readonly #markAt: number;
  readonly #listensAt: number;
  readonly #live: { saidAt: number; at: number }[] = [];

  /** @param markAt what was sent before is old */
  constructor(markAt: number, listensAt: number) {
    this.#markAt = markAt;
    this.#listensAt = listensAt;
    const never = Number.POSITIVE_INFINITY;
    this.#moments = { connectedAt: never, firstAt: never, firstLiveAt: never, lastOldAt: never, old: 0 };
  }

  get moments(): Returned {
    return { listensAt: this.#listensAt, ...this.#moments };
  }

  connected(at: number): void {
    this.#moments.connectedAt = Math.min(this.#moments.connectedAt, at);
  }

  arrived(saidAt: number, at: number): void {
    const moments = this.#moments;
    moments.firstAt = Math.min(moments.firstAt, at);
    if (saidAt < this.#markAt) {
      moments.old += 1;
      moments.lastOldAt = at;
    }
    if (saidAt < this.#listensAt) return;
    moments.firstLiveAt = Math.min(moments.firstLiveAt, at);
    this.#live.push({ saidAt, at });
  }

  /** How long live messages took that were sent while old ones came, wherever they arrived. @throws without any */
  live(): Latencies {
    const { connectedAt, lastOldAt } = this.#moments;
    const taken = new Stopwatch();
    taken.start();
    for (const { saidAt, at } of this.#live)
      if (saidAt >= connectedAt + changeMs && saidAt <= lastOldAt) taken.note(at - saidAt);
    return taken.stop();
  }
}
