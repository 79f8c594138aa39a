/**
 * One socket that speaks packets; shared by the server's and the client's side.
 *
 * Holds: packets arrive in order, none after `onEnd`; `onEnd` comes exactly once; nothing is thrown into the socket.
 */
import type { Socket } from "node:net";
import { BadPacket, encodePacket, type Packet, PacketReader, type Version } from "./packets.ts";

/** Bytes that may wait in a socket before it counts as stalled. */
const maxUnsentBytes = 4 * 1024 * 1024;

export interface WireEvents {
  packet(packet: Packet): void;
  /** null: the peer went or we closed; else what was wrong. */
  end(fault: Error | null): void;
}

export class Wire {
  readonly #socket: Socket;
  readonly #reader: PacketReader;
  readonly #events: WireEvents;
  #ended = false;
  /** After a malformed packet nothing more is listened to. */
  #deaf = false;
  #fault: Error | null = null;

  /** @param firstByte what the first packet must begin with, where that is known */
  constructor(socket: Socket, maxPacketBytes: number, events: WireEvents, firstByte: number | null = null) {
    this.#socket = socket;
    this.#reader = new PacketReader(maxPacketBytes);
    this.#reader.firstByte = firstByte;
    this.#events = events;
  }

  /** Attaches to the socket; call once. */
  start(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("error", (error) => {
      this.#fault ??= error;
    });
    this.#socket.on("close", () => this.#end());
  }

  get version(): Version {
    return this.#reader.version;
  }

  set version(version: Version) {
    this.#reader.version = version;
  }

  get open(): boolean {
    return !this.#ended && !this.#socket.destroyed && this.#socket.writable;
  }

  /** The peer does not read: nothing more should be given to it but what must be. */
  get stalled(): boolean {
    return this.#socket.writableLength > maxUnsentBytes;
  }

  /** Stops reading until `resume`; what the peer sends waits in its own buffers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** false when it could not be put on the wire. A stalled peer is cut off. */
  send(packet: Packet, maxBytes = Number.POSITIVE_INFINITY): boolean {
    if (!this.open) return false;
    let bytes: Buffer;
    try {
      bytes = encodePacket(packet, this.version);
    } catch {
      return false;
    }
    if (bytes.length > maxBytes) return false;
    if (this.stalled) {
      this.destroy(new BadPacket(0x97, "the peer does not read"));
      return false;
    }
    this.#socket.write(bytes);
    return true;
  }

  /** Sends what is written, then closes. */
  close(): void {
    // A peer that does not close its side is not waited for.
    this.#socket.destroySoon();
  }

  destroy(fault: Error | null = null): void {
    this.#fault ??= fault;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#deaf) return;
    try {
      for (const packet of this.#reader.read(chunk)) {
        if (this.#ended || this.#socket.writableEnded || this.#socket.destroyed) return;
        this.#events.packet(packet);
      }
    } catch (error) {
      const fault =
        error instanceof BadPacket ? error : new BadPacket(0x80, "packet not handled", { cause: error });
      this.#fault ??= fault;
      this.#deaf = true;
      if (this.version === 5) this.send({ cmd: "disconnect", reasonCode: fault.reason });
      this.close();
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.end(this.#fault);
  }
}
