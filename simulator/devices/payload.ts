/** Payloads of simulated devices: JSON in the project's own dialect. */
import type { Value } from "../../config/schema/vocabulary.ts";

/** What a device writes for its n-th emission; `timeMs` is its wall clock. */
export type PayloadOf = (
  n: number,
  values: Readonly<Record<string, Value>>,
  timeMs: number,
) => string | Uint8Array;

/** `{p}`, or with the device's own key `{ep, seq, t, p}`. */
export function defaultPayload({ ownKey, boot }: { ownKey: boolean; boot: number }): PayloadOf {
  return (n, values, timeMs) =>
    JSON.stringify(ownKey ? { ep: boot, seq: n, t: timeMs, p: values } : { p: values });
}

/** A flat object of the values alone. */
export const flatPayload: PayloadOf = (_n, values) => JSON.stringify(values);
