import type { Clock } from "../config/schema/context.ts";

/**
 * A clock that stands still until told to move. Wall and monotonic time move together;
 * `step` moves the wall alone, as a clock correction does.
 */
export class FakeClock implements Clock {
  bootId = "boot-1";
  #wallOffset: number;
  #now: number;
  #sleepers: { at: number; wake(): void }[] = [];

  /** @param wallMs wall time at the start, ms UTC */
  constructor(wallMs = Date.UTC(2026, 8, 1), monotonicMs = 1000) {
    this.#now = monotonicMs;
    this.#wallOffset = wallMs - monotonicMs;
  }

  wallMs(): number {
    return this.#wallOffset + this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /**
   * Moves time on, waking sleepers in order; what they start runs in between.
   * @param settled resolves when what was woken is done; default: after one turn of the loop
   */
  async advance(ms: number, settled = () => new Promise<unknown>(setImmediate)): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#first(until);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settled();
    }
    this.#now = until;
    await settled();
  }

  /** Takes out who wakes first, of several who came first; a month has millions of them. */
  #first(until: number): { at: number; wake(): void } | undefined {
    let first = -1;
    for (const [index, { at }] of this.#sleepers.entries())
      if (at <= until && (first < 0 || at < (this.#sleepers[first]?.at ?? 0))) first = index;
    return first < 0 ? undefined : this.#sleepers.splice(first, 1)[0];
  }

  /** Moves time on at once, as after a standstill of the machine: whoever is due wakes once, at the new time. */
  async jump(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= this.#now);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.at > this.#now);
    for (const sleeper of due) sleeper.wake();
    await new Promise(setImmediate);
  }

  step(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Sleepers that wait; 0 when nothing is timed. */
  get sleeping(): number {
    return this.#sleepers.length;
  }
}

/** A log that keeps what was written. */
export function recordingLog(): { lines: { level: string; fields: object; sentence: string }[] } & Record<
  "debug" | "info" | "warn" | "error",
  (fields: object, sentence: string) => void
> {
  const lines: { level: string; fields: object; sentence: string }[] = [];
  const at = (level: string) => (fields: object, sentence: string) =>
    void lines.push({ level, fields, sentence });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
