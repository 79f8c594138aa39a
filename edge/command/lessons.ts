/**
 * Whether there is a lesson now, by the school's timetable. Pure.
 */
import type { TimetablePlan } from "../../config/schema/plan.ts";

const dayMs = 86_400_000;
/** China has one time zone and no summer time since 1991. */
const zoneMs = 8 * 3_600_000;

/** @param wallMs ms UTC */
export function isLesson({ terms, weekdays, periods, off, on }: TimetablePlan, wallMs: number): boolean {
  const local = wallMs + zoneMs;
  const day = Math.floor(local / dayMs);
  const minute = (local - day * dayMs) / 60_000;
  if (!periods.some(({ from, to }) => from <= minute && minute < to)) return false;
  // A day that stands in the timetable by itself is what is said there.
  const as = on.get(day);
  if (as !== undefined) return weekdays.includes(as);
  const within = (spans: TimetablePlan["terms"]) => spans.some(([from, to]) => from <= day && day <= to);
  // 1970-01-01 was a Thursday.
  const weekday = ((((day + 3) % 7) + 7) % 7) + 1;
  return within(terms) && !within(off) && weekdays.includes(weekday);
}
