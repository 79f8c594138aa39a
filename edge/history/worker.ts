/**
 * The history's worker thread: does what the main half asks, one request after the other, in order.
 * After a failed request the file is closed, and set aside when it was damaged; only `open` is answered then.
 */
import { parentPort, workerData } from "node:worker_threads";
import { type Asked, answerCalls } from "../worker-calls.ts";
import { isDamage, setAside } from "./file.ts";
import { Store } from "./store.ts";
import type { Asks, Replies, StoreSettings } from "./wire.ts";

const settings = workerData as StoreSettings;
let store: Store | null = null;
/** Why a file was set aside since it was last told. */
let anew: string | null = null;

function shut(): void {
  try {
    store?.close();
  } catch {
    // A file that cannot even be closed is left behind; the next `open` starts afresh.
  }
  store = null;
}

function opened(): Store {
  if (store === null) throw Object.assign(new Error("the history file is not open"), { code: "closed" });
  return store;
}

function open(): Replies["open"] {
  shut();
  try {
    store = new Store(settings);
  } catch (error) {
    if (!isDamage(error)) throw error;
    failed(error);
    store = new Store(settings);
  }
  const why = store.anew ?? anew;
  anew = null;
  return { anew: why, extent: store.extent() };
}

function answer({ op, ask }: Asked<Asks>): Replies[keyof Asks] {
  switch (op) {
    case "open":
      return open();
    case "put":
      return opened().put(ask.batches, ask.at);
    case "find":
      return opened().find(ask);
    case "close":
      shut();
      return null;
  }
}

function failed(error: unknown): void {
  shut();
  if (!isDamage(error)) return;
  try {
    setAside(settings.file);
    anew = "damaged";
  } catch {
    // The next `open` meets the same file and tries again.
  }
}

if (parentPort !== null) answerCalls<Asks>(parentPort, answer, failed);
