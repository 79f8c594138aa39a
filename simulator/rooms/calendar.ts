/**
 * Days of a school, in the one zone of China (UTC+8, no summer time): which are school days, and as which weekday.
 * Days are numbers since 1970-01-01, seconds count from local midnight.
 */

export const dayMs = 86_400_000;
const zoneMs = 8 * 3_600_000;

/** Dates are `YYYY-MM-DD`; both ends of a range belong to it. */
export interface Calendar {
  terms: readonly { from: string; to: string }[];
  off: readonly { from: string; to: string; why: string }[];
  /** Make-up days; `as` is the weekday whose lessons are held, 1 Monday to 5 Friday. */
  on: readonly { day: string; as: number; why: string }[];
}

/**
 * Zhejiang, school year 2026/27. The holidays of 2026 as announced for the country (recalled); those of 2027 and the
 * ends of terms are assumptions.
 */
export const zhejiang2026: Calendar = {
  terms: [
    { from: "2026-09-01", to: "2027-01-22" },
    { from: "2027-02-22", to: "2027-06-30" },
  ],
  off: [
    { from: "2026-09-25", to: "2026-09-27", why: "中秋 Mid-Autumn" },
    { from: "2026-10-01", to: "2026-10-07", why: "国庆 National Day" },
    { from: "2027-01-01", to: "2027-01-03", why: "元旦 New Year" },
    { from: "2027-04-03", to: "2027-04-05", why: "清明 Qingming" },
    { from: "2027-05-01", to: "2027-05-05", why: "劳动节 Labour Day" },
    { from: "2027-06-09", to: "2027-06-09", why: "端午 Dragon Boat" },
  ],
  on: [
    { day: "2026-09-20", as: 2, why: "调休, 国庆" },
    { day: "2026-10-10", as: 3, why: "调休, 国庆" },
    { day: "2027-05-08", as: 2, why: "调休, 劳动节" },
  ],
};

/** @param wallMs ms UTC */
export function dayOf(wallMs: number): number {
  return Math.floor((wallMs + zoneMs) / dayMs);
}

/** Local midnight at which a day begins, ms UTC. */
export function midnight(day: number): number {
  return day * dayMs - zoneMs;
}

/** @throws RangeError when the text is no date */
export function dayNumber(date: string): number {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms)) throw new RangeError(`"${date}" is no date; write it like 2026-09-01`);
  return ms / dayMs;
}

/** 1 Monday to 7 Sunday. */
export function weekdayOf(day: number): number {
  // Day 0 was a Thursday.
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** Part of the year that is over, 0 to 1, from 1 January on. */
export function yearPart(day: number): number {
  const at = new Date(day * dayMs);
  return (day - Date.UTC(at.getUTCFullYear(), 0, 1) / dayMs) / 365.25;
}

/** The weekday whose lessons are held, 1 to 5; null when there is no school. */
export function schoolWeekday(calendar: Calendar, day: number): number | null {
  const inside = (range: { from: string; to: string }) =>
    day >= dayNumber(range.from) && day <= dayNumber(range.to);
  if (!calendar.terms.some(inside)) return null;
  const madeUp = calendar.on.find((one) => dayNumber(one.day) === day);
  if (madeUp !== undefined) return madeUp.as;
  const weekday = weekdayOf(day);
  return weekday > 5 || calendar.off.some(inside) ? null : weekday;
}
