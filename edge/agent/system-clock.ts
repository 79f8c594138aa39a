import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
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
    async sleep(ms, signal) {
      for (let left = Math.max(0, ms); ; left -= longestMs) {
        try {
          await wait(Math.min(left, longestMs), undefined, { signal });
        } catch {
          throw signal.reason;
        }
        if (left <= longestMs) return;
      }
    },
  };
}
