/**
 * Notices that a platform refuses on principle (R9): more than half of three successive batches
 * rejected with one code. Going on would only quarantine everything.
 */

/**
 * What may be risked. `full`: everything. `doubt`, after a batch that was mostly rejected: one small claim at a time,
 * alarms beside it. `probe`, after a stop: one small batch and nothing beside it, whose verdict decides.
 */
export type Trust = "full" | "doubt" | "probe";

/** Rows of a batch that is only to find out. */
export const probeRows = 20;

const successive = 3;

export class Rejections {
  #code: string | null = null;
  #batches = 0;
  #probing = false;

  get trust(): Trust {
    return this.#probing ? "probe" : this.#code === null ? "full" : "doubt";
  }

  /** One judged batch with rows. Gives the code when it is time to stop, else null. */
  judge(rows: number, codes: readonly string[]): string | null {
    const counts = new Map<string, number>();
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    const code = [...counts].find(([, count]) => count > rows / 2)?.[0] ?? null;
    this.#batches = code !== null && code === this.#code ? this.#batches + 1 : 1;
    this.#code = code;
    if (code === null) this.#probing = false;
    return code !== null && (this.#probing || this.#batches >= successive) ? code : null;
  }

  /** After a stop: one batch is risked. */
  resume(): void {
    this.#code = null;
    this.#batches = 0;
    this.#probing = true;
  }
}
