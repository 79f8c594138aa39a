/** Slow change: a smooth line through draws that are keyed by where they stand in time. */
import { seeded } from "../seeded.ts";

/** A smooth line through keyed draws (sum of three uniform ones, sd about 1) that stand `hours` apart. */
export class Drift {
  readonly #key: string;
  readonly #ms: number;
  #at = Number.NaN;
  #from = 0;
  #to = 0;

  constructor(key: string, hours: number) {
    this.#key = key;
    this.#ms = hours * 3_600_000;
  }

  /** About -2.5 to 2.5, mean 0. */
  at(wallMs: number): number {
    const place = wallMs / this.#ms;
    const knot = Math.floor(place);
    if (knot !== this.#at) {
      this.#at = knot;
      this.#from = this.#draw(knot);
      this.#to = this.#draw(knot + 1);
    }
    const x = place - knot;
    return this.#from + (this.#to - this.#from) * x * x * (3 - 2 * x);
  }

  #draw(knot: number): number {
    const chance = seeded(this.#key, knot);
    return (chance() + chance() + chance() - 1.5) * 2;
  }
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
