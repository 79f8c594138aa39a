/** When a Shelly device finds that something has changed enough to be told, and how much of it it tells. */
import { isDeepStrictEqual } from "node:util";
import type { Json } from "./saying.ts";
import type { Status } from "./shelly-models.ts";

/** How far a number moves before it is told; others are told with whatever else is. */
const thresholds: Readonly<Record<string, number>> = {
  apower: 1,
  voltage: 2,
  current: 0.05,
  tC: 0.5,
  rh: 1,
  lux: 10,
  current_C: 0.5,
};
/** What has changed by more than it takes; with one thing that did, everything else that is not the same. */
export function changes(told: Status, status: Status): Record<string, Json> {
  const different = Object.entries(status).filter(
    ([key, value]) => key !== "aenergy" && !isDeepStrictEqual(value, told[key]),
  );
  if (!different.some(([key, value]) => matters(key, told[key], value))) return {};
  const part = Object.fromEntries(different);
  // Who has moved the relay is told with every move.
  return "output" in part && status.source !== undefined ? { ...part, source: status.source } : part;
}

function matters(key: string, before: Json | undefined, now: Json): boolean {
  if (typeof now === "number" && typeof before === "number") {
    const threshold = thresholds[key];
    return key !== "tF" && (threshold === undefined || Math.abs(now - before) >= threshold - 1e-9);
  }
  if (!isObject(now) || !isObject(before)) return true;
  return Object.entries(now).some(
    ([inner, value]) => value !== undefined && matters(inner, before[inner], value),
  );
}

function isObject(json: Json | undefined): json is { readonly [key: string]: Json | undefined } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A new minute of energy has begun. */
export function minuteOver(told: Status, status: Status): boolean {
  const minute = ({ aenergy }: Status) => (isObject(aenergy) ? aenergy.minute_ts : undefined);
  return minute(told) !== minute(status);
}
