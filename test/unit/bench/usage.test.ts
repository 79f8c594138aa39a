import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { mostOpenFiles, usageOf } from "../../bench/usage.ts";

it("reads every number that Linux has of a process", () => {
  for (const [name, value] of Object.entries(usageOf(process.pid)))
    expect(Number.isFinite(value), name).toBe(true);
  expect(usageOf(process.pid).residentBytes).toBeGreaterThan(10e6);
  expect(mostOpenFiles()).toBeGreaterThan(0);
});

it("counts the wake-ups of every thread, not those of the first alone", async () => {
  const rounds = 200;
  const before = usageOf(process.pid).wakeUps;
  // Each wait is a sleep of that thread; this one only waits for its end.
  const worker = new Worker(
    `const cell = new Int32Array(new SharedArrayBuffer(4));
     for (let n = 0; n < ${rounds}; n++) Atomics.wait(cell, 0, 0, 1);
     require("node:worker_threads").parentPort.postMessage("done");
     setInterval(() => {}, 1e6);`,
    { eval: true },
  );
  await new Promise((resolve) => worker.once("message", resolve));
  const after = usageOf(process.pid).wakeUps;
  await worker.terminate();
  expect(after - before).toBeGreaterThanOrEqual(rounds);
});

it("throws for a process that is not there", () => {
  expect(() => usageOf(0)).toThrow(/ENOENT/);
});
