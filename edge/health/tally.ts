/** Counts since the start of this process. Memory is bounded whatever codes arrive. */

/** More codes than this are counted together under `other`. */
const maxCodes = 64;

export class Tally {
  measured = 0;
  kept = 0;
  refused = 0;
  unplanned = 0;
  #faults = new Map<string, number>();

  fault(code: string): void {
    const name = this.#faults.has(code) || this.#faults.size < maxCodes ? code : "other";
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
  }

  /** By code; own names only, so that a code named like a part of every object counts as well. */
  get faults(): Record<string, number> {
    return Object.fromEntries(this.#faults);
  }
}
