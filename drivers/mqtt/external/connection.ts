/**
 * One connection to a school's broker: bytes ↔ packets, and how many of them are taken at a time.
 *
 * Holds:
 * - at most `maxUnanswered` PUBLISH packets (and `maxUnansweredBytes`, but for one) are unanswered; then the socket
 *   rests, so that what a broker sends beyond the receive maximum, or one that knows none, waits in the kernel;
 * - the same while the broker does not take what it is sent, or while nothing is to pass (`hold`);
 * - what is not a packet of a server, well formed as far as anything depends on it, ends the connection;
 * - a PUBLISH that is too large comes through without its payload: refused, it would come again for ever;
 * - of the properties of a PUBLISH, which whoever is behind the broker writes by the thousand, none is looked at.
 * Never happens: a second `onLost`; an error event; a packet after `end` or `lose`.
 */
import type { Socket } from "node:net";
import type { Fault } from "../../contract/index.ts";
import { Acknowledgements } from "../acknowledgements.ts";
import { AnsweredSlots } from "../answered.ts";
import type { Access } from "../credentials.ts";
import { type MqttFaultCode, mqttFault } from "../faults.ts";
import { type Frame, FrameCutter, PacketType } from "../frames.ts";
import { maxFrameBytes, maxUnanswered } from "../gate.ts";
import type { Taken } from "../intake.ts";
import { type Packet, PacketReader, type Version, write } from "../packets.ts";
import type { PublishedPacket } from "../repeat-keys.ts";
import { publishFits, Rest } from "../well-formed.ts";

export const maxPacketBytes = maxFrameBytes;
const maxUnansweredBytes = 1024 * 1024;
/** Most bytes that wait for a broker which does not read: with more, it is not listened to. */
const maxUnsentBytes = 64 * 1024;
/** Longest topic and what stands around it: so much is kept of a PUBLISH that is too large. */
const shortBytes = 66_000;
/** Largest packet but a PUBLISH: what is in it is looked at piece by piece. */
const maxOtherBytes = 16 * 1024;

/** What a server may send to a client that publishes nothing (table 2.1). */
const fromServers: ReadonlySet<number> = new Set([
  PacketType.connack,
  PacketType.publish,
  PacketType.pubrel,
  PacketType.suback,
  PacketType.unsuback,
  PacketType.pingresp,
  PacketType.disconnect,
]);

export interface ConnectionEvents {
  onPublish(packet: PublishedPacket): void;
  onPacket(packet: Packet): void;
  /** Once: the broker is gone, or what it sends cannot be used. */
  onLost(fault: Fault): void;
}

export interface ConnectionParts {
  socket: Socket;
  version: Version;
  /** What its packet ids belong to. */
  session: string;
  access: Access;
  now(): number;
  events: ConnectionEvents;
}

export class ExternalConnection implements Taken {
  readonly acknowledgements = new Acknowledgements();
  readonly answered = new AnsweredSlots();
  readonly session: string;
  access: Access;
  reason: Fault | null = null;
  /** Monotonic ms of the last whole packet. */
  heardAt: number;
  readonly gate = { answered: () => this.#oneAnswered() };
  readonly #parts: ConnectionParts;
  readonly #reader: PacketReader;
  readonly #cutter = new FrameCutter(maxPacketBytes, fromServers, shortBytes);
  /** Whole packets that may not pass yet. */
  #frames: Frame[] = [];
  #next = 0;
  /** Sizes of the PUBLISH packets that are unanswered, oldest first. */
  readonly #inside: number[] = [];
  #insideBytes = 0;
  #held = false;
  #pumping = false;
  #corked = false;
  #over = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.session = parts.session;
    this.access = parts.access;
    this.#reader = new PacketReader(parts.version);
    this.heardAt = parts.now();
  }

