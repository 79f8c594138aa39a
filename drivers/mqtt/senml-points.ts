/**
 * What the records of a SenML pack say of one point, and of the unit that sent it. Pure.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import type { Sample } from "../contract/index.ts";
import type { MqttFaultCode } from "./faults.ts";
import type { MqttProfile, MqttSource, Place } from "./fields.ts";
import { exact, fromIdentity, fromJson, type Raw } from "./raw.ts";
import { ownName, type SenmlRecord } from "./senml.ts";
import { convert, convertSum } from "./units.ts";

/** A record older than the newest of its pack by more than this is no reading of now. */
const promptMs = 120_000;

export interface SenmlSaid {
  samples: Sample[];
  faults: MqttFaultCode[];
}

/**
 * The records whose name is the point's, in their order, each with its own time.
 * Two different names that could both be the point's are a fault, since it cannot be known which is.
 * @param buffered the device's own times count, however old; otherwise an older record is not fresh (16)
 */
export function senmlPoint(
  records: readonly SenmlRecord[],
  point: string,
  source: Pick<MqttSource, "sum" | "digest" | "type"> & Pick<Place, "name">,
  buffered: boolean,
  { digest }: { digest(identity: string): string },
): SenmlSaid {
  const matching = records.filter(({ name }) => ownName(name) === source.name);
  if (matching.some(({ name }) => name !== matching[0]?.name)) return { samples: [], faults: ["mqtt.name"] };
  const samples: Sample[] = [];
  const faults: MqttFaultCode[] = [];
  const newest = newestOf(records);
  for (const record of matching) {
    const raw = source.sum ? recordSum(record, point) : recordValue(record, point, source, digest);
    if (raw === null) continue;
    if ("fault" in raw) {
      faults.push(raw.fault);
      continue;
    }
    const sample: Sample = { point, raw: raw.value };
    const { timeMs, ageMs } = record;
    if (timeMs === null) faults.push("mqtt.time");
    else if (timeMs !== undefined) sample.deviceTime = timeMs;
    else if (ageMs !== undefined) sample.ageMs = ageMs;
    // What the device counts from now is compared with now, its own times with each other.
    const behindMs = timeMs == null ? (ageMs ?? 0) : newest - timeMs;
    if (!buffered && behindMs > promptMs) sample.stale = true;
    samples.push(sample);
  }
  return { samples, faults };
}

function newestOf(records: readonly SenmlRecord[]): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { timeMs } of records) if (timeMs != null) newest = Math.max(newest, timeMs);
  return newest;
}

function recordValue(
  { value, unit, fault }: SenmlRecord,
  point: string,
  source: Pick<MqttSource, "digest" | "type">,
  digest: (identity: string) => string,
): Raw | null {
  if (value === undefined) return fault === undefined ? null : { fault };
  if (source.digest) return fromIdentity(value, digest);
  const raw = fromJson(value, source.type);
  if ("fault" in raw || typeof raw.value !== "number" || unit === undefined) return raw;
  return converted(convert(raw.value, unit, unitOf(point)));
}

function recordSum({ sum, unit, fault }: SenmlRecord, point: string): Raw | null {
  if (sum === undefined) return fault === undefined ? null : { fault };
  // Without its unit nobody knows what was summed up.
  return unit === undefined ? { fault: "mqtt.unit" } : converted(convertSum(sum, unit, unitOf(point)));
}

function converted(value: number | null): Raw {
  if (value === null) return { fault: "mqtt.unit" };
  return exact(value) ? { value } : { fault: "mqtt.number" };
}

const unitOf = (point: string) => cataloguePoints.get(point)?.unit;

/** The serial numbers that a pack shows, by a record of its own or as the last part of its base names. */
export function senmlSerials(
  records: readonly SenmlRecord[],
  { name, base }: NonNullable<MqttProfile["serial"]>,
): string[] {
  const shown = records.flatMap((record) => {
    if (base) return basePart(record.name) ?? [];
    const said = ownName(record.name) === name ? record.value : undefined;
    return said === undefined ? [] : String(said);
  });
  return [...new Set(shown)];
}

/** `urn:dev:mac:0024befffe804ff1:temperature` → `0024befffe804ff1`. */
const basePart = (name: string) => name.split(":").at(-2) || null;
