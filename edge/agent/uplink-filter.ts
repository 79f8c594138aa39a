import { createHash } from "node:crypto";
import type { UplinkPlan } from "../../config/schema/plan.ts";
import type { UplinkFilter } from "../journal/index.ts";

/** A name for what an uplink takes: another one, and what was withheld is not what would be withheld now. */
export function filterName({ send, accepts }: Pick<UplinkPlan, "send" | "accepts">): string {
  const sets = [send.levels, send.kinds, send.points, send.spaces].map((set) => set && [...set].sort());
  return createHash("sha256")
    .update(JSON.stringify([sets.map((set) => set ?? null), accepts]))
    .digest("hex")
    .slice(0, 16);
}

/** What an uplink takes, by the attributes of the series alone (R14). */
export function uplinkFilter({ id, send, accepts, start }: UplinkPlan): UplinkFilter {
  const levels = new Set(send.levels);
  const kinds = send.kinds && new Set<string>(send.kinds);
  const points = send.points && new Set(send.points);
  const spaces = send.spaces && new Set(send.spaces);
  return {
    id,
    start,
    accepts: (series) =>
      levels.has(series.level) &&
      (kinds === undefined || kinds.has(series.kind)) &&
      (points === undefined || points.has(series.point)) &&
      (spaces === undefined || spaces.has(series.space)) &&
      (accepts === "any" || (series.simulated === true) === (accepts === "simulated")),
  };
}
