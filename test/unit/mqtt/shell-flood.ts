/**
 * Six strangers in a thread of their own. Each says its start with junk behind it and, cut off before all of it is
 * sent, comes back.
 */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const { port, starts, bytesEach } = workerData as { port: number; starts: Uint8Array[]; bytesEach: number };
const junk = Buffer.alloc(256 * 1024, 0x61);

/** @returns bytes offered */
function once(start: Uint8Array, most: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let given = 0;
    const more = () => {
      while (given < most && socket.writable) {
        given += junk.length;
        if (!socket.write(junk)) return;
      }
      if (given >= most) socket.end();
    };
    socket.on("error", () => {});
    socket.resume();
    // What was written and not taken by the other side is counted, too: it did try.
    socket.on("close", () => resolve(Math.max(given, start.length)));
    socket.on("drain", more);
    socket.on("connect", () => {
      socket.write(start);
      more();
    });
  });
}

async function stranger(start: Uint8Array): Promise<number> {
  let sent = 0;
  while (sent < bytesEach) sent += await once(start, bytesEach - sent);
  return sent;
}

const all = await Promise.all(
  Array.from({ length: 6 }, (_, index) => stranger(starts[index % starts.length] ?? new Uint8Array())),
);
parentPort?.postMessage(all.reduce((sum, bytes) => sum + bytes, 0));
