/**
 * Devices that are off: intended, so no fault, until the date has passed on which they should be back.
 * Then somebody must look. What is off behind another has no say of its own.
 */
import type { OffDevice } from "../../config/schema/plan.ts";
import type { DeviceVerdict } from "./device.ts";

const dayMs = 86_400_000;
/** China Standard Time. */
const zoneMs = 8 * 3_600_000;

/**
 * @param now monotonic ms
 * @param wallMs wall ms UTC that somebody vouches for; null: a clock that may be wrong makes nothing overdue
 */
export function judgeOff(off: OffDevice, now: number, wallMs: number | null): DeviceVerdict {
  const { untilMs, behind } = off;
  const dated = untilMs !== undefined && Number.isFinite(untilMs) && behind === undefined;
  const end = dated ? endOf(untilMs) : null;
  if (end === null || wallMs === null || wallMs < end)
    return { state: "off", findings: [], points: new Map() };
  const lateMs = wallMs - end;
  const facts = {
    until: dateOf(untilMs ?? end),
    days: Math.floor(lateMs / dayMs) || null,
    why: off.why,
  };
  const finding = { code: "E118", state: "down" as const, since: now - lateMs, facts };
  return { state: "down", findings: [finding], points: new Map() };
}

/** A date without a time of day means that day too. */
function endOf(untilMs: number): number {
  return (untilMs + zoneMs) % dayMs === 0 ? untilMs + dayMs : untilMs;
}

/** The day in China, as YYYY-MM-DD; null: it is none. */
export function dateOf(ms: number): string | null {
  const date = new Date(ms + zoneMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10);
}
