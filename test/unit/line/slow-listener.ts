/** A listener whose answer to a connection takes a second, as across a slow link: its first ones wait to be taken. */
import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";

/** Takes nobody while it waits; then whoever knocks again. */
const source = `
const { parentPort, workerData } = require("node:worker_threads");
const server = require("node:net").createServer((socket) => socket.on("error", () => {}));
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(workerData, 0, 0);
  parentPort.once("message", () => process.exit());
});`;

export interface SlowListener {
  port: number;
  /** Takes whoever comes from now on. */
  release(): void;
  close(): Promise<void>;
}

export async function slowListener(): Promise<SlowListener> {
  const held = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(source, { eval: true, workerData: held });
  const [port] = (await once(worker, "message")) as [number];
  // As many as the system keeps for one that takes nobody; more are not answered.
  const first = [1, 2].map(() => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(first.map((socket) => once(socket, "connect")));
  const release = () => {
    Atomics.store(held, 0, 1);
    Atomics.notify(held, 0);
  };
  return {
    port,
    release,
    close: async () => {
      release();
      for (const socket of first) socket.destroy();
      await worker.terminate();
    },
  };
}
