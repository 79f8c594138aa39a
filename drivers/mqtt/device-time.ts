/**
 * What a device says about its own clock → ms UTC. Pure.
 */

export type TimeFormat = "unix-ms" | "unix-s" | "iso" | "local";

/** Furthest instant that a Date can hold, ms. */
const maxMs = 8.64e15;

const plainNumber = /^\d{1,16}(?:\.\d{1,9})?$/;
const dateAndTime = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?/;
const offset = /^(?:Z|z|([+-])(\d{2})(?::?(\d{2}))?)$/;

/**
 * @param raw the value as the device sent it
 * @param near wall ms UTC at arrival: an hour that a zone has twice is taken as the one closer to it; null: then it has no answer
 * @returns ms UTC, or null when it is no time, lies in an hour that the zone skips, or is one of two
 */
export function deviceTime(
  raw: unknown,
  format: TimeFormat,
  zone: string | undefined,
  near: number | null,
): number | null {
  if (format === "unix-ms" || format === "unix-s") {
    const value = typeof raw === "string" && plainNumber.test(raw) ? Number(raw) : raw;
    if (typeof value !== "number" || !(value >= 0)) return null;
    const ms = Math.round(format === "unix-s" ? value * 1000 : value);
    return ms <= maxMs ? ms : null;
  }
  if (typeof raw !== "string") return null;
  const read = dateAndTime.exec(raw);
  if (read === null) return null;
  const wall = asUtc(read);
  if (wall === null) return null;
  const rest = raw.slice(read[0].length);
  if (format === "local") return rest === "" && zone !== undefined ? fromZone(wall, zone, near) : null;
  const [, sign, hours, minutes = "00"] = offset.exec(rest) ?? [];
  if (sign === undefined) return offset.test(rest) ? wall : null;
  if (Number(hours) > 14 || Number(minutes) > 59) return null;
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "+" ? wall - ahead : wall + ahead;
}

/** The fields read as if they were UTC; null for a 30th of February. */
function asUtc(read: RegExpExecArray): number | null {
  const [year, month, day, hour, minute, second] = read.slice(1, 7).map((digits) => Number(digits ?? "0"));
  if (year === undefined || month === undefined || day === undefined) return null;
  if (hour === undefined || minute === undefined || second === undefined) return null;
  if (hour > 23 || minute > 59 || second > 59 || year < 1970) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return ms + Math.floor(Number(`0.${read[7] ?? "0"}`) * 1000);
}

const dayMs = 86_400_000;

/** A zone's wall time → UTC. The offsets a day before and after are the only ones it can have. */
function fromZone(wall: number, zone: string, near: number | null): number | null {
  const candidates = [...new Set([wall - dayMs, wall + dayMs].map((at) => wall - zoneOffset(zone, at)))];
  const found = candidates.filter((utc) => utc + zoneOffset(zone, utc) === wall);
  const [first, second] = found;
  if (first === undefined) return null;
  if (second === undefined) return first;
  if (near === null) return null;
  return Math.abs(first - near) <= Math.abs(second - near) ? first : second;
}

/** Zones change their offset at whole quarters of an hour. */
const quarterMs = 900_000;
const zones = new Map<string, { format: Intl.DateTimeFormat; known: Map<number, number> }>();

/** How far a zone is ahead of UTC at an instant, ms. */
function zoneOffset(zone: string, utc: number): number {
  let entry = zones.get(zone);
  if (entry === undefined) {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    entry = { format, known: new Map() };
    zones.set(zone, entry);
  }
  const start = Math.floor(utc / quarterMs) * quarterMs;
  const known = entry.known.get(start);
  if (known !== undefined) return known;
  const part: Record<string, number> = {};
  for (const { type, value } of entry.format.formatToParts(start)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const ahead = Date.UTC(year, month - 1, day, hour, minute, second) - start;
  if (entry.known.size >= 64) entry.known.clear();
  entry.known.set(start, ahead);
  return ahead;
}
