/** What readers say, made byte by byte, and devices as the loader gives them. */
import type { ReaderDevice } from "../../../drivers/reader/fields.ts";
import { profileSchema, sourceSchema } from "../../../drivers/reader/fields.ts";

export const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** A frame of an RDM6300. @param digits version byte and four bytes of the number */
export function tag(digits: string): Uint8Array {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 2) sum ^= Number.parseInt(digits.slice(at, at + 2), 16);
  return ascii(`\x02${digits}${sum.toString(16).toUpperCase().padStart(2, "0")}\x03`);
}

/** Wiegand bits of a number, with both parities. */
export function wiegand(value: number, bits: 26 | 34): string {
  const half = bits / 2 - 1;
  const data = value.toString(2).padStart(bits - 2, "0");
  const ones = (of: string) => [...of].filter((bit) => bit === "1").length;
  return `${ones(data.slice(0, half)) % 2}${data}${1 - (ones(data.slice(half)) % 2)}`;
}

export const reader = (written: Record<string, string>, point = "card"): ReaderDevice => ({
  id: "gate",
  address: {},
  profile: profileSchema.parse(written),
  simulated: false,
  points: [{ id: point, source: sourceSchema.parse({}), everyMs: 60_000 }],
  actions: {},
});
