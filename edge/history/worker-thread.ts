/**
 * The main half's end of the worker: one thread, requests answered in order.
 * Holds: every call settles, also when the thread dies; the next call after that starts a new one.
 */
import { Worker } from "node:worker_threads";
import type { Asks, Op, Replies, Reply, StoreSettings } from "./wire.ts";

/** A request that the worker could not do; `code` is SQLite's or the system's. */
export class HistoryError extends Error {
  readonly code: string;
  readonly retry = "later";
  constructor(code: string, detail: string) {
    super(detail);
    this.name = "HistoryError";
    this.code = code;
  }
}

interface Waiting {
  resolve(body: Replies[Op]): void;
  reject(error: HistoryError): void;
}

export class WorkerThread {
  readonly #settings: StoreSettings;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #calls = 0;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
  }

  /** @throws HistoryError */
  call<O extends Op>(op: O, ask: Asks[O]): Promise<Replies[O]> {
    const worker = this.#worker ?? this.#start();
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (body: Replies[Op]) => void, reject });
      worker.postMessage({ id, op, ask });
    });
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // Runs from sources (.ts) and built (.js) alike. Batches come and go by the second: a small heap is enough.
    const source = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const worker = new Worker(new URL(source, import.meta.url), {
      workerData: this.#settings,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker = worker;
    worker.on("message", (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.ok) waiting?.resolve(reply.body);
      else waiting?.reject(new HistoryError(reply.code, reply.detail));
    });
    worker.on("error", (error) => this.#lost(worker, error.message));
    worker.on("exit", () => this.#lost(worker, "the history thread ended"));
    return worker;
  }

  #lost(worker: Worker, detail: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const waiting of this.#waiting.values()) waiting.reject(new HistoryError("worker", detail));
    this.#waiting.clear();
  }
}
