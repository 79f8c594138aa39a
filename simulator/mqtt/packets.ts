/**
 * Bytes ↔ MQTT packets, one whole packet at a time. The only door to `mqtt-packet`.
 * Never buffers more than one packet of `maxBytes`; a malformed one is a thrown `BadPacket`.
 */
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
  parser,
} from "mqtt-packet";

export type { IConnackPacket, IConnectPacket, IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet };
export type Version = 3 | 4 | 5;
export type PublishProperties = NonNullable<IPublishPacket["properties"]>;

/** What the peer sent is not MQTT; `reason` is the MQTT 5 code to leave with. */
export class BadPacket extends Error {
  readonly reason: number;
  constructor(reason: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BadPacket";
    this.reason = reason;
  }
}

/** Cuts a byte stream into packets. */
export class PacketReader {
  version: Version = 4;
  /** First byte that the first packet must have; a stranger of another protocol is known by it at once. */
  firstByte: number | null = null;
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The packets completed by these bytes, one by one. Throws BadPacket; the reader is of no use afterwards. */
  *read(chunk: Buffer): Generator<Packet> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.firstByte !== null && this.#rest.length > 0) {
      if (this.#rest[0] !== this.firstByte) throw new BadPacket(0x81, "another protocol");
      this.firstByte = null;
    }
    for (;;) {
      const length = frameLength(this.#rest);
      if (length === null) return;
      if (length > this.#maxBytes) throw new BadPacket(0x95, "packet too large");
      if (this.#rest.length < length) return;
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield this.#decode(frame);
    }
  }

  #decode(frame: Buffer): Packet {
    const found: Packet[] = [];
    let fault: unknown;
    try {
      const one = parser({ protocolVersion: this.version });
      one.on("packet", (packet) => void found.push(packet));
      one.on("error", (error) => {
        fault ??= error;
      });
      one.parse(frame);
    } catch (error) {
      fault ??= error;
    }
    const [packet] = found;
    if (fault !== undefined || packet === undefined || found.length > 1) {
      throw new BadPacket(0x81, "malformed packet", { cause: fault });
    }
    return packet;
  }
}

/** A packet as bytes, in the peer's version. Throws for what cannot be said in MQTT. */
export function encodePacket(packet: Packet, version: Version): Buffer {
  const bytes = generate(packet, { protocolVersion: version });
  // mqtt-packet gives nothing at all, silently, for properties it cannot write, such as an empty `userProperties`.
  if (bytes.length === 0) throw new TypeError(`a ${packet.cmd} that cannot be written`);
  return bytes;
}

/** Fixed header + remaining length (MQTT 5, 2.1.4); null while the length is not complete. */
function frameLength(bytes: Buffer): number | null {
  let length = 0;
  for (let at = 1; at <= 4; at++) {
    const byte = bytes[at];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if ((byte & 0x80) === 0) return 1 + at + length;
  }
  throw new BadPacket(0x81, "malformed remaining length");
}
