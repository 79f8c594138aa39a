/**
 * The journal's worker thread: does what the main half asks, one request after the other, in order.
 * After a failed request the file is closed; only `open` is answered until it has been opened and re-read.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { type Asked, answerCalls } from "../worker-calls.ts";
import { Beside } from "./aside.ts";
import { isDamage } from "./damaged.ts";
import { firstEpoch, firstSeries, generationOf, type Salvage } from "./salvage.ts";
import { Store } from "./store.ts";
import type { Asks, Loaded, Replies, WriterData } from "./wire.ts";

const { file, maxBytes, floorBytes } = workerData as WriterData;
const beside = new Beside(file);
let store: Store | null = null;
let salvage: Salvage | null = null;

function shut(): void {
  salvage?.close();
  salvage = null;
  try {
    store?.close();
  } finally {
    store = null;
  }
}

/** A damaged file is set aside and a new one made, so that the school goes on. */
function open(damaged: boolean): Loaded {
  // Somebody may have taken the whole folder away.
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  beside.giveReserve();
  let cause: Loaded["cause"] = beside.vanished() ? "file-lost" : null;
  let isWalKept = false;
  if (damaged || beside.bereft()) {
    beside.setAside();
    cause = "damaged";
  }
  try {
    isWalKept = beside.keepWal();
    if (isWalKept) cause = "damaged";
    const found = loaded(cause);
    // What SQLite left out of the WAL is not to be found there again.
    if (isWalKept) store?.emptyWal();
    return found;
  } catch (error) {
    if (!isDamage((error as { code?: string }).code)) throw error;
    shut();
    beside.setAside();
    return loaded("damaged");
  }
}

function loaded(cause: Loaded["cause"]): Loaded {
  store = new Store(file, maxBytes);
  beside.born();
  const content = store.load();
  beside.atLeast(generationOf(content));
  const { generation } = beside;
  return {
    ...content,
    cause,
    firstEpoch: firstEpoch(generation),
    firstSeries: firstSeries(generation),
    aside: beside.list().length,
  };
}

/**
 * Reads on in what was set aside; the last step of a file gives everything anew that the main half needs. What cannot
 * even be opened waits for the next start; over what we cannot read by a mistake of ours the school goes on.
 */
function salvageStep(pages: number): Replies["salvage"] {
  const nothing = { share: 1, content: null, more: false };
  const [aside] = beside.list();
  if (aside === undefined) return nothing;
  let found = false;
  try {
    salvage ??= opened().salvage(aside, beside.generation);
    if (!salvage.step(pages)) return { share: salvage.share, content: null, more: true };
    salvage.finish();
    found = salvage.foundAny;
  } catch (error) {
    const { code = "ERR_" } = error as { code?: string };
    if (code.startsWith("SQLITE_") || code === "damaged" || code === "closed") throw error;
    if (!code.startsWith("ERR_")) return nothing;
  }
  salvage?.close();
  salvage = null;
  beside.finish(aside, found);
  return { share: 1, content: opened().load(), more: beside.list().length > 0 };
}

function opened(): Store {
  if (store === null) throw Object.assign(new Error("the journal file is not open"), { code: "closed" });
  return store;
}

function answer(request: Asked<Asks>): Replies[keyof Asks] {
  switch (request.op) {
    case "open":
      shut();
      return open(request.ask.damaged);
    case "salvage":
      return salvageStep(request.ask.pages);
    case "reserve":
      beside.reserve(floorBytes);
      return null;
    case "commit":
      opened().commit(request.ask.lines);
      return opened().space();
    case "read":
      return opened().read(request.ask);
    case "refused":
      return opened().fates.refused(request.ask.uplink, request.ask.rows);
    case "latest":
      return opened().latest(request.ask);
    case "retry":
      return { rows: opened().fates.retry(request.ask.uplink, request.ask.code) };
    case "quarantined":
      return opened().fates.quarantined(request.ask);
    case "rewind":
      return opened().fates.rewind(request.ask.uplink, request.ask.e, request.ask.to);
    case "purge":
      return { ...opened().clearing.purge(request.ask), space: opened().space() };
    case "weigh":
      return opened().clearing.weigh(request.ask);
    case "sweep":
      return { ...opened().clearing.sweep(request.ask), space: opened().space() };
    case "kept":
      return opened().clearing.kept();
    case "close":
      shut();
      return null;
  }
}

function failed(): void {
  try {
    shut();
  } catch {
    // A file that cannot even be closed is left behind; the next `open` starts afresh.
    store = null;
  }
}

if (parentPort !== null) answerCalls<Asks>(parentPort, answer, failed);
