/**
 * What stands between a socket and the broker: only whole, bounded packets get through, and only as many
 * as are still unanswered.
 *
 * Holds:
 * - before login only one CONNECT passes; what did not come with it waits in the kernel, not here;
 * - at most `maxUnanswered` PUBLISH packets (and `maxUnansweredBytes`) are inside; then the socket rests;
 * - nothing passes while the peer does not take what it is sent;
- a PINGREQ is answered here, so that a slow disk never looks like a dead broker.
 * Never happens: an error event (whoever needs to know is told by `onCut` and "close").
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { MqttFaultCode } from "./faults.ts";
import { type Frame, FrameCutter, PacketType } from "./frames.ts";

/** Largest CONNECT: client id, credentials and a will. */
export const maxConnectBytes = 16 * 1024;
/** Largest packet after login. */
export const maxFrameBytes = 256 * 1024;
/** Most packets that came in one piece with the CONNECT and wait for its answer. */
const maxBeforeLogin = 64;
/** Most PUBLISH packets of one connection that wait for the disk. */
export const maxUnanswered = 200;
/** Most bytes of them; one packet always fits. */
const maxUnansweredBytes = 1024 * 1024;

const pingResponse = Buffer.from([0xd0, 0]);

export interface GateEvents {
  /** A packet arrived, whole. */
  onFrame(type: number): void;
  /** The stream is unfit; the gate is already on its way down. */
  onCut(code: MqttFaultCode): void;
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
  #ended = false;
  #pushedEnd = false;

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
    const fault = this.#cutter.push(chunk, (frame) => this.#arrived(frame));
    if (fault !== null) this.#cut(`mqtt.${fault}`);
    else this.#pump();
  }

  #arrived(frame: Frame): boolean {
    if (this.destroyed) return false;
    if (this.#stage === "connect") {
      if (frame.type !== PacketType.connect) {
        this.#cut("mqtt.protocol"); // MQTT-3.1.0-1
        return false;
      }
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
    this.#events.onFrame(frame.type);
    const ping = frame.type === PacketType.pingreq && frame.bytes.length === 2;
    if (ping && this.#stage === "open") {
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

  #cut(code: MqttFaultCode): void {
    this.#events.onCut(code);
    this.destroy();
  }

  /** Lets pass what may pass, then says whether the socket may go on. */
  #pump(): void {
    if (this.destroyed) return;
    if (this.#stage === "open") {
      let passed = 0;
      for (const frame of this.#waiting) {
        if (this.writableNeedDrain) break;
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

  #drained(): void {
    const held = this.#held;
    this.#held = null;
    held?.();
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
    // The broker destroys with an error what breaks the protocol, and by these words what does not read.
    if (error !== null) {
      this.#events.onCut(error.message === "drain timeout" ? "mqtt.slow-reader" : "mqtt.protocol");
    }
    this.#waiting.length = 0;
    // Lets a refusal that is still under way arrive; whoever does not take it is cut by the sweep.
    this.socket.destroySoon();
    done(null);
  }
}
