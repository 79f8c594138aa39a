/**
 * Whether a batch fails by its own fault. R9 keeps what a platform answers with a fault of its own; but one that chokes
 * on a single record would keep everything behind it for ever.
 *
 * Holds: only failures between which other batches were judged count, so a platform that is down or takes turns in
 * failing is not suspected; the first batch must fail often and for long, the pieces of it only often.
 */
import type { Held } from "./holdings.ts";

const firstTimes = 10;
const firstMs = 600_000;
/** Of pieces, for so long after the last suspicion. */
const pieceTimes = 3;
const pieceMs = 600_000;

export class Suspicion {
  /** Batches that were judged. */
  #judged = 0;
  /** Of each that has failed: what was judged then, how often it failed alone, monotonic ms of its first failure. */
  readonly #failures = new WeakMap<Held, { judged: number; alone: number; since: number }>();
  /** Monotonic ms until which pieces are suspected. */
  #until = Number.NEGATIVE_INFINITY;

  /** Some batch was judged. */
  judged(): void {
    this.#judged += 1;
  }

  /** A batch has failed. @returns it is to be treated as refused */
  failed(held: Held, now: number): boolean {
    const before = this.#failures.get(held) ?? { judged: this.#judged, alone: 0, since: now };
    const alone = before.alone + (this.#judged > before.judged ? 1 : 0);
    this.#failures.set(held, { judged: this.#judged, alone, since: before.since });
    const isPiece = now < this.#until;
    const isCulprit = isPiece ? alone >= pieceTimes : alone >= firstTimes && now - before.since >= firstMs;
    if (isCulprit) this.#until = now + pieceMs;
    return isCulprit;
  }
}
