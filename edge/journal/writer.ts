/**
 * The journal's worker thread: does what the main half asks, one request after the other, in order.
 * After a failed request the file is closed; only `open` is answered until it has been opened and re-read.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Store } from "./store.ts";
import type { Op, Replies, Reply, Request } from "./wire.ts";

const { file, maxBytes } = workerData as { file: string; maxBytes: number | undefined };
let store: Store | null = null;

function shut(): void {
  try {
    store?.close();
  } finally {
    store = null;
  }
}

function opened(): Store {
  if (store === null) throw Object.assign(new Error("the journal file is not open"), { code: "closed" });
  return store;
}

function answer(request: Request): Replies[Op] {
  switch (request.op) {
    case "open":
      shut();
      store = new Store(file, maxBytes);
      return store.load();
    case "commit":
      opened().commit(request.ask.lines);
      return opened().space();
    case "read":
      return opened().read(request.ask);
    case "refused":
      return opened().refused(request.ask.uplink, request.ask.rows);
    case "retry":
      return { rows: opened().retry(request.ask.uplink, request.ask.code) };
    case "rewind":
      return opened().rewind(request.ask.uplink, request.ask.e, request.ask.to);
    case "purge":
      return { ...opened().clearing.purge(request.ask), space: opened().space() };
    case "weigh":
      return opened().clearing.weigh(request.ask);
    case "sweep":
      return { ...opened().clearing.sweep(request.ask), space: opened().space() };
    case "kept":
      return { chars: opened().clearing.keptChars() };
    case "close":
      shut();
      return null;
  }
}

parentPort?.on("message", (request: Request) => {
  let reply: Reply;
  try {
    reply = { id: request.id, ok: true, body: answer(request) };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    reply = { id: request.id, ok: false, code: code ?? "unknown", detail: message };
    try {
      shut();
    } catch {
      // A file that cannot even be closed is left behind; the next `open` starts afresh.
      store = null;
    }
  }
  parentPort?.postMessage(reply);
});
