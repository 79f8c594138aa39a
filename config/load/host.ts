/**
 * A `host` stands at one device; what hangs on it has the same.
 */
import { keysOf, type Schema } from "./schema-keys.ts";
import type { Mapping } from "./tree.ts";

/**
 * The entry with the host of the nearest thing in front of it, where its kind knows `host` and nothing is written.
 * @param fronts entries of what stands in front, nearest first
 */
export function withHost(body: Mapping, schema: Schema, fronts: readonly Mapping[]): Mapping {
  if (body.entries.has("host") || !keysOf(schema).includes("host")) return body;
  for (const front of fronts) {
    const host = front.entries.get("host");
    if (host?.value.type === "scalar")
      return { ...body, entries: new Map([...body.entries, ["host", host]]) };
  }
  return body;
}
