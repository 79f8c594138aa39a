/**
 * Who may have the next of a session's places (the batches that may be unanswered at once).
 *
 * Holds: never more than the window in all, never more than four a lane; live and early keep a place that
 * backlog and retry cannot have, and the other way round; with three places or more, alarms keep one for themselves.
 */
import type { Lane } from "../../config/schema/batch.ts";
import type { Trust } from "./rejections.ts";

/** A lane's batches in flight, at most. A retry is one at a time: the journal offers the same rows until it is settled. */
export const mostFlights = { early: 4, live: 4, retry: 1, backlog: 4 } as const;

/** `taken`: places in use by lane, also those kept for what is being read; `backlog`: what the platform bears of it. */
export function mayStart(
  lane: Lane,
  taken: Readonly<Record<Lane, number>>,
  window: number,
  backlog: number,
): boolean {
  const { early, live, retry } = taken;
  const bulk = retry + taken.backlog;
  const most = Math.min(mostFlights[lane], lane === "backlog" ? backlog : mostFlights[lane]);
  if (taken[lane] >= most || early + live + bulk >= window) return false;
  if (lane === "early") return true;
  const shared = window >= 3 ? window - 1 : window;
  const group = Math.max(1, shared - 1);
  return live + bulk < shared && (lane === "live" ? live < group : bulk < group);
}

/** Whether a lane may have another batch on the wire although the platform has just rejected most of one. */
export function mayRisk(lane: Lane, taken: Readonly<Record<Lane, number>>, trust: Trust): boolean {
  if (trust === "full" || (trust === "doubt" && lane === "early")) return true;
  return taken.live + taken.backlog + taken.retry + (trust === "probe" ? taken.early : 0) === 0;
}

/** In this order lanes get free places. With a single one, live and the others take turns. */
export function order(window: number, last: Lane | null): readonly Lane[] {
  return window === 1 && last === "live"
    ? ["early", "retry", "backlog", "live"]
    : ["early", "live", "retry", "backlog"];
}
