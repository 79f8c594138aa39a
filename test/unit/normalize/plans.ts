import type { DevicePoints, PointPlan } from "../../../config/schema/plan.ts";
import type { Reading, Sample } from "../../../drivers/contract/index.ts";
import type { Now } from "../../../edge/normalize/device-time.ts";
import { createNormalizer } from "../../../edge/normalize/normalizer.ts";

/** Plans and readings that tests vary. */

export function pointPlan(more: Partial<PointPlan> = {}): PointPlan {
  return {
    id: "co2",
    kind: "measurement",
    type: "number",
    unit: "[ppm]",
    level: 2,
    scale: 1,
    offset: 0,
    sentinels: [],
    warmUpMs: 0,
    everyMs: 60_000,
    deadband: null,
    maxSilenceMs: 900_000,
    ...more,
  };
}

export function devicePoints(points: PointPlan[], more: Partial<DevicePoints> = {}): DevicePoints {
  return {
    device: "301-air",
    profile: "adtek-co2",
    space: "2133000001-01-JX1-F03-301",
    simulated: false,
    stage: "on",
    buffered: false,
    points: new Map(points.map((point) => [point.id, point])),
    ...more,
  };
}

export const reading = (...samples: Sample[]): Reading => ({ device: "301-air", samples, faults: [] });

export const wallMs = Date.UTC(2026, 8, 1, 2);

export const at = (more: Partial<Now> = {}): Now => ({ wallMs, monotonicMs: 500_000, ...more });

/** What one raw value at one point becomes. */
export function one(
  raw: unknown,
  point: Partial<PointPlan> = {},
  device: Partial<DevicePoints> = {},
  sample: Partial<Sample> = {},
  now: Now = at(),
) {
  const plan = devicePoints([pointPlan(point)], device);
  const { records, faults } = createNormalizer(plan).normalize(
    reading({ point: point.id ?? "co2", raw: raw as Sample["raw"], ...sample }),
    now,
  );
  const record = records[0];
  return {
    record,
    value: record?.value,
    quality: record?.quality,
    faults: faults.map(({ code }) => code),
    all: faults,
  };
}
