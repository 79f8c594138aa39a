/**
 * The slots of one connection that were answered, oldest first.
 *
 * An array with a head and not a Map: a Map whose first entries were deleted is walked past them every time.
 */

interface Entry {
  slot: string;
  at: number;
}

export class AnsweredSlots {
  /** Oldest first; entries that `#newest` does not know are dead. */
  #entries: Entry[] = [];
  #head = 0;
  readonly #newest = new Map<string, Entry>();

  get size(): number {
    return this.#newest.size;
  }

  /** @param at monotonic ms of the answer, never less than those before */
  add(slot: string, at: number): void {
    const entry = { slot, at };
    this.#newest.set(slot, entry);
    this.#entries.push(entry);
    // Half of it dead: a device that uses one packet id all the time.
    if (this.#entries.length > 64 + 2 * this.#newest.size) this.#compact();
  }

  /** @returns true iff it was there */
  forget(slot: string): boolean {
    return this.#newest.delete(slot);
  }

  /** Takes the oldest if it was answered at `until` or before. */
  take(until: number): string | null {
    for (;;) {
      const entry = this.#entries[this.#head];
      if (entry === undefined) {
        this.#compact();
        return null;
      }
      const live = this.#newest.get(entry.slot) === entry;
      if (live && entry.at > until) return null;
      this.#head += 1;
      if (!live) continue;
      this.#newest.delete(entry.slot);
      return entry.slot;
    }
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#newest.clear();
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#head).filter((entry) => this.#newest.get(entry.slot) === entry);
    this.#head = 0;
  }
}
