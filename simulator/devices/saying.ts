/** One thing that a device says, what becomes of it, and how its text becomes values for the log. */
import { maxTextLength, type Value } from "../../config/schema/vocabulary.ts";

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

/** One thing the device said, and what became of it. */
export interface Emission {
  /** From 1, without holes. */
  readonly n: number;
  readonly topic: string;
  readonly retain: boolean;
  readonly values: Readonly<Record<string, Value>>;
  /** The device's wall ms. */
  readonly timeMs: number;
  readonly qos: 0 | 1 | 2;
  readonly ownKey: boolean;
  /** Every time it was put on the wire. */
  readonly wire: { atMs: number; dup: boolean; packetId: number | null }[];
  /** Wall ms of the PUBACK or PUBCOMP that the device saw. */
  ackedMs: number | null;
  /** Never to be sent (again): no room, no connection at QoS 0, or refused by the server (MQTT 5). */
  dropped: boolean;
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
