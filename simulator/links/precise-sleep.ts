/** The thread of the precise clock: sleeps until the moment it is told, says so once, and sleeps again. */
import { parentPort, workerData } from "node:worker_threads";

const shared = workerData as SharedArrayBuffer;
const changes = new Int32Array(shared, 0, 1);
const due = new BigInt64Array(shared, 8, 1);

for (;;) {
  const seen = Atomics.load(changes, 0);
  const leftMs = Number(Atomics.load(due, 0) - process.hrtime.bigint()) / 1e6;
  if (leftMs > 0) Atomics.wait(changes, 0, seen, leftMs);
  else {
    parentPort?.postMessage(null);
    Atomics.wait(changes, 0, seen);
  }
}
