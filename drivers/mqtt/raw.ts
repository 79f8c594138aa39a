/**
 * What a device wrote → the raw value of a point, or the fault that it is. Pure.
 */
import { cataloguePoints } from "../../config/catalogue/points.ts";
import { maxTextLength, type Value } from "../../config/schema/vocabulary.ts";
import type { MqttFaultCode } from "./faults.ts";

export type Raw = { value: Value } | { fault: MqttFaultCode };

/** What a profile says that the payload must hold. */
export type Wanted = "number" | "boolean" | "text" | "auto";

/** Longest identity that is digested, characters. */
const maxIdentityLength = 1024;

const type: Raw = { fault: "mqtt.type" };

/** False for 1e999, and for whole numbers that a double cannot tell from their neighbours. */
export function exact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** A JSON value as a point of `wanted` takes it; null is "no value" whatever the type. */
export function fromJson(value: unknown, wanted: Wanted): Raw {
  if (value === null) return { value };
  switch (typeof value) {
    case "number":
      if (wanted !== "number" && wanted !== "auto") return type;
      return exact(value) ? { value } : { fault: "mqtt.number" };
    case "boolean":
      return wanted === "boolean" || wanted === "auto" ? { value } : type;
    case "string":
      if (wanted !== "text" && wanted !== "auto") return type;
      return value.length <= maxTextLength && value.isWellFormed() ? { value } : type;
    default:
      return type;
  }
}

const numeral = /^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?$/;

/**
 * A whole payload as a point of `wanted` takes it. `auto` goes by what the catalogue says of the point: numerals
 * are numbers for a number, `true` and `false` are booleans for a state, and anything else stays the text that
 * sentinels and enum of the profile name (`nan`, `ON`).
 */
export function fromText(text: string, wanted: Wanted, point: string): Raw {
  const asked = wanted === "auto" ? (cataloguePoints.get(point)?.type ?? "text") : wanted;
  const otherwise = wanted === "auto" ? { value: text } : type;
  if (asked === "number") {
    if (!numeral.test(text)) return otherwise;
    const value = Number(text);
    return exact(value) ? { value } : { fault: "mqtt.number" };
  }
  if (asked === "boolean")
    return text === "true" || text === "false" ? { value: text === "true" } : otherwise;
  return { value: text };
}

/** An identity leaves as its keyed digest. */
export function fromIdentity(value: unknown, digest: (identity: string) => string): Raw {
  if (value === null) return { value };
  if (typeof value === "number") {
    return exact(value) ? { value: digest(String(value)) } : { fault: "mqtt.number" };
  }
  if (typeof value !== "string" || value === "" || value.length > maxIdentityLength) return type;
  return value.isWellFormed() ? { value: digest(value) } : type;
}

/** A word that identifies something: a text, or a number as its digits; null when there is none. */
export function wordOf(value: unknown): string | null {
  if (typeof value === "string") return value !== "" && value.length <= maxTextLength ? value : null;
  return typeof value === "number" && exact(value) ? String(value) : null;
}
