/**
 * The main half's end of the writer: one worker thread, requests answered in order.
 * Holds: every call settles, also when the thread dies; the next call after that starts a new one.
 */
import { Worker } from "node:worker_threads";
import type { Asks, Op, Replies, Reply, WriterData } from "./wire.ts";

/** A request that the writer could not do; `code` is SQLite's or the system's. */
export class StoreError extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(detail);
    this.name = "StoreError";
    this.code = code;
  }
}

export class WriterThread {
  readonly #data: WriterData;
  readonly #waiting = new Map<
    number,
    { resolve(body: Replies[Op]): void; reject(error: StoreError): void }
  >();
  #worker: Worker | null = null;
  #calls = 0;

  constructor(data: WriterData) {
    this.#data = data;
  }

  /** @throws StoreError */
  call<O extends Op>(op: O, ask: Asks[O]): Promise<Replies[O]> {
    const worker = this.#worker ?? this.#start();
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (body: Replies[Op]) => void, reject });
      worker.postMessage({ id, op, ask });
    });
  }

  /** A request is not answered yet. */
  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // Runs from sources (.ts) and built (.js) alike.
    const worker = new Worker(
      new URL(import.meta.url.endsWith(".ts") ? "./writer.ts" : "./writer.js", import.meta.url),
      {
        workerData: this.#data,
      },
    );
    this.#worker = worker;
    worker.on("message", (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.ok) waiting?.resolve(reply.body);
      else waiting?.reject(new StoreError(reply.code, reply.detail));
    });
    worker.on("error", (error) => this.#lost(worker, error.message));
    worker.on("exit", () => this.#lost(worker, "the writer thread ended"));
    return worker;
  }

  #lost(worker: Worker, detail: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const waiting of this.#waiting.values()) waiting.reject(new StoreError("writer", detail));
    this.#waiting.clear();
  }
}
