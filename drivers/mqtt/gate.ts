/**
 * What stands between a socket and the broker: only whole, well-formed, bounded packets get through, and only as
 * many as are still unanswered.
 *
 * Holds:
 * - of a PUBLISH above `maxFrameBytes` nothing is kept: it ends the connection, but for one of QoS 0 on a topic that nobody
 *   reads, which passes by;
 * - whose first byte is not that of a CONNECT is cut at once, whatever else it speaks;
 * - before login only one CONNECT passes; what did not come with it waits in the kernel, not here;
 * - at most `maxUnanswered` PUBLISH packets (and `maxUnansweredBytes`) are inside; then the socket rests;
 * - at most `maxTurnBytes` pass at a time (one packet always does), so that others have their turn between;
 * - nothing passes while the peer does not take what it is sent;
 * - the broker never waits for the peer: it may give all it has, and beyond `maxUnsentBytes` the peer is cut;
 * - a PINGREQ is answered here, so that a slow disk never looks like a dead broker.
 * Never happens: an error event (whoever needs to know is told by `onCut` and "close").
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { MqttFaultCode } from "./faults.ts";
import { type Frame, FrameCutter, PacketType } from "./frames.ts";
import { formFault } from "./well-formed.ts";

/** Largest CONNECT: client id, credentials and a will. */
export const maxConnectBytes = 16 * 1024;
/** Largest packet after login. */
export const maxFrameBytes = 256 * 1024;
/** So much is kept of a larger PUBLISH that may pass by: enough for the longest topic that anybody may use. */
const shortBytes = 2048;
/** Most packets that came in one piece with the CONNECT and wait for its answer. */
const maxBeforeLogin = 64;
/** Most PUBLISH packets of one connection that wait for the disk. */
export const maxUnanswered = 200;
/** Most bytes of them; one packet always fits. */
const maxUnansweredBytes = 1024 * 1024;
/** Most bytes that pass at a time: what they mean is worked out at once. */
const maxTurnBytes = 64 * 1024;

/** Most bytes that wait for a peer which does not read. */
export const maxUnsentBytes = 1024 * 1024;

/** First byte of a CONNECT: its type, and no flags. */
const connectByte = PacketType.connect << 4;
const pingResponse = Buffer.from([0xd0, 0]);
/** CONNACK "unacceptable protocol version" (MQTT-3.1.2-2). */
const versionRefused = Buffer.from([0x20, 2, 0, 1]);

export interface GateEvents {
  /** A packet arrived, whole. */
  onFrame(type: number): void;
  /** The stream is unfit; the gate is already on its way down. */
  onCut(code: MqttFaultCode): void;
  /** Whether a PUBLISH above `maxFrameBytes` on this topic may pass by unread; null: on any topic at all. */
  mayPassBy?(topic: string | null): boolean;
}

export class Gate extends Duplex {
  readonly socket: Socket;
  readonly #events: GateEvents;
  readonly #cutter = new FrameCutter(maxConnectBytes);
  /** Whole packets that may not pass yet. */
  readonly #waiting: Frame[] = [];
  /** Sizes of the PUBLISH packets inside, oldest first. */
  readonly #inside: number[] = [];
  #insideBytes = 0;
  #stage: "connect" | "login" | "open" = "connect";
  #begun = false;
  #ended = false;
  #pushedEnd = false;
  /** The rest passes in the next turn of the loop. */
  #resting = false;
  /** How often the peer has taken all that the socket held. */
  #taken = 0;

  constructor(socket: Socket, events: GateEvents) {
    super({ readableHighWaterMark: maxFrameBytes, autoDestroy: true, emitClose: true });
    this.socket = socket;
    this.#events = events;
  }

  /** Begins to read the socket. */
  start(): void {
    const { socket } = this;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => {
      this.#ended = true;
      this.#pump();
    });
    socket.on("error", () => this.destroy());
    socket.on("close", (failed: boolean) => {
      // What a device said before it hung up properly still counts.
      this.#ended = true;
      if (failed) this.destroy();
      else this.#pump();
    });
    socket.on("drain", () => this.#drained());
    this.on("drain", () => this.#pump());
    socket.resume();
  }

  /** Login is done: everything may pass, within bounds. */
  open(): void {
    this.#stage = "open";
    this.#pump();
  }

  /** The oldest PUBLISH inside has been answered. */
  answered(): void {
    this.#insideBytes -= this.#inside.shift() ?? 0;
    this.#pump();
  }

  /** True while we do not listen, so that silence is not the device's. */
  get resting(): boolean {
    return this.socket.isPaused() || this.#waiting.length > 0;
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    if (!this.#begun && chunk[0] !== connectByte) {
      this.#cut("mqtt.protocol"); // MQTT-3.1.0-1, MQTT-2.2.2-2
      return;
    }
    this.#begun = true;
    const may = this.#stage === "open" && this.#events.mayPassBy?.(null) === true;
    this.#cutter.shortBytes = may ? shortBytes : 0;
    const fault = this.#cutter.push(chunk, (frame) => this.#arrived(frame));
    if (fault !== null) this.#cut(`mqtt.${fault}`);
    else this.#pump();
  }

  #arrived(frame: Frame): boolean {
    if (this.destroyed) return false;
    const fault = formFault(frame);
    if (fault !== null) {
      const isOther = fault === "version" && this.#stage === "connect";
      if (isOther) this.write(versionRefused);
      this.#cut(isOther ? "mqtt.version" : fault === "frame" ? "mqtt.frame" : "mqtt.protocol");
      return false;
    }
    if (this.#stage === "connect") {
      this.#stage = "login";
      this.#cutter.limit = maxFrameBytes;
      this.#events.onFrame(frame.type);
      this.push(frame.bytes);
      return true;
    }
    if (frame.type === PacketType.connect) {
      this.#cut("mqtt.protocol"); // MQTT-3.1.0-2
      return false;
    }
    if (frame.short === true && !this.#passesBy(frame)) {
      this.#cut("mqtt.frame");
      return false;
    }
    this.#events.onFrame(frame.type);
    if (frame.short === true) return true;
    if (frame.type === PacketType.pingreq && this.#stage === "open") {
      this.write(pingResponse); // MQTT-3.12.4-1
      return true;
    }
    if (this.#stage === "login" && this.#waiting.length >= maxBeforeLogin) {
      this.#cut("mqtt.protocol");
      return false;
    }
    this.#waiting.push(frame);
    return true;
  }

