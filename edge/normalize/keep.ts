/**
 * The storing rule: which records of a point are worth keeping. Pure apart from its memory of what was kept last.
 *
 * A record is kept iff it is the first, its quality changed, time − last ≥ maxSilence, time < last, a number
 * moved by at least deadband × (1 − 1e-6) (a share is of |last|), or another value (boolean, text, null,
 * change of type) differs; all in record time, against the last kept record of that (device, point).
 * A time on another axis than the last one's cannot be compared: such a record counts as the first.
 * Whatever is in doubt is kept. A point without deadband, and every event, is kept always: an event that
 * says the same as the one before is still a second event.
 * Memory: one entry per (device, point) ever kept, hence bounded by the plan; `retain` drops what left it.
 */
import type { DevicePoints, PointPlan } from "../../config/schema/plan.ts";
import type { Normal } from "./normalizer.ts";

export type Kept = Pick<Normal, "series" | "value" | "quality" | "time" | "axis">;

export interface Keep {
  /** True: store it; it is then taken for the last kept one, before it is on disk. */
  select(point: PointPlan, record: Kept): boolean;
  /**
   * The next record of this point is the first again: after a failed commit (R5), and after a message that
   * turned out to be a repeat, since its older values are then not what was stored last.
   */
  forget(device: string, point: string): void;
  /** Forgets every point that these devices do not have; the plan changed. */
  retain(devices: ReadonlyMap<string, DevicePoints>): void;
  /** Points remembered. */
  readonly size: number;
}

/** Binary noise must not decide whether a step of exactly one deadband counts. */
const almost = 1 - 1e-6;

export function createKeep(): Keep {
  const last = new Map<string, Map<string, Kept>>();
  return {
    select(point, record) {
      if (point.deadband === null || point.kind === "event") return true;
      const { device, point: id } = record.series;
      let points = last.get(device);
      if (points === undefined) {
        points = new Map();
        last.set(device, points);
      }
      const before = points.get(id);
      if (before !== undefined && isSilent(point, before, record)) return false;
      points.set(id, record);
      return true;
    },
    forget(device, point) {
      const points = last.get(device);
      points?.delete(point);
      if (points?.size === 0) last.delete(device);
    },
    retain(devices) {
      for (const [device, points] of last) {
        const kept = devices.get(device)?.points;
        for (const id of points.keys()) if (kept?.has(id) !== true) points.delete(id);
        if (points.size === 0) last.delete(device);
      }
    },
    get size() {
      let size = 0;
      for (const points of last.values()) size += points.size;
      return size;
    },
  };
}

/** True iff `record` certainly says nothing new after `last`. */
function isSilent(point: PointPlan, last: Kept, record: Kept): boolean {
  return (
    record.axis === last.axis &&
    record.quality === last.quality &&
    record.time >= last.time &&
    record.time - last.time < point.maxSilenceMs &&
    isNear(point.deadband, last.value, record.value)
  );
}

function isNear(deadband: PointPlan["deadband"], last: Kept["value"], value: Kept["value"]): boolean {
  if (typeof value !== "number" || typeof last !== "number" || deadband === null) return value === last;
  const band = "abs" in deadband ? deadband.abs : deadband.share * Math.abs(last);
  return Math.abs(value - last) < band * almost;
}
