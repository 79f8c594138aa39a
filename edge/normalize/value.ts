/**
 * What one raw value means at its point: a value with a quality of its own, or why it is none. Pure.
 *
 * Order: no value → sentinel → enum → type → scale and offset → range. A raw value that is not what the
 * point can say (not listed, wrong type, a blob) gives a fault and no record; a number that says "not a
 * number" gives a null with quality 34 and a fault, because the device did answer.
 * Never happens: payload text in a fault; a text taken for a number; -0, NaN or an infinity as a value.
 */
import type { PointPlan } from "../../config/schema/plan.ts";
import { maxTextLength, Quality, type Value } from "../../config/schema/vocabulary.ts";
import { linear } from "./decimal.ts";
import type { FaultCode } from "./fault.ts";

export interface Judged {
  /** Absent: no record. */
  value?: Value;
  quality: number;
  fault?: FaultCode;
}

const none = (fault: FaultCode): Judged => ({ quality: Quality.parse, fault });
const noValue: Judged = { value: null, quality: Quality.deviceFault };

/** @returns a total function: whatever a driver hands over is judged, nothing throws */
export function valueReader(point: PointPlan): (raw: unknown) => Judged {
  const sentinels = sentinelNames(point.sentinels);
  const typed = typeReader(point);
  return (raw) => {
    if (raw === null) return noValue;
    const name = nameOf(raw);
    if (name === null) return none("wrong-type");
    if (sentinels.has(name)) return noValue;
    if (point.enum === undefined) return typed(raw);
    const meaning = point.enum.get(name);
    return meaning === undefined ? none("unlisted-value") : typed(meaning);
  };
}

/** A raw value as enum and sentinels name it; null for what is no value at all. */
function nameOf(raw: unknown): string | null {
  if (typeof raw === "string") return raw;
  return typeof raw === "number" || typeof raw === "bigint" || typeof raw === "boolean" ? String(raw) : null;
}

/** A fraction or a very large sentinel arrives from a 32-bit float register as the float nearest to it. */
function sentinelNames(sentinels: readonly Value[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const sentinel of sentinels) {
    if (sentinel === null) continue;
    names.add(String(sentinel));
    if (typeof sentinel === "number" && !Number.isSafeInteger(sentinel))
      names.add(String(Math.fround(sentinel)));
  }
  return names;
}

function typeReader(point: PointPlan): (raw: unknown) => Judged {
  switch (point.type) {
    case "number":
      return numberReader(point);
    case "boolean":
      return (raw) => (typeof raw === "boolean" ? { value: raw, quality: Quality.good } : none("wrong-type"));
    case "text":
      return (raw) => {
        if (typeof raw !== "string") return none("wrong-type");
        return isPlainText(raw) ? { value: raw, quality: Quality.good } : none("refused-text");
      };
  }
}

function numberReader(point: PointPlan): (raw: unknown) => Judged {
  const convert = linear(point.scale, point.offset);
  const [min, max] = point.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return (raw) => {
    if (typeof raw !== "number" && typeof raw !== "bigint") return none("wrong-type");
    const number = Number(raw);
    if (typeof raw === "bigint" && !Number.isSafeInteger(number)) return none("unsafe-integer");
    const value = Number.isFinite(number) ? convert(number) : number;
    if (!Number.isFinite(value)) return { value: null, quality: Quality.parse, fault: "not-finite" };
    return { value, quality: value < min || value > max ? Quality.outOfRange : Quality.good };
  };
}

/** Short, without control characters and well-formed: it cannot hide bytes, and every receiver can store it. */
function isPlainText(text: string): boolean {
  return text.length <= maxTextLength && !/\p{Cc}/u.test(text) && text.isWellFormed();
}
