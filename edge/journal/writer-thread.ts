/** The main half's end of the writer (writer.ts). */
import { WorkerCalls } from "../worker-calls.ts";
import type { Asks, Replies, WriterData } from "./wire.ts";

/** A request that the writer could not do; `code` is SQLite's or the system's. */
export class StoreError extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(detail);
    this.name = "StoreError";
    this.code = code;
  }
}

/** Calls reject with a StoreError. */
export class WriterThread extends WorkerCalls<Asks, Replies> {
  constructor(workerData: WriterData) {
    const module = new URL("./writer", import.meta.url);
    super({ module, workerData, error: (code, detail) => new StoreError(code, detail) });
  }
}
