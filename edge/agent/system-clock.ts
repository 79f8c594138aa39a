import { readFileSync } from "node:fs";
import type { Clock } from "../../config/schema/context.ts";

/** setTimeout's limit; longer sleeps are cut into pieces. */
const longestMs = 2_147_483_647;

/**
 * The machine's clocks. Monotonic time is CLOCK_MONOTONIC, so it is comparable between processes of one boot;
 * `bootId` is the kernel's.
 */
export function systemClock(): Clock {
  return {
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    wallMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
    sleep: (ms, signal) => new Promise((resolve, reject) => rest(Math.max(0, ms), signal, resolve, reject)),
  };
}

/** Sleeps are given up all the time: the reason is passed on as it is, which makes no error and no stack of its own. */
function rest(ms: number, signal: AbortSignal, resolve: () => void, reject: (reason: unknown) => void): void {
  if (signal.aborted) {
    reject(signal.reason);
    return;
  }
  const onAbort = () => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  const timer = setTimeout(
    () => {
      signal.removeEventListener("abort", onAbort);
      if (ms <= longestMs) resolve();
      else rest(ms - longestMs, signal, resolve, reject);
    },
    Math.min(ms, longestMs),
  );
  signal.addEventListener("abort", onAbort, { once: true });
}
