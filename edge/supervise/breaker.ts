/**
 * Whether a device answers, and when one that does not is asked again. Pure: time comes from outside, monotonic ms.
 *
 * Holds:
 * - After `patience` turns in a row without an answer the device is down, until one is answered. A device that says
 *   "no" (an exception, a fault of its own) answers.
 * - Down, it is asked after 1, 2, 4 … 60 s, one job at a time and each in its turn, so that a job which it never
 *   answers cannot keep it down.
 * - A job that stays without an answer while the device answers others rests alone, by the same steps.
 * - A device that answers now and then, or more slowly than it may, and so loses more than `lossShare` of the line's
 *   time in the long run, is `costly` until it has made up for it: its polls are then paid like those of a silent one.
 * - `up` and `down` are told once per change.
 */

/** Turns in a row. */
export const patience = 3;
const firstMs = 1_000;
const longestMs = 60_000;
const lossShare = 0.05;
/** Lost turns at once that cost nothing, and how many of them are left when it is trusted again. */
const lossTurns = 6;
const trustTurns = 2;

const restMs = (failures: number): number => Math.min(longestMs, firstMs * 2 ** Math.max(0, failures));

interface Asked {
  /** Turns in a row without an answer. */
  streak: number;
  /** Set while it rests alone: monotonic ms of its next turn. */
  restsUntil: number | null;
}

/** What became of the device by one turn; null: what it was before. */
export type Became = null | {
  what: "up";
  /** Since it was said to be down; null: it never was. */
  silentMs: number | null;
};

/** One device. `J` names its jobs. */
export class Breaker<J> {
  #state: "unknown" | "up" | "down" = "unknown";
  /** Turns in a row without an answer, those of resting jobs aside. */
  #streak = 0;
  #jobs = new Map<J, Asked>();
  #downSince = 0;
  /** Rechecks in vain. */
  #rechecks = 0;
  #recheckAt = 0;
  /** Of the line's time, on turns without an answer, or with one too late; made up for as time passes. */
  #lost = { ms: 0, at: 0, turnMs: 0, costly: false };

  get down(): boolean {
    return this.#state === "down";
  }

  /** Monotonic ms of the next recheck while it is down. */
  get recheckAt(): number {
    return this.#recheckAt;
  }

  /** Which of its jobs a recheck runs. */
  recheckOf<T>(jobs: readonly T[]): T | undefined {
    return jobs[this.#rechecks % jobs.length];
  }

  /** Monotonic ms until which a job rests alone; null: it does not. */
  restsUntil(job: J): number | null {
    return this.#jobs.get(job)?.restsUntil ?? null;
  }

  /** Loses more of the line's time than it may. */
  costly(now: number): boolean {
    this.#forgive(now);
    return this.#lost.costly;
  }

  answered(job: J, now: number): Became {
    const before = this.#state;
    this.#state = "up";
    this.#streak = 0;
    this.#rechecks = 0;
    // One ordinary turn for each of the others: a job that fails then, rests.
    for (const asked of before === "down" ? this.#jobs.values() : [])
      Object.assign(asked, { streak: Math.min(asked.streak, patience - 1), restsUntil: null });
    this.#jobs.delete(job);
    if (before === "up") return null;
    return { what: "up", silentMs: before === "down" ? now - this.#downSince : null };
  }

  /**
   * A turn was answered, and took longer than it may.
   * @param costMs what it took of the line's time
   */
  slow(costMs: number, now: number): void {
    this.#lose(costMs, now);
  }

  /**
   * @param costMs what the turn took of the line's time
   * @returns true: it is down from now on
   */
  failed(job: J, costMs: number, now: number): boolean {
    const asked = this.#jobs.get(job) ?? { streak: 0, restsUntil: null };
    this.#jobs.set(job, asked);
    asked.streak += 1;
    if (this.#state === "down") {
      this.#rechecks += 1;
      this.#recheckAt = now + restMs(this.#rechecks);
      return false;
    }
    this.#lose(costMs, now);
    if (asked.restsUntil !== null) {
      asked.restsUntil = now + restMs(asked.streak - patience);
      return false;
    }
    this.#streak += 1;
    if (this.#streak >= patience) {
      this.#state = "down";
      this.#downSince = now;
      this.#rechecks = 0;
      this.#recheckAt = now + firstMs;
      return true;
    }
    if (asked.streak >= patience) asked.restsUntil = now + firstMs;
    return false;
  }

  /** Something changed that may have silenced it: the next recheck comes soon, patience begins anew. */
  hurry(now: number): void {
    this.#recheckAt = Math.min(this.#recheckAt, now);
    this.#rechecks = 0;
    for (const [, asked] of this.#jobs) if (asked.restsUntil !== null) asked.restsUntil = now;
  }

  forget(job: J): void {
    this.#jobs.delete(job);
  }

  #lose(costMs: number, now: number): void {
    this.#forgive(now);
    const lost = this.#lost;
    lost.turnMs = Math.max(lost.turnMs, costMs);
    lost.ms = Math.min(lost.ms + costMs, 2 * lossTurns * lost.turnMs);
    if (lost.ms > lossTurns * lost.turnMs) lost.costly = true;
  }

  #forgive(now: number): void {
    const lost = this.#lost;
    lost.ms = Math.max(0, lost.ms - lossShare * Math.max(0, now - lost.at));
    lost.at = now;
    if (lost.ms <= trustTurns * lost.turnMs) lost.costly = false;
    if (lost.ms === 0) lost.turnMs = 0;
  }
}
