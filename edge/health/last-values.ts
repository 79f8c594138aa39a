/**
 * The last value of every point of the plan, stored or not: what a technician asks for first.
 *
 * Holds: one entry per (device, point) of the plan, so memory is bounded by it; a value of a higher data level
 * than who asks may see is left out as if it had never come. What was good is not fresh any more once it is stale,
 * and at once when its device is down.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { printable } from "../../config/catalogue/reasons.ts";
import type { PointPlan } from "../../config/schema/plan.ts";
import type { LastValue } from "../../config/schema/values.ts";
import { Quality, type Value } from "../../config/schema/vocabulary.ts";
import { type Heard, stalePeriods } from "./point.ts";

/**
 * @param points of one device, with what each said last
 * @param down who tells a point, the device itself or what feeds it, gives no data now
 */
export function shownValues(
  device: string,
  points: Iterable<{ plan: PointPlan; periodic: boolean; lasting: boolean; last: Heard | null }>,
  mostLevel: number,
  now: number,
  down: (point: PointPlan) => boolean,
): LastValue[] {
  const shown: LastValue[] = [];
  for (const { plan, periodic, lasting, last } of points) {
    if (last === null || plan.level > mostLevel) continue;
    const isOld = (lasting && down(plan)) || (periodic && now - last.at > stalePeriods * plan.everyMs);
    shown.push({
      device,
      point: plan.id,
      ...asPeopleSee(plan, last.value),
      quality: isOld ? aged(last.quality & 255) : last.quality & 255,
      time: last.time,
      ageMs: Math.max(0, Math.round(now - last.at)),
      level: plan.level,
    });
  }
  return shown;
}

/** What was of some use is stale; what was bad stays as it was. */
function aged(quality: number): number {
  const simulated = quality & Quality.simulated;
  return quality - simulated < Quality.noCommunication ? Quality.stale + simulated : quality;
}

/** A number in the unit of the display and rounded to its decimals; in a unit of its own it stays as it is. */
export function asPeopleSee(
  plan: Pick<PointPlan, "id" | "unit">,
  value: Value,
): { value: Value; unit?: string } {
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
