/**
 * Slows down whoever tries passwords, by address.
 *
 * Holds:
 * - the first wrong ones of an address cost nothing: people mistype;
 * - then its logins are looked at one by one, `spacingMs` apart, whether right or wrong, and whether the peer waits
 *   for the answer or hangs up to try again;
 * - a user who has come in from that address before is counted for itself, so that guesses beside it, behind the
 *   same router, do not keep it out;
 * - no more is remembered than the bounds below.
 */

/** Wrong passwords that cost nothing. */
export const freeGuesses = 5;
/** After so long without a wrong one all is forgotten. */
export const forgetMs = 60_000;
/** Between two logins that are looked at. */
export const spacingMs = 500;
/** Longest wait for its turn: less than a login may take. */
const maxWaitMs = 8_000;
const maxAddresses = 1000;
const maxKnown = 5000;

interface Tally {
  wrong: number;
  /** Monotonic ms of the last wrong one. */
  lastAt: number;
  /** Monotonic ms before which nothing is looked at. */
  nextAt: number;
}

export class Guesses {
  readonly #tallies = new Map<string, Tally>();
  readonly #known = new Set<string>();

  /** @returns ms until this login may be looked at; null: too many wait already */
  turn(address: string, user: string, now: number): number | null {
    const tally = this.#tallies.get(this.#key(address, user));
    if (tally === undefined || tally.wrong < freeGuesses || now - tally.lastAt > forgetMs) return 0;
    const waitMs = Math.max(0, tally.nextAt - now);
    if (waitMs > maxWaitMs) return null;
    tally.nextAt = now + waitMs + spacingMs;
    return waitMs;
  }

  wrong(address: string, user: string, now: number): void {
    const key = this.#key(address, user);
    const before = this.#tallies.get(key);
    const goesOn = before !== undefined && now - before.lastAt <= forgetMs;
    this.#tallies.delete(key);
    this.#tallies.set(key, {
      wrong: goesOn ? before.wrong + 1 : 1,
      lastAt: now,
      nextAt: Math.max(goesOn ? before.nextAt : 0, now + spacingMs),
    });
    trim(this.#tallies, maxAddresses);
  }

  right(address: string, user: string): void {
    const known = both(address, user);
    this.#known.delete(known);
    this.#known.add(known);
    trim(this.#known, maxKnown);
  }

  #key(address: string, user: string): string {
    const known = both(address, user);
    return this.#known.has(known) ? known : address;
  }
}

const both = (address: string, user: string) => `${address} ${user}`;

/** Forgets the oldest. */
function trim(all: Map<string, unknown> | Set<string>, most: number): void {
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}
