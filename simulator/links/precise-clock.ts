/**
 * The machine's time with sleeps that end within a fraction of a millisecond: the timers of the event loop count in whole
 * milliseconds, which is a character at 9600 baud. One thread sleeps for all and burns nothing while it does.
 *
 * Holds: no sleep ends early; while nobody sleeps, the thread does, and does not keep the program running.
 */
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../config/schema/context.ts";

interface Sleeper {
  dueMs: number;
  wake(): void;
}

/** Further away than anybody sleeps, ns. */
const neverNs = 2n ** 62n;

export class PreciseClock implements Clock {
  readonly bootId = randomUUID();
  /** What the thread looks at: a count that grows with every change, and the next moment in ns of the machine's monotonic time. */
  readonly #shared = new SharedArrayBuffer(16);
  readonly #changes = new Int32Array(this.#shared, 0, 1);
  readonly #dueNs = new BigInt64Array(this.#shared, 8, 1);
  readonly #worker: Worker;
  /** From this clock's ms to the machine's monotonic time, ms. */
  readonly #offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  /** By time. */
  #sleepers: Sleeper[] = [];

  constructor() {
    this.#dueNs[0] = neverNs;
    // Runs from sources (.ts) and built (.js) alike.
    this.#worker = new Worker(
      new URL(import.meta.url.endsWith(".ts") ? "./precise-sleep.ts" : "./precise-sleep.js", import.meta.url),
      { workerData: this.#shared },
    );
    this.#worker.on("message", () => this.#wakeDue());
    this.#worker.unref();
  }

  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        if (this.#sleepers.length === 0) this.#worker.unref();
        reject(signal.reason);
      };
      const sleeper: Sleeper = {
        dueMs: performance.now() + ms,
        wake: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      const behind = this.#sleepers.findIndex(({ dueMs }) => dueMs > sleeper.dueMs);
      this.#sleepers.splice(behind < 0 ? this.#sleepers.length : behind, 0, sleeper);
      if (behind === 0 || this.#sleepers.length === 1) this.#tell();
    });
  }

  /** Ends the thread; whoever sleeps is not woken any more. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #wakeDue(): void {
    const nowMs = performance.now();
    const later = this.#sleepers.findIndex(({ dueMs }) => dueMs > nowMs);
    for (const { wake } of this.#sleepers.splice(0, later < 0 ? this.#sleepers.length : later)) wake();
    this.#tell();
  }

  #tell(): void {
    const next = this.#sleepers[0];
    if (next === undefined) this.#worker.unref();
    else this.#worker.ref();
    const dueNs = next === undefined ? neverNs : BigInt(Math.ceil((next.dueMs + this.#offsetMs) * 1e6));
    Atomics.store(this.#dueNs, 0, dueNs);
    Atomics.add(this.#changes, 0, 1);
    Atomics.notify(this.#changes, 0);
  }
}
