/**
 * Questions to a worker thread: each has a name, is answered in the order in which it was asked, and settles whatever
 * happens. Both ends of it; what is asked and answered is its owner's (a `wire.ts`).
 *
 * Holds: the next call after the thread died starts a new one.
 */
import { type MessagePort, type ResourceLimits, Worker } from "node:worker_threads";

/** One question as it crosses. */
export type Asked<Asks extends object> = {
  [O in keyof Asks]: { id: number; op: O; ask: Asks[O] };
}[keyof Asks];

type Reply =
  | { id: number; ok: true; body: unknown }
  | { id: number; ok: false; code: string; detail: string };

export interface WorkerCallsOptions {
  /** Of the thread's module, without its ending: it runs from sources (.ts) and built (.js) alike. */
  module: URL;
  workerData: unknown;
  resourceLimits?: ResourceLimits;
  /** Of a question that could not be answered; `code` is SQLite's or the system's, or `worker` when the thread died. */
  error(code: string, detail: string): Error;
}

export class WorkerCalls<Asks extends object, Replies extends { [O in keyof Asks]: unknown }> {
  readonly #options: WorkerCallsOptions;
  readonly #waiting = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  #worker: Worker | null = null;
  #calls = 0;

  constructor(options: WorkerCallsOptions) {
    this.#options = options;
  }

  /** Rejects with what `error` makes of it. */
  call<O extends keyof Asks>(op: O, ask: Asks[O]): Promise<Replies[O]> {
    const worker = this.#worker ?? this.#start();
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (body: unknown) => void, reject });
      worker.postMessage({ id, op, ask });
    });
  }

  /** A question is not answered yet. */
  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const { module, workerData, resourceLimits, error: errorOf } = this.#options;
    const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
    const worker = new Worker(new URL(`${module}${ending}`), {
      workerData,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    });
    this.#worker = worker;
    worker.on("message", (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.ok) waiting?.resolve(reply.body);
      else waiting?.reject(errorOf(reply.code, reply.detail));
    });
    worker.on("error", (error) => this.#lost(worker, error.message));
    worker.on("exit", () => this.#lost(worker, "the thread ended"));
    return worker;
  }

  #lost(worker: Worker, detail: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#options.error("worker", detail));
    this.#waiting.clear();
  }
}

/**
 * The thread's end: answers every question that comes.
 * @param answer throws what the asker gets as its error
 * @param failed called with that before it is told; must not throw
 */
export function answerCalls<Asks extends object>(
  port: MessagePort,
  answer: (asked: Asked<Asks>) => unknown,
  failed: (error: unknown) => void,
): void {
  port.on("message", (asked: Asked<Asks> & { id: number }) => {
    let reply: Reply;
    try {
      reply = { id: asked.id, ok: true, body: answer(asked) };
    } catch (error) {
      const { code = "unknown", message } = error as Error & { code?: string };
      reply = { id: asked.id, ok: false, code, detail: message };
      failed(error);
    }
    port.postMessage(reply);
  });
}
