/**
 * Frames of serial sensors: found in whatever bytes came, by what the profile says of them. Pure.
 *
 * Holds: a frame has its start, its length, its end and its checksum, or it is none; of several the newest counts;
 * bytes in front of a frame, start bytes inside one, our own request and halves of frames do no harm. Without a
 * checksum only what came first can be a frame, as nothing else tells it from the middle of another.
 */
import { type ChecksumKind, checksumBytes, checksumOf } from "../codec/sums.ts";
import type { Verdict } from "../line/line.ts";
import type { SerialFaultCode } from "./faults.ts";

/** Longest frame, bytes: two of them fit into what a line keeps. */
export const maxFrame = 256;

export interface LengthField {
  /** Where it stands. */
  at: number;
  bytes: 1 | 2;
  lowFirst: boolean;
  /** Whole length = number + so many. */
  add: number;
  /** Whole lengths that there are. */
  min: number;
  max: number;
}

/** Places count from the front, negative ones from the end: -1 is the last byte. */
export interface Checksum {
  kind: ChecksumKind;
  /** First and last byte that it is over. */
  from: number;
  to: number;
  /** Where it stands. */
  at: number;
  lowFirst: boolean;
}

export interface FrameShape {
  start: readonly number[];
  length: number | LengthField;
  end: readonly number[];
  /** null: it has none. */
  checksum: Checksum | null;
}

/** Shortest and longest whole length. */
export const leastLength = ({ length }: FrameShape): number =>
  typeof length === "number" ? length : length.min;
export const mostLength = ({ length }: FrameShape): number =>
  typeof length === "number" ? length : length.max;

const isAt = (bytes: Uint8Array, at: number, wanted: readonly number[]) =>
  wanted.every((byte, index) => bytes[at + index] === byte);

const numberAt = (bytes: Uint8Array, at: number, width: 1 | 2, lowFirst: boolean): number => {
  const [first = 0, second = 0] = bytes.subarray(at, at + width);
  if (width === 1) return first;
  return lowFirst ? (second << 8) | first : (first << 8) | second;
};

/** The checksum that a whole frame must have. */
export function rightChecksum({ kind, from, to }: Checksum, frame: Uint8Array): number {
  const place = (at: number) => (at < 0 ? frame.length + at : at);
  return checksumOf(kind, frame.subarray(place(from), place(to) + 1));
}

export function hasChecksum(checksum: Checksum | null, frame: Uint8Array): boolean {
  if (checksum === null) return true;
  const { kind, at, lowFirst } = checksum;
  const place = at < 0 ? frame.length + at : at;
  return numberAt(frame, place, checksumBytes(kind), lowFirst) === rightChecksum(checksum, frame);
}

/** Gives a whole frame its checksum. @param off what it is wrong by */
export function seal(checksum: Checksum, frame: Uint8Array, off = 0): void {
  const { kind, at, lowFirst } = checksum;
  const width = checksumBytes(kind);
  const place = at < 0 ? frame.length + at : at;
  const sum = rightChecksum(checksum, frame) + off;
  const bytes = width === 1 ? [sum & 0xff] : [(sum >> 8) & 0xff, sum & 0xff];
  frame.set(lowFirst ? bytes.reverse() : bytes, place);
}

type Seen = { length: number } | { more: number } | { no: "start" | "checksum" | "end" };

/** Whole length of the frame that begins there, as far as it says so. */
export function lengthAt(shape: FrameShape, bytes: Uint8Array, at: number): number {
  const { length } = shape;
  if (typeof length === "number" || bytes.length < at + length.at + length.bytes) return leastLength(shape);
  return numberAt(bytes, at + length.at, length.bytes, length.lowFirst) + length.add;
}

/** What the bytes from `at` on are. */
export function frameAt(shape: FrameShape, bytes: Uint8Array, at: number): Seen {
  const { start, length: said, end, checksum } = shape;
  const here = bytes.length - at;
  if (!isAt(bytes, at, start.slice(0, here))) return { no: "start" };
  const least = leastLength(shape);
  if (here < start.length) return { more: least - here };
  if (typeof said !== "number" && here < said.at + said.bytes) return { more: least - here };
  const length = lengthAt(shape, bytes, at);
  if (length < least || length > mostLength(shape)) return { no: "start" };
  if (here < length) return { more: length - here };
  const frame = bytes.subarray(at, at + length);
  if (!isAt(frame, length - end.length, end)) return { no: "end" };
  return hasChecksum(checksum, frame) ? { length } : { no: "checksum" };
}

interface Scanned {
  /** The newest whole frame. */
  frame: Uint8Array | null;
  /** One that began. */
  open: { at: number; more: number } | null;
  wrong: "checksum" | "end" | null;
}

/** @param final nothing more will come: what is not whole hides no frame behind it */
function scan(shape: FrameShape, from: number, bytes: Uint8Array, final: boolean): Scanned {
  const found: Scanned = { frame: null, open: null, wrong: null };
  for (let at = from; at < bytes.length; ) {
    const seen = frameAt(shape, bytes, at);
    if ("length" in seen) {
      found.frame = bytes.slice(at, at + seen.length);
      found.open = null;
      at += seen.length;
      continue;
    }
    if ("more" in seen) {
      found.open ??= { at, more: seen.more };
      if (!final) break;
    } else if (seen.no !== "start") found.wrong ??= seen.no;
    if (shape.checksum === null) break;
    at += 1;
  }
  return found;
}

/** Our own request in front, as an adapter gives it back, bytes. */
export const echoOf = (asked: Uint8Array, bytes: Uint8Array): number =>
  asked.length > 0 && bytes.length >= asked.length && isAt(bytes, 0, [...asked]) ? asked.length : 0;

/** The newest whole frame among the bytes since `asked` was sent, or how many are missing. */
export function judge(
  shape: FrameShape,
  asked: Uint8Array,
  received: Uint8Array,
): Verdict<Uint8Array, never> {
  const { frame, open } = scan(shape, echoOf(asked, received), received, false);
  if (frame !== null) return { answer: frame };
  if (open !== null) return { more: open.more, skipped: open.at };
  return { more: leastLength(shape), skipped: received.length };
}

/** Of bytes that nothing follows: the newest whole frame, or why there is none. */
export function judgeAll(
  shape: FrameShape,
  asked: Uint8Array,
  received: Uint8Array,
): { frame: Uint8Array } | { fault: SerialFaultCode } {
  if (received.length === 0) return { fault: "serial.silent" };
  const echo = echoOf(asked, received);
  if (echo === received.length) return { fault: "serial.echo" };
  const { frame, open, wrong } = scan(shape, echo, received, true);
  if (frame !== null) return { frame };
  if (wrong !== null) return { fault: wrong === "end" ? "serial.end" : "serial.checksum" };
  return { fault: open === null ? "serial.noise" : "serial.short" };
}