  /** Of a larger QoS nobody could acknowledge it: nothing of it is stored. */
  #passesBy({ bytes, content }: Frame): boolean {
    const topic = bytes.toString("utf8", content + 2, content + 2 + bytes.readUInt16BE(content));
    return ((bytes[0] ?? 0) & 0x06) === 0 && this.#events.mayPassBy?.(topic) === true;
  }

  #cut(code: MqttFaultCode): void {
    this.#events.onCut(code);
    this.destroy();
  }

  /** Lets pass what may pass, then says whether the socket may go on. */
  #pump(): void {
    if (this.destroyed) return;
    if (this.#stage === "open" && !this.#resting) {
      let passed = 0;
      let bytes = 0;
      for (const frame of this.#waiting) {
        if (this.writableNeedDrain) break;
        if (bytes > 0 && bytes + frame.bytes.length > maxTurnBytes) {
          this.#rest();
          break;
        }
        bytes += frame.bytes.length;
        if (frame.type === PacketType.publish) {
          if (this.#full(frame.bytes.length)) break;
          this.#inside.push(frame.bytes.length);
          this.#insideBytes += frame.bytes.length;
        }
        passed += 1;
        this.push(frame.bytes);
        if (this.destroyed) return;
      }
      if (passed > 0) this.#waiting.splice(0, passed);
    }
    const rest = this.#waiting.length > 0 || this.#stage === "login" || this.#insideFull();
    if (rest) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
    if (this.#ended && this.#waiting.length === 0 && !this.#pushedEnd) {
      this.#pushedEnd = true;
      this.push(null);
    }
  }

  #rest(): void {
    this.#resting = true;
    setImmediate(() => {
      this.#resting = false;
      this.#pump();
    });
  }

  #insideFull(): boolean {
    return this.readableLength >= maxFrameBytes || this.writableNeedDrain || this.#full(0);
  }

  #full(more: number): boolean {
    const { length } = this.#inside;
    return length >= maxUnanswered || (length > 0 && this.#insideBytes + more > maxUnansweredBytes);
  }

  override _read(): void {
    this.#pump();
  }

  #held: (() => void) | null = null;

  /** Grows whenever the peer takes something: while it does not, the peer makes no progress. */
  get taken(): number {
    return this.#taken;
  }

  #drained(): void {
    this.#taken += 1;
    const held = this.#held;
    this.#held = null;
    held?.();
  }

  /** Takes everything, so that nobody waits for this peer. */
  override write(chunk: Buffer | string, ...more: unknown[]): boolean {
    (super.write as (chunk: Buffer | string, ...more: unknown[]) => boolean).call(this, chunk, ...more);
    if (this.writableLength > maxUnsentBytes && !this.destroyed) this.#cut("mqtt.slow-reader");
    return true;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #send(chunks: Buffer[], done: () => void): void {
    const { socket } = this;
    if (!socket.writable) {
      // The peer is gone; what it was to be told goes nowhere, and "close" says so.
      done();
      return;
    }
    const [only] = chunks;
    const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    if (socket.write(bytes)) done();
    else this.#held = done;
  }

  override _final(done: () => void): void {
    this.socket.end();
    done();
  }

  /** What was already said goes out first: acknowledgements are collected until the end of a tick. */
  override destroy(error?: Error): this {
    while (!this.destroyed && this.writableCorked > 0) this.uncork();
    return super.destroy(error);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // The broker destroys with an error what breaks the protocol.
    if (error !== null) this.#events.onCut("mqtt.protocol");
    this.#waiting.length = 0;
    // Lets a refusal that is still under way arrive; whoever does not take it is cut by the sweep.
    this.socket.destroySoon();
    done(null);
  }
}
