/**
 * Tells when nothing moves in this process any more: then, and only then, virtual time may go on.
 *
 * Holds: every byte that one end of a connection wrote was read at the other, no worker thread owes an answer, and
 * nothing is being looked up, opened, packed or written. Both ends of every connection must be in this process.
 */
import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** Turns of the loop after which bytes that nobody reads are taken for lost: their reader has closed. */
const patience = 400;
/** What Node calls a request that is under way. */
const underWay = /Req|Wrap$|Zlib|ZLIB|Zstd/;
const restful = new Set(["TCPSocketWrap", "TCPServerWrap", "PipeWrap", "PipeServerWrap", "TTYWrap"]);

const sockets = new Set<Socket>();
const owed = new Map<Worker, Set<number>>();
let watching = false;
/** Bytes written and read in all, when it was still last. */
let before = -1;

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
        this.on("message", ({ id }: { id: number }) => void waiting.delete(id));
        this.on("exit", () => void owed.delete(this));
      }
      waiting.add(message.id);
    }
    return post.call(this, message, ...(rest as []));
  } as typeof post;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** From now on connections and worker threads are watched; call it before any is opened. */
export function becomeStill(): () => Promise<void> {
  watch();
  return still;
}

/** Resolves when nothing moves. */
async function still(): Promise<void> {
  let quiet = 0;
  for (let turns = 0; quiet < 2; turns++) {
    await turn();
    let written = 0;
    let read = 0;
    for (const socket of sockets) {
      written += socket.bytesWritten;
      read += socket.bytesRead;
    }
    const busy = [...owed.values()].some(({ size }) => size > 0) || isUnderWay();
    const lost = written !== read && turns > patience && written + read === before;
    quiet = !busy && (written === read || lost) && written + read === before ? quiet + 1 : 0;
    before = written + read;
  }
}

const isUnderWay = () =>
  process.getActiveResourcesInfo().some((name) => underWay.test(name) && !restful.has(name));
