/** The main half's end of the worker (worker.ts). */
import { WorkerCalls } from "../worker-calls.ts";
import type { Asks, Replies, StoreSettings } from "./wire.ts";

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

/** Calls reject with a HistoryError. */
export class WorkerThread extends WorkerCalls<Asks, Replies> {
  constructor(workerData: StoreSettings) {
    super({
      module: new URL("./worker", import.meta.url),
      workerData,
      // Batches come and go by the second: a small heap is enough.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
      error: (code, detail) => new HistoryError(code, detail),
    });
  }
}
