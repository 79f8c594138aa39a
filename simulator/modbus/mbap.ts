/**
 * Modbus TCP's header: transaction, protocol, length, unit (Messaging Implementation Guide V1.0b, 3.1.3).
 *
 * Holds: a reader keeps at most one frame's worth of bytes; after `BadLength` nothing more is to be made of the stream.
 */

/** What stands in a header beside the length. */
export interface MbapFrame {
  transaction: number;
  /** 0 is Modbus. */
  protocol: number;
  unit: number;
  pdu: Uint8Array;
}

/** Unit and PDU together: 254 bytes at most. */
const maxLength = 254;

/** A length field that no frame can have: the stream has lost its frames. */
export class BadLength extends Error {}

/** @param lengthBy added to the true length, for a device that counts wrong */
export function mbap({ transaction, protocol, unit, pdu }: MbapFrame, lengthBy = 0): Uint8Array {
  const bytes = Buffer.alloc(7 + pdu.length);
  bytes.writeUInt16BE(transaction & 0xffff, 0);
  bytes.writeUInt16BE(protocol & 0xffff, 2);
  bytes.writeUInt16BE((pdu.length + 1 + lengthBy) & 0xffff, 4);
  bytes.writeUInt8(unit & 0xff, 6);
  bytes.set(pdu, 7);
  return bytes;
}

/** Takes a stream apart into frames. */
export class MbapReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete with this chunk, in order. Throws BadLength. */
  read(chunk: Uint8Array): MbapFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: MbapFrame[] = [];
    while (this.#rest.length >= 6) {
      const length = this.#rest.readUInt16BE(4);
      if (length < 2 || length > maxLength) throw new BadLength(`a frame of ${length} bytes`);
      if (this.#rest.length < 6 + length) break;
      frames.push({
        transaction: this.#rest.readUInt16BE(0),
        protocol: this.#rest.readUInt16BE(2),
        unit: this.#rest.readUInt8(6),
        pdu: Uint8Array.from(this.#rest.subarray(7, 6 + length)),
      });
      this.#rest = this.#rest.subarray(6 + length);
    }
    return frames;
  }
}
