/**
 * A set of seqs as runs [first, last], both included.
 *
 * Holds: runs are sorted, never touch each other and are never empty.
 */
import type { SeqRange } from "../../config/schema/vocabulary.ts";

export class IntervalSet {
  #runs: [number, number][] = [];

  /** How many runs; what is bounded by R13. */
  get runs(): number {
    return this.#runs.length;
  }

  /** How many seqs. */
  get size(): number {
    return this.#runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** First seq from 1 on that is not in the set. */
  get firstMissing(): number {
    const run = this.#runs[0];
    return run === undefined || run[0] > 1 ? 1 : run[1] + 1;
  }

  /** The runs, in order. */
  ranges(): SeqRange[] {
    return this.#runs.map(([first, last]) => [first, last]);
  }

  has(seq: number): boolean {
    const run = this.#runs[this.#from(seq)];
    return run !== undefined && run[0] <= seq;
  }

  add(first: number, last = first): void {
    if (last < first) return;
    const from = this.#from(first - 1);
    let until = from;
    let [low, high] = [first, last];
    for (let run = this.#runs[until]; run !== undefined && run[0] <= last + 1; run = this.#runs[++until]) {
      low = Math.min(low, run[0]);
      high = Math.max(high, run[1]);
    }
    this.#runs.splice(from, until - from, [low, high]);
  }

  remove(first: number, last = first): void {
    if (last < first) return;
    const from = this.#from(first);
    const rest: [number, number][] = [];
    let until = from;
    for (let run = this.#runs[until]; run !== undefined && run[0] <= last; run = this.#runs[++until]) {
      if (run[0] < first) rest.push([run[0], first - 1]);
      if (run[1] > last) rest.push([last + 1, run[1]]);
    }
    this.#runs.splice(from, until - from, ...rest);
  }

  /** The parts of [first, last] that are in the set. */
  within(first: number, last: number): SeqRange[] {
    const found: SeqRange[] = [];
    for (let at = this.#from(first); at < this.#runs.length; at++) {
      const run = this.#runs[at];
      if (run === undefined || run[0] > last) break;
      found.push([Math.max(first, run[0]), Math.min(last, run[1])]);
    }
    return found;
  }

  /** The parts of [first, last] that are not in the set. */
  missing(first: number, last: number): SeqRange[] {
    const found: SeqRange[] = [];
    let next = first;
    for (const [from, to] of this.within(first, last)) {
      if (from > next) found.push([next, from - 1]);
      next = to + 1;
    }
    if (next <= last) found.push([next, last]);
    return found;
  }

  copy(): IntervalSet {
    const other = new IntervalSet();
    other.#runs = this.#runs.map(([first, last]) => [first, last]);
    return other;
  }

  /** Index of the first run that ends at or after `seq`. */
  #from(seq: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.[1] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
