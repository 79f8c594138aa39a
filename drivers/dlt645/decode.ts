/**
 * The data of an answer → raw values of points. Pure. What holds no value of its format is a fault of its point and of
 * nothing else.
 */
import type { Fault, Reading, Sample } from "../contract/index.ts";
import { type DltFaultCode, dltFault } from "./faults.ts";
import type { DltSource } from "./fields.ts";
import { hexOf } from "./frame.ts";
import { sizeOf } from "./scalars.ts";

export interface JobPoint {
  id: string;
  source: DltSource;
}

type Raw = Sample["raw"] | { fault: DltFaultCode };

/**
 * @param frames what each frame of the answer holds of one identifier's data
 * @returns one sample or fault for each point
 */
export function decode(
  points: readonly JobPoint[],
  frames: readonly Uint8Array[],
): Pick<Reading, "samples" | "faults"> {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  for (const { id, source } of points) {
    const raw = rawOf(source, frames);
    if (typeof raw === "object" && raw !== null) faults.push(dltFault(raw.fault, { point: id }));
    else samples.push({ point: id, raw });
  }
  return { samples, faults };
}

/** Every point of the job has this fault. */
export const refused = (points: readonly JobPoint[], code: DltFaultCode): Fault[] =>
  points.map(({ id }) => dltFault(code, { point: id }));

function rawOf(source: DltSource, frames: readonly Uint8Array[]): Raw {
  const { item, format, signed } = source;
  const size = sizeOf(format);
  const whole = frames.reduce((sum, { length }) => sum + length, 0);
  if (item === undefined)
    return whole === size && frames.length === 1
      ? readValue(frames[0] ?? new Uint8Array(), source)
      : { fault: "dlt645.length" };
  if (whole % size !== 0) return { fault: "dlt645.length" };
  // Two frames may be of two readings: an item is only taken from one.
  let at = (item - 1) * size;
  for (const frame of frames) {
    if (at >= 0 && at + size <= frame.length)
      return readValue(frame.subarray(at, at + size), { format, signed });
    at -= frame.length;
  }
  return { fault: "dlt645.item" };
}

/** Low byte first, two digits in each (§6.2); all ones where there is nothing, such as a phase that is not wired. */
export function readValue(bytes: Uint8Array, { format, signed }: Pick<DltSource, "format" | "signed">): Raw {
  if (bytes.every((byte) => byte === 0xff)) return null;
  const top = bytes.at(-1) ?? 0;
  const isNegative = signed && (top & 0x80) !== 0;
  const digits = hexOf(isNegative ? Uint8Array.of(...bytes.subarray(0, -1), top & 0x7f) : bytes);
  if (!/^\d+$/.test(digits)) return { fault: "dlt645.digits" };
  if (format.text) return digits;
  const value = Number(`${digits.slice(0, format.whole)}.${digits.slice(format.whole)}`);
  return isNegative && value !== 0 ? -value : value;
}
