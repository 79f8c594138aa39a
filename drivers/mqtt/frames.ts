/**
 * A byte stream → whole MQTT packets (MQTT 3.1.1, 2.2), by their fixed header alone.
 *
 * Holds: at most one incomplete packet is kept, in one piece of memory that is never larger than `limit`,
 * however small the pieces are in which it comes; a packet that says it is larger is refused at its header,
 * before its bytes are taken. Where `shortBytes` says so, a larger PUBLISH comes through cut short instead: its
 * beginning is kept, the rest of it passes by.
 */

/** Control packet types (table 2.1). */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** What a client may send. */
export const fromClients: ReadonlySet<number> = new Set([1, 3, 4, 5, 6, 7, 8, 10, 12, 14]);

export interface Frame {
  type: number;
  /** Header included. */
  bytes: Buffer;
  /** Where the content begins: after type and remaining length. */
  content: number;
  /** It was larger than is taken, and only its beginning is here. */
  short?: true;
}

export type FrameFault = "frame" | "protocol";

/** Longest fixed header: the type and four bytes of remaining length (2.2.3). */
const maxHeader = 5;
/** What is kept of an incomplete packet begins with so much room. */
const firstRoom = 512;

export class FrameCutter {
  /** Largest packet taken from now on, header included. */
  limit: number;
  readonly #types: ReadonlySet<number>;
  /** So much is kept of a PUBLISH above the limit; 0: it is refused. */
  shortBytes: number;
  /** What has come of the packet under way: the first `#length` bytes. */
  #kept = Buffer.alloc(0);
  #length = 0;
  /** What passes by of a packet that was cut short. */
  #skip = 0;
  /** Sizes of the packet under way; null while its header is incomplete. */
  #head: (Head & { taken: number }) | null = null;

  constructor(limit: number, types: ReadonlySet<number> = fromClients, shortBytes = 0) {
    this.limit = limit;
    this.#types = types;
    this.shortBytes = shortBytes;
  }

  /**
   * @param each takes every packet that is complete now; false stops there (the rest of `chunk` is dropped)
   * @returns what is wrong with the stream, after which it must not be used again
   */
  push(chunk: Buffer, each: (frame: Frame) => boolean): FrameFault | null {
    let rest = chunk;
    for (;;) {
      if (this.#skip > 0) {
        const passing = Math.min(this.#skip, rest.length);
        this.#skip -= passing;
        rest = rest.subarray(passing);
      }
      if (this.#head === null) {
        const begin = this.#length === 0 ? rest : this.#begun(rest);
        const head = begin.length === 0 ? null : headOf(begin, this.#types);
        if (head === "protocol") return head;
        if (head !== null && head.total > this.limit && !this.#shortens(begin)) return "frame";
        if (head === null) {
          this.#keep(rest, maxHeader);
          return null;
        }
        this.#head = { ...head, taken: head.total > this.limit ? this.shortBytes : head.total };
      }
      const { total, content, taken } = this.#head;
      const missing = taken - this.#length;
      if (rest.length < missing) {
        this.#keep(rest, taken);
        return null;
      }
      const last = rest.subarray(0, missing);
      const bytes = this.#length === 0 ? last : Buffer.concat([this.#kept.subarray(0, this.#length), last]);
      rest = rest.subarray(missing);
      this.#kept = Buffer.alloc(0);
      this.#length = 0;
      this.#skip = total - taken;
      this.#head = null;
      const frame: Frame = { type: (bytes[0] ?? 0) >> 4, bytes, content };
      if (!each(taken < total ? { ...frame, short: true } : frame)) return null;
    }
  }

  #shortens(begin: Buffer): boolean {
    return this.shortBytes > 0 && (begin[0] ?? 0) >> 4 === PacketType.publish;
  }

  #begun(rest: Buffer): Buffer {
    return Buffer.concat([this.#kept.subarray(0, this.#length), rest.subarray(0, maxHeader)]);
  }

  /** Bytes of its own: a few kept bytes must not hold the whole chunk, or a shared slab, that they came in. */
  #keep(bytes: Buffer, most: number): void {
    const length = this.#length + bytes.length;
    if (length > this.#kept.length) {
      const room = Math.min(most, Math.max(length, 2 * this.#kept.length, firstRoom));
      const larger = Buffer.allocUnsafeSlow(Math.max(room, length));
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
    bytes.copy(this.#kept, this.#length);
    this.#length = length;
  }
}

interface Head {
  /** Bytes of the packet, header included. */
  total: number;
  /** Bytes of the header. */
  content: number;
}

/** The fixed header of the packet that begins `bytes`; null when more of it is needed. */
function headOf(bytes: Buffer, types: ReadonlySet<number>): Head | null | "protocol" {
  if (!types.has((bytes[0] ?? 0) >> 4)) return "protocol";
  let length = 0;
  for (let at = 1; at < maxHeader; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return { total: 1 + at + length, content: 1 + at };
  }
  return "protocol";
}
