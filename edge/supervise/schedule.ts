/**
 * When a job is due. Pure: time comes from outside, monotonic ms.
 *
 * Holds: a job is due at one moment of each of its periods, its phase, for as long as it is planned; the phases of
 * jobs with one period lie spread over it, whichever come and go. The same coming and going gives the same phases.
 * A moment that has passed is not made up for: it is counted.
 */

/** The golden ratio: multiples of it, taken modulo 1, fill the gaps evenly, however many there are. */
const golden = (Math.sqrt(5) - 1) / 2;

/** Gives out phases, each a share of the period in [0, 1). */
export class Phases {
  /** Of each period, which numbers are taken. */
  readonly #taken = new Map<number, Set<number>>();

  /** The next free phase among jobs of this period. */
  take(everyMs: number): Phase {
    const taken = this.#taken.get(everyMs) ?? new Set();
    this.#taken.set(everyMs, taken);
    let number = 0;
    while (taken.has(number)) number += 1;
    taken.add(number);
    return { everyMs, number, share: (number * golden) % 1 };
  }

  /** Its job is planned no more. */
  free({ everyMs, number }: Phase): void {
    const taken = this.#taken.get(everyMs);
    taken?.delete(number);
    if (taken?.size === 0) this.#taken.delete(everyMs);
  }
}

export interface Phase {
  everyMs: number;
  number: number;
  share: number;
}

/** Shortest period that is kept; less would be one endless turn. */
const leastMs = 10;

/** The moments of one job. */
export class Slot {
  readonly #everyMs: number;
  readonly #phaseMs: number;
  #dueAt: number;
  /** The first of its moments that is not served yet; of those before its first time none is missed. */
  #next = Number.POSITIVE_INFINITY;

  /** Due at once, then at its phase. */
  constructor({ everyMs, share }: Phase, now: number) {
    this.#everyMs = everyMs >= leastMs ? everyMs : leastMs;
    this.#phaseMs = Math.round(share * this.#everyMs);
    this.#dueAt = now;
  }

  get dueAt(): number {
    return this.#dueAt;
  }

  /** Due at `at` (now: at once), out of turn, unless its phase comes before. */
  hurry(at: number): void {
    this.#dueAt = Math.min(this.#dueAt, at);
  }

  /** Due at its phase and not before. */
  wait(now: number): void {
    this.#dueAt = this.#after(now);
    this.#next = this.#dueAt;
  }

  /** What passed by between these two is not missed: nobody could have read it then. */
  excuse(from: number, now: number): void {
    const before = this.passed(from);
    if (this.passed(now) > before) this.#next = this.#after(now) - before * this.#everyMs;
  }

  /** Moments up to `now` for which nothing was done. */
  passed(now: number): number {
    return now < this.#next ? 0 : Math.floor((now - this.#next) / this.#everyMs) + 1;
  }

  /**
   * It was read by `now`: that counts for one moment.
   * @returns how many others have passed by: it was too late for them
   */
  done(now: number): number {
    const missed = Math.max(0, this.passed(now) - 1);
    this.wait(now);
    return missed;
  }

  #after(now: number): number {
    const moment = this.#phaseMs + Math.ceil((now - this.#phaseMs) / this.#everyMs) * this.#everyMs;
    return moment > now ? moment : moment + this.#everyMs;
  }
}
