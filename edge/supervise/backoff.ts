/** How long something that failed rests before it is tried again. Pure. */

/** Even the luckiest share leaves the event loop to others. */
const leastMs = 100;
const baseMs = 1_000;
const capMs = 60_000;
const hourMs = 3_600_000;

/**
 * Full jitter: a random share of min(60 s, 1 s × 2^(attempt-1)), at least 100 ms.
 * @param attempt attempts since it last worked; 0 after a life that was useful
 * @param share uniform in [0, 1)
 */
export function backoffMs(attempt: number, share: number): number {
  return Math.max(leastMs, share * Math.min(capMs, baseMs * 2 ** Math.max(0, attempt - 1)));
}

/** Never earlier than an hour, and spread over six minutes more: a whole province may have been refused at once. */
export function longRestMs(share: number): number {
  return hourMs * (1 + share / 10);
}
