/**
 * What normalising may find wrong with a sample. Sentences are fixed: no payload text enters one.
 */
import type { Fault } from "../../drivers/contract/index.ts";

const faults = {
  "wrong-device": ["map", "never", "the reading belongs to another device"],
  "unknown-point": ["map", "never", "the profile has no such point"],
  "wrong-type": ["map", "later", "the value is not of the point's type"],
  "unlisted-value": ["map", "later", "the profile does not list this value"],
  "unsafe-integer": ["map", "later", "the whole number is larger than 2^53 and would lose digits"],
  "not-finite": ["device", "later", "the number is not finite"],
  "refused-text": ["policy", "later", "the text is too long, or has control characters: taken for a blob"],
} as const satisfies Record<string, readonly [Fault["layer"], Fault["retry"], string]>;

export type FaultCode = keyof typeof faults;

/** @param point left out of the fault when it is no point id, since it may come from the wire */
export function faultOf(code: FaultCode, point?: unknown): Fault {
  const [layer, retry, detail] = faults[code];
  const named = typeof point === "string" && /^[a-z][a-z0-9_]{0,31}$/.test(point);
  return { code, layer, retry, detail, ...(named ? { point } : {}) };
}