  /** Begins to read. */
  start(): void {
    const { socket } = this.#parts;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("drain", () => this.#pump());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const { code } = error;
      this.lose(
        mqttFault("mqtt.hung-up", code !== undefined && /^E[A-Z]+$/.test(code) ? { fact: code } : {}),
      );
    });
    // What came before it hung up is looked at first.
    socket.on("end", () => this.#pump());
    socket.on("close", () => this.lose(mqttFault("mqtt.hung-up")));
    if (socket.destroyed) this.lose(mqttFault("mqtt.hung-up"));
  }

  /** Nothing passes from now on, until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#pump();
  }

  /** True while what comes waits for our own disk, or for us: silence is not the broker's then. */
  get resting(): boolean {
    return this.#held || this.#full;
  }

  /** The broker does not take what it is sent. */
  get stalled(): boolean {
    return this.#parts.socket.writableLength > maxUnsentBytes;
  }

  send(packet: Packet): void {
    if (this.#over) return;
    const { socket, version } = this.#parts;
    // A commit answers a hundred packets at once: they leave in one piece.
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    socket.write(write(packet, version));
  }

  /** Ends it for `fault`; the first end counts. */
  lose(fault: Fault): void {
    this.#finish(this.reason ?? fault);
    this.#parts.socket.destroy();
  }

  /** A last word, and what was sent before it leaves; then the socket closes. */
  end(packet: Packet): void {
    if (this.#over) return;
    this.send(packet);
    this.#over = true;
    this.#parts.socket.end();
  }

  destroy(): void {
    this.#over = true;
    this.#parts.socket.destroy();
  }

  #finish(fault: Fault): void {
    if (this.#over) return;
    this.#over = true;
    this.reason = fault;
    this.#frames = [];
    this.#parts.events.onLost(fault);
  }

  get #full(): boolean {
    return this.#inside.length >= maxUnanswered || this.#insideBytes >= maxUnansweredBytes;
  }

  #oneAnswered(): void {
    this.#insideBytes -= this.#inside.shift() ?? 0;
    this.#pump();
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    const fault = this.#cutter.push(chunk, (frame) => this.#frames.push(frame) > 0);
    this.#pump();
    if (fault !== null) this.lose(mqttFault(fault === "frame" ? "mqtt.their-frame" : "mqtt.not-mqtt"));
  }

  #pump(): void {
    if (this.#pumping || this.#over) return;
    this.#pumping = true;
    try {
      while (!this.#over && !this.#held && !this.#full && !this.stalled) {
        const frame = this.#frames[this.#next];
        if (frame === undefined) break;
        this.#next += 1;
        this.#pass(frame);
      }
    } finally {
      this.#pumping = false;
    }
    const waits = this.#next < this.#frames.length;
    if (!waits) {
      this.#frames = [];
      this.#next = 0;
    }
    if (this.#over) return;
    const { socket } = this.#parts;
    if (waits || this.#held || this.#full || this.stalled) socket.pause();
    else socket.resume();
  }

  #pass(frame: Frame): void {
    this.heardAt = this.#parts.now();
    const fault = frame.type === PacketType.publish ? this.#publish(frame) : this.#other(frame);
    if (fault !== null) this.lose(mqttFault(fault));
  }

  #publish(frame: Frame): MqttFaultCode | null {
    const flags = (frame.bytes[0] ?? 0) & 0x0f;
    if (!publishFits(frame, flags)) return "mqtt.not-mqtt";
    const packet = published(frame, flags, this.#parts.version);
    if (packet === null) return "mqtt.not-mqtt";
    this.#inside.push(frame.bytes.length);
    this.#insideBytes += frame.bytes.length;
    this.#parts.events.onPublish(packet);
    return null;
  }

  #other({ bytes, type }: Frame): MqttFaultCode | null {
    if (bytes.length > maxOtherBytes) return "mqtt.their-frame";
    const packet = this.#reader.read(bytes);
    if (packet === null) return "mqtt.not-mqtt";
    const named = type === PacketType.pubrel || type === PacketType.suback || type === PacketType.unsuback;
    if (named && !((packet.messageId ?? 0) > 0)) return "mqtt.not-mqtt"; // MQTT-2.3.1-1
    this.#parts.events.onPacket(packet);
    return null;
  }
}

/** A PUBLISH as `publishFits` let it pass; of one that was cut short only the beginning of what is behind its packet id. */
function published(frame: Frame, flags: number, version: Version): PublishedPacket | null {
  const rest = new Rest(frame);
  const topic = rest.text();
  const qos = (flags >> 1) & 3;
  const messageId = qos === 0 ? undefined : (rest.number() ?? 0);
  if (topic === null || messageId === 0) return null;
  const head = { qos, dup: (flags & 8) !== 0, retain: (flags & 1) !== 0, messageId, topic: topic.toString() };
  if (frame.short) {
    const payload = Buffer.from(frame.bytes.subarray(frame.content, frame.content + 1024));
    return { ...head, payload, unread: "mqtt.frame" };
  }
  // MQTT 5, 3.3.2.3.1
  if (version === 5 && rest.take(rest.varying() ?? Number.POSITIVE_INFINITY) === null) return null;
  return { ...head, payload: rest.remainder() };
}
