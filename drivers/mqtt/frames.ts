/**
 * A byte stream → whole MQTT packets (MQTT 3.1.1, 2.2), by their fixed header alone.
 *
 * Holds: at most one incomplete packet is kept, never more than `limit` bytes of it; a packet that says
 * it is larger is refused at its header, before its bytes are taken.
 */

/** Control packet types that a client may send (table 2.1). */
export const PacketType = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const;

const fromClients: ReadonlySet<number> = new Set(Object.values(PacketType));

export interface Frame {
  type: number;
  bytes: Buffer;
}

export type FrameFault = "frame" | "protocol";

export class FrameCutter {
  /** Largest packet taken from now on, header included. */
  limit: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  /** Bytes of the packet under way; null while its header is incomplete. */
  #wanted: number | null = null;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * @param each takes every packet that is complete now; false stops there (the rest of `chunk` is dropped)
   * @returns what is wrong with the stream, after which it must not be used again
   */
  push(chunk: Buffer, each: (frame: Frame) => boolean): FrameFault | null {
    let rest = chunk;
    for (;;) {
      if (this.#wanted === null) {
        const head = this.#kept.length === 0 ? rest : Buffer.concat([...this.#kept, rest.subarray(0, 5)]);
        if (head.length === 0) return null;
        const length = totalLength(head);
        if (length === "protocol" || (length !== null && length > this.limit)) {
          return length === "protocol" ? length : "frame";
        }
        if (length === null) {
          this.#keep(rest);
          return null;
        }
        this.#wanted = length;
      }
      const missing = this.#wanted - this.#keptBytes;
      if (rest.length < missing) {
        this.#keep(rest);
        return null;
      }
      const last = rest.subarray(0, missing);
      const bytes = this.#kept.length === 0 ? last : Buffer.concat([...this.#kept, last]);
      rest = rest.subarray(missing);
      this.#kept = [];
      this.#keptBytes = 0;
      this.#wanted = null;
      if (!each({ type: (bytes[0] ?? 0) >> 4, bytes })) return null;
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A copy: a few kept bytes must not hold the whole chunk they came in.
    this.#kept.push(Buffer.from(bytes));
    this.#keptBytes += bytes.length;
  }
}

/** Bytes of the packet that begins `head`, header included; null when more of the header is needed. */
function totalLength(head: Buffer): number | null | "protocol" {
  if (!fromClients.has((head[0] ?? 0) >> 4)) return "protocol";
  let length = 0;
  for (let at = 1; at <= 4; at++) {
    const byte = head[at];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) return 1 + at + length;
  }
  return "protocol";
}
