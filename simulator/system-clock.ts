/** The machine's own time, for simulated parts that run outside a test. */
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as after } from "node:timers/promises";
import type { Clock } from "../config/schema/context.ts";

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  bootId: randomUUID(),
  sleep: (ms, signal) => after(ms, undefined, { signal }),
};
