/**
 * Since when each device of a line is asked in vain. Time comes from outside, monotonic ms.
 *
 * Memory: one entry per device that did not answer its last turn, until it is forgotten.
 */
import { patience } from "./breaker.ts";

export interface InVain {
  /** The first turn in vain since it last answered. */
  first: number;
  /** From here on there were as many as make a device silent; null: there were not so many yet. */
  enough: number | null;
}

export class AskedInVain {
  /** The first, and the last ones, oldest first. */
  readonly #turns = new Map<string, { first: number; last: number[] }>();

  answered(device: string): void {
    this.#turns.delete(device);
  }

  failed(device: string, now: number): void {
    const { first, last } = this.#turns.get(device) ?? { first: now, last: [] };
    this.#turns.set(device, { first, last: [...last, now].slice(-patience) });
  }

  /** Those that were not asked since: they may have left the plan. */
  forget(before: number): void {
    for (const [device, { last }] of this.#turns)
      if ((last.at(-1) ?? before) < before) this.#turns.delete(device);
  }

  /** By device. */
  get all(): Map<string, InVain> {
    return new Map(
      [...this.#turns].map(([device, { first, last }]) => {
        const enough = last.length < patience ? null : (last[0] ?? null);
        return [device, { first, enough }];
      }),
    );
  }
}
