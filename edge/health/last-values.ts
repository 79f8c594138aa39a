/**
 * The last value of every point of the plan, stored or not: what a technician asks for first.
 *
 * Holds: one entry per (device, point) of the plan, so memory is bounded by it; a value of a higher data level
 * than who asks may see is left out as if it had never come.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { printable } from "../../config/catalogue/reasons.ts";
import type { PointPlan } from "../../config/schema/plan.ts";
import type { LastValue } from "../../config/schema/values.ts";
import type { Value } from "../../config/schema/vocabulary.ts";

export interface Heard {
  value: Value;
  quality: number;
  /** Wall ms UTC, or null while the clock was not known. */
  time: number | null;
  /** Monotonic ms when it was taken. */
  at: number;
}

/** @param plans points of one device, with what each said last */
export function shownValues(
  device: string,
  points: Iterable<{ plan: PointPlan; last: Heard | null }>,
  mostLevel: number,
  now: number,
): LastValue[] {
  const shown: LastValue[] = [];
  for (const { plan, last } of points) {
    if (last === null || plan.level > mostLevel) continue;
    shown.push({
      device,
      point: plan.id,
      ...asPeopleSee(plan, last.value),
      quality: last.quality & 255,
      time: last.time,
      ageMs: Math.max(0, Math.round(now - last.at)),
      level: plan.level,
    });
  }
  return shown;
}

/** A number in the unit of the display and rounded to its decimals; in a unit of its own it stays as it is. */
function asPeopleSee(plan: PointPlan, value: Value): { value: Value; unit?: string } {
  if (typeof value === "string") return { value: printable(value, 256) };
  if (typeof value !== "number") return { value };
  const catalogue = cataloguePoints.get(plan.id);
  if (!Number.isFinite(value)) return { value: null };
  const { display } = catalogue ?? {};
  if (display === undefined || catalogue?.unit !== plan.unit)
    return { value, ...(plan.unit === undefined ? {} : { unit: plan.unit }) };
  const { unit, decimals, factor = 1 } = display;
  const scaled = Number((value * factor).toFixed(decimals)) + 0;
  return { value: scaled, ...(unit === "" ? {} : { unit }) };
}
