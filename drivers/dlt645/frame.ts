/**
 * Frames of DL/T 645-2007, §5.2: 68H, address, 68H, control, length, data, checksum, 16H. Pure.
 * A frame says where it ends and carries its sum, so it is found in any run of bytes; data stands on the line +33H,
 * and here as it is meant.
 */

export interface Frame {
  /** Its number, 12 digits, or twelve A for any. */
  meter: string;
  control: number;
  data: Uint8Array;
}

/** Bytes around the data: address, control, length, sum and marks. */
export const aroundBytes = 12;
/** Longest data of an answer to a read (§5.2.5). */
export const mostData = 200;

const mark = 0x68;
const end = 0x16;
const shift = 0x33;
/** Wakes a meter's receiver; sent four times, and any number of them accepted (§5.3.1). */
const wake = 0xfe;
export const wakeBytes = 4;

/** As it goes on the line, the wake-up included. */
export function frameBytes({ meter, control, data }: Frame): Uint8Array {
  const frame = new Uint8Array(wakeBytes + aroundBytes + data.length).fill(wake, 0, wakeBytes);
  frame.set([mark, ...addressBytes(meter), mark, control, data.length], wakeBytes);
  for (const [at, byte] of data.entries()) frame[wakeBytes + 10 + at] = byte + shift;
  const bare = frame.subarray(wakeBytes);
  bare.set([sumOf(bare.subarray(0, -2)), end], bare.length - 2);
  return frame;
}

/** Low byte first, as all numbers. */
export const addressBytes = (meter: string): Uint8Array =>
  Uint8Array.from(Buffer.from(meter, "hex")).reverse();
export const hexOf = (lowFirst: Uint8Array): string =>
  Buffer.from(lowFirst).reverse().toString("hex").toUpperCase();

export const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);

/** A frame in a run of bytes. `damaged`: it has its marks, and another sum. */
export interface Found {
  at: number;
  length: number;
  frame: Frame;
  damaged: boolean;
}

/** What begins at `at`. `missing`: it may be a frame, and so many bytes are not there yet; null: it is none. */
export function frameAt(bytes: Uint8Array, at: number): Found | { missing: number } | null {
  const rest = bytes.subarray(at);
  if (rest[0] !== mark || (rest.length > 7 && rest[7] !== mark)) return null;
  const size = rest[9] ?? 0;
  const length = aroundBytes + size;
  if (size > mostData) return null;
  if (rest.length < length) return { missing: length - rest.length };
  if (rest[length - 1] !== end) return null;
  const frame: Frame = {
    meter: hexOf(rest.subarray(1, 7)),
    control: rest[8] ?? 0,
    data: rest.slice(10, 10 + size).map((byte) => byte - shift),
  };
  return { at, length, frame, damaged: sumOf(rest.subarray(0, length - 2)) !== rest[length - 2] };
}

export interface Scan {
  frames: Found[];
  /** Frames with a wrong sum. */
  damaged: Found[];
  /** The first that has begun and is not whole; what is behind it was looked at all the same. */
  open: { at: number; missing: number } | null;
  /** Bytes that belong to none of these, wake-ups aside. */
  noise: number;
}

export function scan(bytes: Uint8Array): Scan {
  const found: Scan = { frames: [], damaged: [], open: null, noise: 0 };
  for (let at = 0; at < bytes.length; ) {
    const one = frameAt(bytes, at);
    if (one !== null && "frame" in one && !one.damaged) {
      // What seemed to begin before and would end behind it was chance.
      found.frames.push(one);
      at += one.length;
      continue;
    }
    if (one !== null && "missing" in one) found.open ??= { at, missing: one.missing };
    else if (one !== null) found.damaged.push(one);
    else if (bytes[at] !== wake) found.noise += 1;
    at += 1;
  }
  return found;
}

/** Whether it is of a master: nothing that a meter says has this bit clear (§5.2.4). */
export const isRequest = ({ control }: Frame): boolean => (control & 0x80) === 0;
