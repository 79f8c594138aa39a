/**
 * Notices that a platform refuses on principle (R9): more than half of three successive batches
 * rejected with one code. Going on would only quarantine everything.
 */
export class Rejections {
  #code: string | null = null;
  #batches = 0;

  /** One judged batch with rows. Gives the code when it is time to stop, else null. */
  judge(rows: number, codes: readonly string[]): string | null {
    const counts = new Map<string, number>();
    for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    const code = [...counts].find(([, count]) => count > rows / 2)?.[0] ?? null;
    this.#batches = code !== null && code === this.#code ? this.#batches + 1 : 1;
    this.#code = code;
    return code !== null && this.#batches >= successive ? code : null;
  }

  reset(): void {
    this.#code = null;
    this.#batches = 0;
  }
}

const successive = 3;
