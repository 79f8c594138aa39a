/**
 * Raw values of one device → records in the words of the catalogue. Pure, knows no protocol.
 *
 * Holds:
 * - Samples become records in their order, several of one point included; a faulty one costs no other.
 * - A (device, point) has one frozen Series for the life of its normalizer: the journal numbers series by object.
 * - The worst quality wins, bad over uncertain over good. Bad: what the value says of itself (33, 34, 36; only
 *   one of them can apply). Then 16 (not a new reading), 17 (assumed: what it was told last, or inferred), 18 (new but inaccurate:
 *   warming up, or on trial), 19 (accurate, of an unknown moment), 0. Bit 7 is added for simulated devices,
 *   and for what is inferred from one.
 * Never happens: an exception, whatever the reading holds; a record without a point of the profile.
 */
import type { DevicePoints, PointPlan } from "../../config/schema/plan.ts";
import { Quality, type RecordClass, type Series } from "../../config/schema/vocabulary.ts";
import type { Fault, Reading, Sample } from "../../drivers/contract/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import { type Axis, type Moment, momentOf, type Now } from "./device-time.ts";
import { faultOf } from "./fault.ts";
import { type Judged, valueReader } from "./value.ts";

/** A draft for the journal, and when it was taken, for the storing rule. */
export interface Normal extends Draft {
  /** Record time: trusted device time, else receipt; ms on `axis`. */
  time: number;
  /** Times of different axes are never compared. */
  axis: Axis;
}

export interface Normalized {
  records: Normal[];
  /** What normalising found; the reading's own faults are not repeated here. */
  faults: Fault[];
}

export interface Normalizer {
  normalize(reading: Reading, now: Now): Normalized;
  /** The series object that every record of this point carries. */
  series(point: string): Series | undefined;
}

interface PointReader {
  point: PointPlan;
  series: Series;
  class: RecordClass;
  read(raw: unknown): Judged;
}

/** One per device of a plan; build it anew when the device's plan changes. */
export function createNormalizer(device: DevicePoints): Normalizer {
  const readers = new Map<string, PointReader>();
  for (const [id, point] of device.points) {
    readers.set(id, {
      point,
      series: seriesOf(device, point),
      class: classOf(point),
      read: valueReader(point),
    });
  }
  return {
    series: (point) => readers.get(point)?.series,
    normalize(reading, now) {
      if (reading.device !== device.device) return { records: [], faults: [faultOf("wrong-device")] };
      const records: Normal[] = [];
      const faults: Fault[] = [];
      for (const sample of reading.samples) {
        const reader = readers.get(sample.point);
        if (reader === undefined) {
          faults.push(faultOf("unknown-point", sample.point));
          continue;
        }
        const judged = reader.read(sample.raw);
        if (judged.fault !== undefined) faults.push(faultOf(judged.fault, sample.point));
        if (judged.value === undefined) continue;
        const { moment, doubtful } = momentOf(timeOf(sample, now), device.buffered, now);
        const inaccurate =
          device.stage === "trial" || isWarmingUp(reader.point, device.buffered, moment, now);
        const { time, axis, deviceTime } = moment;
        const record: Normal = {
          series: reader.series,
          class: reader.class,
          value: judged.value,
          quality:
            worst(judged, sample, reader.point, inaccurate, doubtful) +
            (isSimulated(device, reader.point) ? Quality.simulated : 0),
          time,
          axis,
        };
        if (deviceTime !== undefined) record.deviceTime = deviceTime;
        records.push(record);
      }
      return { records, faults };
    },
  };
}

/** Wall ms UTC by the device, or counted back from ours while that is known. */
function timeOf({ deviceTime, ageMs }: Sample, { wallMs }: Now): number | undefined {
  return deviceTime ?? (ageMs === undefined || wallMs === null ? undefined : wallMs - ageMs);
}

function worst(
  judged: Judged,
  sample: Sample,
  point: PointPlan,
  inaccurate: boolean,
  doubtful: boolean,
): number {
  if (judged.quality !== Quality.good) return judged.quality;
  if (sample.stale === true) return Quality.stale;
  if (point.assumed === true) return Quality.assumed;
  if (inaccurate) return Quality.inaccurate;
  return doubtful ? Quality.timeDoubtful : Quality.good;
}

function seriesOf(device: DevicePoints, point: PointPlan): Series {
  return Object.freeze({
    device: device.device,
    point: point.id,
    space: device.space,
    ...(point.type === "number" && point.unit !== undefined ? { unit: point.unit } : {}),
    kind: point.kind,
    level: point.level,
    source: device.profile,
    ...(isSimulated(device, point) ? { simulated: true as const } : {}),
  });
}

const isSimulated = (device: DevicePoints, { inferred }: PointPlan): boolean =>
  device.simulated || inferred?.simulated === true;

/**
 * R11. A state is a sample like a measurement: it comes with every poll or heartbeat and is repeated at
 * `maxSilence`. In class K a few chatty states would push out alarms and loss records, which come once.
 */
function classOf(point: PointPlan): RecordClass {
  return point.kind === "alarm" || point.kind === "event" ? "K" : "T";
}

/** What a buffered device read before it came up was read in an earlier, warm life. */
function isWarmingUp(point: PointPlan, buffered: boolean, moment: Moment, now: Now): boolean {
  if (now.upSinceMs === undefined) return false;
  const { deviceTime } = moment;
  const ageMs = buffered && deviceTime !== undefined && now.wallMs !== null ? now.wallMs - deviceTime : 0;
  const sinceUpMs = now.monotonicMs - ageMs - now.upSinceMs;
  return sinceUpMs >= 0 && sinceUpMs < point.warmUpMs;
}
