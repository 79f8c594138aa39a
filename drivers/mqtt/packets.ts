/**
 * Bytes ↔ MQTT packets. The only door of the drivers to `mqtt-packet`, which is content with less than the standard
 * asks: what it reads is looked at by who asked for it.
 */
import {
  generate,
  type IConnackPacket,
  type IDisconnectPacket,
  type IPublishPacket,
  type ISubackPacket,
  type IUnsubackPacket,
  type Packet,
  parser,
  writeToStream,
} from "mqtt-packet";

export type { IConnackPacket, IDisconnectPacket, IPublishPacket, ISubackPacket, IUnsubackPacket, Packet };

/** 4: MQTT 3.1.1. */
export type Version = 4 | 5;

/** Else every 16-bit number is kept as a buffer of its own, 11 MB in all. */
export function keepNoNumbers(): void {
  writeToStream.cacheNumbers = false;
}

export const write = (packet: Packet, protocolVersion: Version): Buffer =>
  generate(packet, { protocolVersion });

/** Reads one whole packet at a time; null: it is none. Never throws. */
export class PacketReader {
  readonly #parser: ReturnType<typeof parser>;
  #read: Packet | null = null;
  #failed = false;

  constructor(protocolVersion: Version) {
    this.#parser = parser({ protocolVersion });
    this.#parser.on("packet", (packet) => {
      this.#read = packet;
    });
    this.#parser.on("error", () => {
      this.#failed = true;
    });
  }

  /** @param bytes exactly one packet */
  read(bytes: Buffer): Packet | null {
    this.#read = null;
    this.#failed = false;
    try {
      this.#parser.parse(bytes);
    } catch {
      return null;
    }
    return this.#failed ? null : this.#read;
  }
}
