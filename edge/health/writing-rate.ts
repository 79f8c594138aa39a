/**
 * How much is written to disk in a day, learned from the last 24 hours, and how long the space lasts. Pure.
 *
 * Holds: memory is one mark an hour for a day; nothing is claimed before a whole hour was seen. What is written
 * is taken as the larger of two: what the file grew by (right while data pile up) and the records times what
 * one takes at least (right while the platform confirms and the file stands still).
 */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Measured: a row of an average record with its share of index and pages. */
const recordBytes = 140;

interface Mark {
  at: number;
  stored: number;
  bytes: number;
}

export class WritingRate {
  /** Oldest first; at most 25 and the newest. */
  #marks: Mark[] = [];
  #newest: Mark | null = null;

  /**
   * @param stored records on disk since the start of this process
   * @param bytes what the file holds
   * @param now monotonic ms
   */
  take(stored: number, bytes: number, now: number): void {
    if (!(Number.isFinite(stored) && Number.isFinite(bytes))) return;
    const newest = { at: now, stored, bytes };
    // A counter that goes back belongs to another journal: begin anew.
    if (this.#newest !== null && stored < this.#newest.stored) this.#marks = [];
    this.#newest = newest;
    const last = this.#marks.at(-1);
    if (last !== undefined && now - last.at < hourMs) return;
    this.#marks.push(newest);
    while (this.#marks.length > 1 && now - (this.#marks[1]?.at ?? now) >= dayMs) this.#marks.shift();
  }

  /** Bytes in a day; null: too early to say. */
  get perDay(): number | null {
    const first = this.#marks[0];
    const newest = this.#newest;
    if (first === undefined || newest === null) return null;
    const coveredMs = newest.at - first.at;
    if (coveredMs < hourMs) return null;
    const written = Math.max((newest.stored - first.stored) * recordBytes, newest.bytes - first.bytes);
    return Math.round((written / coveredMs) * dayMs);
  }
}

/**
 * Days until `freeBytes` are full at `perDay`, as people say them: whole ones, below ten with one decimal.
 * Null: nothing is written or nothing is known.
 */
export function daysLeft(freeBytes: number, perDay: number | null): number | null {
  if (perDay === null || !(perDay > 0) || !Number.isFinite(freeBytes)) return null;
  const days = Math.min(Math.max(0, freeBytes) / perDay, 99_999);
  return days >= 10 ? Math.floor(days) : Math.floor(days * 10) / 10;
}
