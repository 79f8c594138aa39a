/**
 * Reads along what a broker sends and tells when a packet announces more than it may be, before its bytes
 * pile up in memory. Looks at fixed headers alone (MQTT 5, 2.1).
 */
export class PacketLimit {
  readonly #maxBytes: number;
  /** Bytes of the current packet's body still to come. */
  #body = 0;
  /** Bytes of the current fixed header seen so far. */
  #header = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** false as soon as one packet is larger than allowed, or its length is malformed. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      const skip = Math.min(this.#body, chunk.length - at);
      this.#body -= skip;
      at += skip;
      if (at < chunk.length && !this.#headerByte(chunk[at++] as number)) return false;
    }
    return true;
  }

  #headerByte(byte: number): boolean {
    this.#header += 1;
    if (this.#header === 1) {
      this.#length = 0;
      return true;
    }
    if (this.#header > 5) return false;
    this.#length += (byte & 0x7f) * 128 ** (this.#header - 2);
    if (this.#header + this.#length > this.#maxBytes) return false;
    if ((byte & 0x80) === 0) {
      this.#body = this.#length;
      this.#header = 0;
    }
    return true;
  }
}
