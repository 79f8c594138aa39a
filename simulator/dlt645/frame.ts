/**
 * Frames of DL/T 645-2007: 68, six bytes of address, 68, control, length, data, sum, 16. Numbers go low byte first, and
 * 33H is added to every byte of the data.
 */

export interface Frame645 {
  /** Twelve digits as on the meter's plate, highest first; `A` stands for any. */
  address: string;
  control: number;
  /** Without the 33H. */
  data: Uint8Array;
}

const start = 0x68;
const end = 0x16;
const wake = 0xfe;
/** In front of the data, and behind it. */
const headBytes = 10;
const tailBytes = 2;
/** Longest pause between two bytes of a frame, ms. */
const maxGapMs = 500;

/** @param wakeUp bytes FE in front, 0 to 4 */
export function frame645({ address, control, data }: Frame645, wakeUp = 0): Uint8Array {
  const shifted = data.map((byte) => byte + 0x33);
  const body = Uint8Array.of(start, ...lowFirst(address), start, control, data.length, ...shifted);
  return Uint8Array.of(...new Array<number>(wakeUp).fill(wake), ...body, sum645(body), end);
}

/** Sum of all bytes from the first 68 on, mod 256. */
export const sum645 = (body: Uint8Array): number => body.reduce((sum, byte) => (sum + byte) & 0xff, 0);

/** Digits, two a byte, low byte first. */
export function lowFirst(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, "hex")).reverse();
}

/** The other way round. */
export function highFirst(bytes: Uint8Array): string {
  return Buffer.from(Uint8Array.from(bytes).reverse()).toString("hex").toUpperCase();
}

/**
 * Finds frames in what is heard, whatever is around them.
 *
 * Holds: it keeps at most one frame's bytes; what is not sealed is no frame.
 */
export class Reader645 {
  #bytes: number[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param atMs when the byte was over. @returns the frame that it ends */
  read(byte: number, atMs: number): Frame645 | null {
    if (atMs - this.#lastMs > maxGapMs) this.#bytes = [];
    this.#lastMs = atMs;
    this.#bytes.push(byte);
    for (;;) {
      this.#skip();
      const length = headBytes + (this.#bytes[9] ?? 0) + tailBytes;
      if (this.#bytes.length < headBytes || this.#bytes.length < length) return null;
      const frame = opened(Uint8Array.from(this.#bytes.slice(0, length)));
      this.#bytes.splice(0, frame === null ? 1 : length);
      if (frame !== null) return frame;
    }
  }

  /** To where a frame could begin. */
  #skip(): void {
    const bytes = this.#bytes;
    const at = bytes.findIndex((byte, n) => byte === start && (bytes[n + 7] ?? start) === start);
    bytes.splice(0, at < 0 ? bytes.length : at);
  }
}

/** @param bytes as many as their length says. @returns null when they are not sealed */
function opened(bytes: Uint8Array): Frame645 | null {
  const body = bytes.slice(0, -tailBytes);
  if (bytes.at(-1) !== end || bytes.at(-2) !== sum645(body)) return null;
  return {
    address: highFirst(body.slice(1, 7)),
    control: body[8] ?? 0,
    data: body.slice(headBytes).map((byte) => byte - 0x33),
  };
}
