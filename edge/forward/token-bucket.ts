/** Caps of what may leave, per second; absent: none. Bytes are those on the wire. */
export interface Caps {
  recordsPerS?: number;
  bytesPerS?: number;
}

/** Of the caps, what is left to a platform that asks for patience again and again. */
const leastShare = 1 / 16;
/** Of the caps, what comes back in a minute. */
const growthPerMin = 0.1;
/** What happens within so long is one piece of news: several batches in flight are refused together. */
const sameNewsMs = 10_000;

/**
 * Paces backlog by records and bytes a second. A batch may leave while nothing is owed, and may owe:
 * so one batch larger than a second's allowance leaves at once and the next waits for it.
 *
 * Holds: over any time, what leaves is at most caps × time and one batch. `slow` halves the caps, down to a
 * sixteenth; a tenth of them comes back every minute.
 */
export class TokenBucket {
  readonly #caps: Caps;
  /** Seconds' worth of the caps that is owed, and the monotonic ms at which that was so. */
  #owed = { records: 0, bytes: 0 };
  #at = 0;
  /** Of the caps, at `#slowedUntil`; it grows from there on. */
  #share = 1;
  #slowedUntil = Number.NEGATIVE_INFINITY;
  #newsAt = Number.NEGATIVE_INFINITY;

  constructor(caps: Caps) {
    this.#caps = caps;
  }

  /** Of the caps that hold now, (0, 1]. */
  share(now: number): number {
    const minutes = Math.max(0, now - this.#slowedUntil) / 60_000;
    return Math.min(1, this.#share + growthPerMin * minutes);
  }

  /** Ms until nothing is owed any more, at the pace of now; 0: a batch may leave. */
  waitMs(now: number): number {
    this.#repay(now);
    // Less than a microsecond is what is left over from dividing.
    const owed = Math.max(this.#owed.records, this.#owed.bytes);
    return owed < 1e-6 ? 0 : Math.max(1, (1000 * owed) / this.share(now));
  }

  /** These leave, or more (less: negative) left than was said. */
  spend(now: number, records: number, bytes: number): void {
    this.#repay(now);
    const { recordsPerS = Number.POSITIVE_INFINITY, bytesPerS = Number.POSITIVE_INFINITY } = this.#caps;
    this.#owed.records = Math.max(0, this.#owed.records + records / recordsPerS);
    this.#owed.bytes = Math.max(0, this.#owed.bytes + bytes / bytesPerS);
  }

  /** The platform asks for patience, or does not answer in time. It grows from `until` on. */
  slow(now: number, until = now): void {
    this.#repay(now);
    const share = this.share(now);
    const news = now - this.#newsAt >= sameNewsMs;
    this.#share = news ? Math.max(leastShare, share / 2) : share;
    this.#slowedUntil = Math.max(this.#slowedUntil, now, until);
    if (news) this.#newsAt = now;
  }

  /** What the time since the last look has paid. Growth in between is left out: it is less than it might be. */
  #repay(now: number): void {
    const seconds = (Math.max(0, now - this.#at) / 1000) * this.share(this.#at);
    this.#at = Math.max(this.#at, now);
    this.#owed.records = Math.max(0, this.#owed.records - seconds);
    this.#owed.bytes = Math.max(0, this.#owed.bytes - seconds);
  }
}
