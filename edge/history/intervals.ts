/**
 * Sets of whole numbers as few runs: which seqs of an epoch are here (R13). Pure.
 *
 * Holds: runs are in order, apart from each other, never empty.
 */
export class Intervals {
  readonly #runs: [first: number, last: number][];

  constructor(runs: readonly (readonly [number, number])[] = []) {
    this.#runs = runs.map(([first, last]) => [first, last]);
  }

  /** Takes [first, last]; nothing when last < first. */
  add(first: number, last: number): void {
    if (last < first) return;
    const from = this.#at(first - 1);
    let to = from;
    let low = first;
    let high = last;
    for (let run = this.#runs[to]; run !== undefined && run[0] <= last + 1; run = this.#runs[++to]) {
      low = Math.min(low, run[0]);
      high = Math.max(high, run[1]);
    }
    this.#runs.splice(from, to - from, [low, high]);
  }

  has(n: number): boolean {
    return this.overlaps(n, n);
  }

  /** Something of [first, last] is in it. */
  overlaps(first: number, last: number): boolean {
    const run = this.#runs[this.#at(first)];
    return last >= first && run !== undefined && run[0] <= last;
  }

  /** The least number from 1 on that is not in it. */
  get next(): number {
    const [run] = this.#runs;
    return run !== undefined && run[0] <= 1 ? run[1] + 1 : 1;
  }

  get runs(): readonly (readonly [first: number, last: number])[] {
    return this.#runs;
  }

  /** Index of the first run that ends at or after `n`. */
  #at(n: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#runs[middle]?.[1] ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
