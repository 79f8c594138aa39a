/** One thing that a device says, and how a text of it becomes values for the log. */
import type { Value } from "../../config/schema/vocabulary.ts";
import { maxTextLength } from "../../config/schema/vocabulary.ts";

export interface Saying {
  topic: string;
  payload: string | Uint8Array;
  /** What it says in numbers and words, for the log; default none. */
  values?: Readonly<Record<string, Value>>;
  /** Default: the device's. */
  retain?: boolean;
  /** Default: the device's. */
  qos?: 0 | 1 | 2;
  /** Never waits for a connection, whatever its QoS: said now or not at all. */
  fleeting?: boolean;
}

/** What JSON can say; a key that is undefined is not written. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Says an object as JSON; the log has its values by path, as in `ENERGY.Power`. */
export function jsonSaying(topic: string, json: Json, how: Partial<Saying> = {}): Saying {
  return { topic, payload: JSON.stringify(json), values: valuesOf(json), ...how };
}

/** Says one plain value; the log has it as `value`. */
export function plainSaying(topic: string, payload: string, value: Value, how: Partial<Saying> = {}): Saying {
  return { topic, payload, values: { value }, ...how };
}

/** The numbers, booleans, texts and nulls of an object by their path. */
function valuesOf(json: Json, path = ""): Record<string, Value> {
  if (typeof json === "string") return json.length <= maxTextLength ? { [path]: json } : {};
  if (typeof json !== "object" || json === null) return { [path]: json };
  const values: Record<string, Value> = {};
  for (const [key, value] of Object.entries(json)) {
    if (value !== undefined) Object.assign(values, valuesOf(value, path === "" ? key : `${path}.${key}`));
  }
  return values;
}
