/**
 * Whether anybody vouches for the wall clock, and what it shows then (R3).
 *
 * The clock is known when the configuration trusts it, when the system says that it is synchronised, or from
 * the platform's own time in a receipt. Until then the wall is null: records have monotonic time only.
 */
import type { Clock } from "../../config/schema/context.ts";

export interface Wall {
  /** Wall ms UTC, or null while unknown. */
  now(): number | null;
  /** The machine's own wall clock is right. */
  trust(): void;
  /** The platform's clock showed `at` some time within the last `rttMs`; used only while nothing better is known. */
  platform(at: number, rttMs: number): void;
}

/** A receipt that took longer tells the time too roughly. */
const longestRttMs = 10_000;
/** 2020-01-01: a platform that shows less has no clock either. */
const earliest = Date.UTC(2020, 0, 1);

/** @param learned called when the wall becomes known or better, with its ms now and its quality (0 synced, 1 holdover) */
export function createWall(clock: Clock, learned: (wallMs: number, quality: 0 | 1) => void): Wall {
  let own = false;
  let offset: number | null = null;
  return {
    now: () => (own ? clock.wallMs() : offset === null ? null : offset + clock.monotonicMs()),
    trust() {
      own = true;
      learned(clock.wallMs(), 0);
    },
    platform(at, rttMs) {
      if (own || offset !== null || rttMs > longestRttMs || at < earliest) return;
      const wallMs = at + rttMs / 2;
      offset = wallMs - clock.monotonicMs();
      learned(wallMs, rttMs < 1000 ? 0 : 1);
    },
  };
}
