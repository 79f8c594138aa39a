/**
 * What the power of a meter says of the one device that it feeds: on above one limit, off below another.
 *
 * Holds:
 * - only good values of a meter say anything, real or simulated; between the limits what was told last stays so, and
 *   where nothing was, or the meter was silent since, or the limits are others now, nothing is told;
 * - in the order in which the meter says it: what it says of an earlier moment than before is left out, and so is what
 *   it kept for later, since the device that it feeds keeps nothing;
 * - what is inferred is never inferred from: there is no way around in a circle.
 * Memory: one entry per inferred point of the plan.
 */
import { isDeepStrictEqual } from "node:util";
import type { DevicePoints, InferredPlan, PointPlan } from "../../config/schema/plan.ts";
import { Quality } from "../../config/schema/vocabulary.ts";
import type { Reading, Sample } from "../../drivers/contract/index.ts";
import type { Now } from "../normalize/device-time.ts";
import type { Normal } from "../normalize/normalizer.ts";

interface Fed {
  device: string;
  point: PointPlan;
  limits: InferredPlan;
  /** What was told last; null: nothing that still counts. */
  on: boolean | null;
  /** Monotonic ms of the meter's last good word. */
  heardAt: number;
  deviceTime: number | undefined;
}

/** Silent for so many periods, a meter may have missed something. */
const silentPeriods = 3;
/** What is further from now is of another moment, or by a wrong clock. */
const promptMs = 120_000;

const isGood = (quality: number) => (quality & ~Quality.simulated) < Quality.stale;

export class Inference {
  /** By the device that measures. */
  #fed = new Map<string, Fed[]>();

  constructor(devices: ReadonlyMap<string, DevicePoints>) {
    this.adopt(devices);
  }

  /** Other devices, meters and limits from now on; what was told of points that stay as they are is kept. */
  adopt(devices: ReadonlyMap<string, DevicePoints>): void {
    const before = [...this.#fed.values()].flat();
    this.#fed = new Map();
    for (const { device, points } of devices.values())
      for (const point of points.values()) {
        const limits = point.inferred;
        if (limits?.from === undefined) continue;
        const known = before.find((one) => one.device === device && one.point.id === point.id);
        const same = known !== undefined && isDeepStrictEqual(known.limits, limits);
        const anew = { on: null, heardAt: Number.NEGATIVE_INFINITY, deviceTime: undefined };
        const fed: Fed = { ...(same ? known : anew), device, point, limits };
        this.#fed.set(limits.from.device, [...(this.#fed.get(limits.from.device) ?? []), fed]);
      }
  }

  /** @param records what a device said, normalised, in its order */
  hear(device: string, records: readonly Normal[], now: Now): Reading[] {
    const all = this.#fed.get(device);
    if (all === undefined) return [];
    return all.flatMap((fed) => {
      const samples = records.flatMap((record) => sampleOf(fed, record, now) ?? []);
      return samples.length === 0 ? [] : [{ device: fed.device, samples, faults: [] }];
    });
  }
}

function sampleOf(fed: Fed, { series, value, quality, deviceTime }: Normal, now: Now): Sample | null {
  const { point, limits } = fed;
  if (series.point !== limits.from?.point || typeof value !== "number" || !isGood(quality)) return null;
  if (deviceTime !== undefined) {
    const aheadMs = now.wallMs === null ? 0 : deviceTime - now.wallMs;
    const earlierMs = (fed.deviceTime ?? deviceTime) - deviceTime;
    // Later by more than that, a clock was set.
    if (Math.abs(aheadMs) > promptMs || (earlierMs > 0 && earlierMs <= 2 * promptMs)) return null;
  }
  const awayMs = now.monotonicMs - fed.heardAt;
  const missed = point.onChange !== true && awayMs > silentPeriods * point.everyMs;
  if (value > limits.onW) fed.on = true;
  else if (value < limits.offW) fed.on = false;
  else if (missed) fed.on = null;
  fed.heardAt = now.monotonicMs;
  fed.deviceTime = deviceTime;
  if (fed.on === null) return null;
  return { point: point.id, raw: fed.on, ...(deviceTime === undefined ? {} : { deviceTime }) };
}
