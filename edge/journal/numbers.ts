/**
 * The short number of each series in the file.
 *
 * Holds: equal series have one number; a number never changes its series while the file is open.
 */
import type { Series } from "../../config/schema/vocabulary.ts";

export class SeriesNumbers {
  readonly #byName = new Map<string, number>();
  readonly #byNumber = new Map<number, Series>();
  /** Of series objects: who has asked before need not be read again. */
  #known = new WeakMap<Series, number>();

  #last = 0;

  /** What is on disk, and nothing else. @param first no number below is given from now on */
  load(series: Iterable<readonly [s: number, series: Series]>, first = 1): void {
    this.#last = first - 1;
    this.#byName.clear();
    this.#byNumber.clear();
    this.#known = new WeakMap();
    for (const [s, each] of series) this.#learn(s, each);
  }

  /** @param begin called when it has none yet, with the one it gets */
  of(series: Series, begin: (s: number) => void): number {
    const known = this.#known.get(series);
    if (known !== undefined) return known;
    let s = this.#byName.get(nameOf(series));
    if (s === undefined) {
      s = this.#last + 1;
      this.#learn(s, { ...series });
      begin(s);
    }
    this.#known.set(series, s);
    return s;
  }

  series(s: number): Series | undefined {
    return this.#byNumber.get(s);
  }

  /** Numbers of all series of a kind. */
  ofKind(kind: Series["kind"]): number[] {
    return [...this.#byNumber].flatMap(([s, series]) => (series.kind === kind ? [s] : []));
  }

  /** Numbers of rows that came out of another file; equal series may have one of ours already, which stays. */
  learn(series: Iterable<readonly [s: number, series: Series]>): void {
    for (const [s, each] of series) {
      if (this.#byNumber.has(s)) continue;
      const ours = this.#byName.get(nameOf(each));
      this.#learn(s, each);
      if (ours !== undefined) this.#byName.set(nameOf(each), ours);
    }
  }

  #learn(s: number, series: Series): void {
    this.#last = Math.max(this.#last, s);
    this.#byName.set(nameOf(series), s);
    this.#byNumber.set(s, series);
  }
}

function nameOf(series: Series): string {
  const { device, point, space, unit, kind, level, source, simulated } = series;
  return JSON.stringify([device, point, space, unit ?? null, kind, level, source, simulated ?? false]);
}
