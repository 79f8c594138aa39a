/**
 * A whole frame → raw values of points. Pure. Bytes that hold no value of their type are a fault of their point alone.
 */
import { decodeBits, decodeNumber, type NumberType, type Order, registersOf } from "../codec/registers.ts";
import type { Fault, Reading, Sample } from "../contract/index.ts";
import { type SerialFaultCode, serialFault } from "./faults.ts";

export type PointType = NumberType | "uint8" | "int8";

/** Where a point is in a frame, with nothing left to the profile. */
export interface Place {
  /** First byte. */
  at: number;
  type: PointType;
  order: Order;
  /** This bit alone, as true or false. */
  bit?: number;
  /** These bits alone, as a number. */
  bits?: { from: number; to: number };
}

const isByte = (type: PointType): type is "uint8" | "int8" => type === "uint8" || type === "int8";

export const sizeOf = (type: PointType): number => (isByte(type) ? 1 : 2 * registersOf[type]);

/** @returns one sample or fault for each point */
export function decode(
  points: readonly { id: string; place: Place }[],
  frame: Uint8Array,
): Pick<Reading, "samples" | "faults"> {
  const samples: Sample[] = [];
  const faults: Fault[] = [];
  for (const { id, place } of points) {
    const raw = rawOf(place, frame);
    if (typeof raw === "object") faults.push(serialFault(raw.fault, id));
    else samples.push({ point: id, raw });
  }
  return { samples, faults };
}

function rawOf(place: Place, frame: Uint8Array): number | bigint | boolean | { fault: SerialFaultCode } {
  const { at, type, order, bit, bits } = place;
  const wire = frame.subarray(at, at + sizeOf(type));
  if (wire.length !== sizeOf(type)) return { fault: "serial.beyond" };
  const range = bit === undefined ? bits : { from: bit, to: bit };
  if (range !== undefined) {
    // A byte alone is the low one of two.
    const value = decodeBits(isByte(type) ? Uint8Array.of(0, ...wire) : wire, order, range.from, range.to);
    return bit === undefined ? value : value === 1;
  }
  if (isByte(type)) {
    const [value = 0] = wire;
    return type === "int8" && value > 0x7f ? value - 0x100 : value;
  }
  return decodeNumber(wire, type, order) ?? { fault: "serial.type" };
}
