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

  /** What is on disk, and nothing else. */
  load(series: Iterable<readonly [s: number, series: Series]>): void {
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
      s = this.#byName.size + 1;
      this.#learn(s, { ...series });
      begin(s);
    }
    this.#known.set(series, s);
    return s;
  }

  series(s: number): Series | undefined {
    return this.#byNumber.get(s);
  }

  #learn(s: number, series: Series): void {
    this.#byName.set(nameOf(series), s);
    this.#byNumber.set(s, series);
  }
}

function nameOf(series: Series): string {
  const { device, point, space, unit, kind, level, source, simulated } = series;
  return JSON.stringify([device, point, space, unit ?? null, kind, level, source, simulated ?? false]);
}
