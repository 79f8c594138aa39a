/**
 * When a sample was taken, as far as that can be known. Pure.
 *
 * The device's own time counts only against a gateway clock that is known: within 120 s for a device that
 * speaks at once, at most 30 days old and 5 s ahead for one with its own memory (`buffered`). Any other
 * device time is left out and the record has its time of receipt. For a device that speaks at once that
 * costs nothing; a reading of a buffered device may then be of any moment, so its time is doubtful.
 *
 * `time` is ms on `axis`: "wall" (UTC) once the gateway's clock is known, before that "monotonic" (since the
 * machine's boot). The two are never compared or subtracted; who keeps a `time` keeps its axis with it.
 */

/** The moment of receipt. */
export interface Now {
  /** null while the gateway's clock is unknown. */
  wallMs: number | null;
  monotonicMs: number;
  /** Monotonic ms since when the device is up, for its warm-up; absent: no warm-up is known of. */
  upSinceMs?: number;
}

export type Axis = "wall" | "monotonic";

export interface Moment {
  time: number;
  axis: Axis;
  /** Wall ms UTC, only when trusted. */
  deviceTime?: number;
}

const promptToleranceMs = 120_000;
const bufferedMaxAgeMs = 30 * 86_400_000;
const bufferedMaxAheadMs = 5_000;

/**
 * @param deviceTime wall ms UTC as the device says it, or absent
 * @returns the sample's moment, and whether it may be of any other
 */
export function momentOf(
  deviceTime: unknown,
  buffered: boolean,
  now: Now,
): { moment: Moment; doubtful: boolean } {
  const { wallMs, monotonicMs } = now;
  if (wallMs === null) return { moment: { time: monotonicMs, axis: "monotonic" }, doubtful: buffered };
  const ageMs = typeof deviceTime === "number" ? wallMs - deviceTime : Number.NaN;
  const trusted = buffered
    ? ageMs >= -bufferedMaxAheadMs && ageMs <= bufferedMaxAgeMs
    : Math.abs(ageMs) <= promptToleranceMs;
  if (!trusted) return { moment: { time: wallMs, axis: "wall" }, doubtful: buffered };
  const time = Math.round(wallMs - ageMs);
  return { moment: { time, axis: "wall", deviceTime: time }, doubtful: false };
}
