/** How long things took, in ms. */

export interface Latencies {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export class Stopwatch {
  #taken: number[] = [];
  #running = false;

  /** Forgets what was, and takes note from now on. */
  start(): void {
    this.#taken = [];
    this.#running = true;
  }

  note(ms: number): void {
    if (this.#running) this.#taken.push(ms);
  }

  /** @throws when nothing was noted */
  stop(): Latencies {
    this.#running = false;
    const taken = Float64Array.from(this.#taken).sort();
    if (taken.length === 0) throw new Error("nothing was measured");
    const at = (share: number) =>
      taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] as number;
    return { count: taken.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
