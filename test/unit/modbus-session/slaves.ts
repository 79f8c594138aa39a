/**
 * Slaves on a line in memory, as devices behave: each takes its requests in their order and answers each at most
 * once, sooner or later. What it answers tells which register it is, so that a wrong value shows.
 */
import { hasCrc16, withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Wire } from "../line/wire.ts";

export interface Taken {
  unit: number;
  fc: number;
  address: number;
  count: number;
}

/** Register `address` of function `fc` of a unit. */
export const wordOf = (unit: number, fc: number, address: number): number =>
  (unit * 8191 + fc * 4099 + address * 257) & 0xffff;

/** The good answer's data. */
export function dataOf({ unit, fc, address, count }: Taken): number[] {
  if (fc >= 3)
    return Array.from({ length: count }, (_, index) => wordOf(unit, fc, address + index)).flatMap((word) => [
      word >>> 8,
      word & 0xff,
    ]);
  const bits = Array.from({ length: count }, (_, index) => wordOf(unit, fc, address + index) & 1);
  return Array.from({ length: Math.ceil(count / 8) }, (_, byte) =>
    bits.slice(8 * byte, 8 * byte + 8).reduce((sum, bit, index) => sum | (bit << index), 0),
  );
}

export function answerOf(taken: Taken): number[] {
  const data = dataOf(taken);
  return [...withCrc16(Uint8Array.of(taken.unit, taken.fc, data.length, ...data))];
}

export const exceptionOf = ({ unit, fc }: Taken, code: number): number[] => [
  ...withCrc16(Uint8Array.of(unit, fc | 0x80, code)),
];

export function parse(frame: Uint8Array): Taken | null {
  if (frame.length !== 8 || !hasCrc16(frame)) return null;
  const view = new DataView(frame.buffer, frame.byteOffset);
  return {
    unit: view.getUint8(0),
    fc: view.getUint8(1),
    address: view.getUint16(2),
    count: view.getUint16(4),
  };
}

/** What a slave does with a request: says bytes after `ms`, or nothing. */
export type Reaction = { ms: number; bytes: readonly number[] } | null;

/** Puts slaves on the wire. Answers of one unit leave in the order of its requests. */
export function slaves(wire: Wire, react: (taken: Taken, nth: number) => Reaction): { requests: Taken[] } {
  const requests: Taken[] = [];
  const busyUntil = new Map<number, number>();
  wire.onSent = (bytes) => {
    const taken = parse(bytes);
    if (taken === null) throw new Error("no request");
    requests.push(taken);
    const reaction = react(taken, requests.length - 1);
    if (reaction === null) return;
    const now = wire.clock.monotonicMs();
    const at = Math.max(now + reaction.ms, (busyUntil.get(taken.unit) ?? 0) + 5);
    busyUntil.set(taken.unit, at);
    wire.say(reaction.bytes, at - now);
  };
  return { requests };
}

export const good =
  (ms: number) =>
  (taken: Taken): Reaction => ({ ms, bytes: answerOf(taken) });
