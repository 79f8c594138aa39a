/**
 * Tells when nothing moves in this process any more: then, and only then, virtual time may go on.
 *
 * Holds: every byte that one end of a connection wrote was read at the other, no worker thread owes an answer, and
 * nothing is being looked up, opened, packed or written. Both ends of every connection must be in this process.
 */
import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/**
 * Bytes that nobody reads for so long and so many turns are taken for lost, for their reader has closed. Both, and in
 * real time: on a busy machine the loop turns faster than its network, or does not turn at all for a while.
 */
const patienceMs = 200;
const patientTurns = 100;
/** Turns after which a request that is under way gets the processor to itself: looking on slows it down. */
const eager = 20;
/** What Node calls a request that is under way. */
const underWay = /Req|Wrap$|Zlib|ZLIB|Zstd/;
const restful = new Set([
  "TCPSocketWrap",
  "TCPServerWrap",
  "PipeWrap",
  "PipeServerWrap",
  "TTYWrap",
  "UDPWrap",
]);
/** By name of a resource, as met. */
const underWayByName = new Map<string, boolean>();

const sockets = new Set<Socket>();
const owed = new Map<Worker, Set<number>>();
/** Called when no worker thread owes an answer any more. */
const waitingForWorkers: (() => void)[] = [];
let watching = false;
/** Bytes written and read in all, when it was still last. */
let before = -1;
/** Bytes that were written, and that nobody will read. */
let lost = 0;

function watch(): void {
  if (watching) return;
  watching = true;
  const take = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  channel("net.client.socket").subscribe(take);
  channel("net.server.socket").subscribe(take);
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, message: { id?: number }, ...rest: unknown[]) {
    if (typeof message?.id === "number") {
      const waiting = owed.get(this) ?? new Set<number>();
      if (!owed.has(this)) {
        owed.set(this, waiting);
        this.on("message", ({ id }: { id: number }) => {
          waiting.delete(id);
          tellIfPaid();
        });
        this.on("exit", () => {
          owed.delete(this);
          tellIfPaid();
        });
      }
      waiting.add(message.id);
    }
    return post.call(this, message, ...(rest as []));
  } as typeof post;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function isOwed(): boolean {
  for (const waiting of owed.values()) if (waiting.size > 0) return true;
  return false;
}

function tellIfPaid(): void {
  if (!isOwed()) for (const go of waitingForWorkers.splice(0)) go();
}

function isUnderWay(name: string): boolean {
  const known = underWayByName.get(name);
  if (known !== undefined) return known;
  const is = underWay.test(name) && !restful.has(name);
  underWayByName.set(name, is);
  return is;
}

/** From now on connections and worker threads are watched; call it before any is opened. */
export function becomeStill(): () => Promise<void> {
  watch();
  return still;
}

/** Resolves when nothing moves. */
async function still(): Promise<void> {
  let quiet = 0;
  let unmoved = { turns: 0, sinceMs: performance.now() };
  for (let turns = 0; quiet < 2; turns++) {
    await turn();
    if (isOwed()) {
      quiet = 0;
      await new Promise<void>((resolve) => void waitingForWorkers.push(resolve));
      continue;
    }
    let written = 0;
    let read = 0;
    for (const socket of sockets) {
      written += socket.bytesWritten;
      read += socket.bytesRead;
    }
    const same = written + read === before;
    before = written + read;
    const unread = written - read;
    if (!same || unread === 0) unmoved = { turns: 0, sinceMs: performance.now() };
    else if (++unmoved.turns > patientTurns && performance.now() - unmoved.sinceMs > patienceMs)
      lost = unread;
    const isRead = unread === 0 || unread === lost;
    const busy = !same || !isRead || process.getActiveResourcesInfo().some(isUnderWay);
    quiet = busy ? 0 : quiet + 1;
    if (busy && same && turns > eager) await setTimeout(1);
  }
}
