/**
 * Whether a whole packet is what MQTT 3.1.1 (or 3.1) says that a client sends. Pure.
 *
 * Stands in front of a parser that is content with less: it takes packet id 0, bytes that are not UTF-8, content
 * that is longer than what is in it, and ids that lie beyond the end of their packet. Nothing of that gets past.
 * Never happens: a throw, whatever the bytes are.
 */
import { isUtf8 } from "node:buffer";
import { type Frame, PacketType } from "./frames.ts";

/**
 * `version`: well formed as far as can be told, in a version that is not spoken here; `frame`: more than is taken.
 */
export type FormFault = "protocol" | "version" | "frame";

/** Most filters of one SUBSCRIBE or UNSUBSCRIBE: each is looked at while everybody else waits. */
export const maxFilters = 1000;

/** @returns null: nothing is wrong with it */
export function formFault(frame: Frame): FormFault | null {
  const { type, bytes } = frame;
  const flags = (bytes[0] ?? 0) & 0x0f;
  if (type === PacketType.publish) return publishFits(frame, flags) ? null : "protocol";
  if (flags !== (flagsOf[type] ?? 0)) return "protocol"; // MQTT-2.2.2-2
  if (type === PacketType.connect) return connectFault(frame);
  if (type === PacketType.subscribe || type === PacketType.unsubscribe) return filtersFault(frame);
  return fits(frame) ? null : "protocol";
}

/** Table 2.2; the others have none. */
const flagsOf: Readonly<Record<number, number>> = {
  [PacketType.pubrel]: 2,
  [PacketType.subscribe]: 2,
  [PacketType.unsubscribe]: 2,
};

function fits(frame: Frame): boolean {
  const rest = new Rest(frame);
  switch (frame.type) {
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      return rest.id() && rest.atEnd;
    default:
      return rest.atEnd; // PINGREQ, DISCONNECT
  }
}

function filtersFault(frame: Frame): FormFault | null {
  const rest = new Rest(frame);
  if (!rest.id() || rest.atEnd) return "protocol"; // MQTT-3.8.3-3, MQTT-3.10.3-2
  for (let filters = 1; !rest.atEnd; filters++) {
    if (filters > maxFilters) return "frame";
    const filter = rest.text();
    if (filter === null || !isFilter(filter)) return "protocol";
    // MQTT-3-8.3-4: QoS 0 to 2, nothing else in that byte.
    if (frame.type === PacketType.subscribe && (rest.byte() ?? 3) > 2) return "protocol";
  }
  return null;
}

/** A PUBLISH as far as topic and packet id; what follows them is not looked at. @param flags of its first byte */
export function publishFits(frame: Frame, flags: number): boolean {
  const qos = (flags >> 1) & 3;
  // MQTT-3.3.1-4, MQTT-3.3.1-2
  if (qos === 3 || (qos === 0 && flags >= 8)) return false;
  const rest = new Rest(frame);
  const topic = rest.text();
  return topic !== null && isName(topic) && (qos === 0 || rest.id());
}

/** Protocol names and the level that goes with each (3.1.2.1, 3.1.2.2). */
const levels: ReadonlyMap<string, number> = new Map([
  ["MQTT", 4],
  ["MQIsdp", 3],
]);

function connectFault(frame: Frame): FormFault | null {
  const rest = new Rest(frame);
  const name = rest.text();
  const level = rest.byte();
  const wanted = name === null ? undefined : levels.get(name.toString("latin1"));
  if (wanted === undefined || level === null) return "protocol"; // MQTT-3.1.2-1
  if (level !== wanted) return "version"; // MQTT-3.1.2-2
  return connectFits(rest) ? null : "protocol";
}

function connectFits(rest: Rest): boolean {
  const flags = rest.byte();
  if (flags === null || (flags & 1) !== 0) return false; // MQTT-3.1.2-3
  const will = (flags & 4) !== 0;
  const willQos = (flags >> 3) & 3;
  const willRetain = (flags & 0x20) !== 0;
  if (will ? willQos === 3 : willQos > 0 || willRetain) return false; // MQTT-3.1.2-13 to 15
  const hasPassword = (flags & 0x40) !== 0;
  const hasUser = (flags & 0x80) !== 0;
  if (hasPassword && !hasUser) return false; // MQTT-3.1.2-22
  if (rest.number() === null || rest.text() === null) return false; // keep-alive, client id
  if (will) {
    const topic = rest.text();
    if (topic === null || !isName(topic) || rest.blob() === null) return false;
  }
  if (hasUser && rest.text() === null) return false; // MQTT-3.1.2-19
  if (hasPassword && rest.blob() === null) return false; // MQTT-3.1.2-21
  return rest.atEnd;
}

const plus = 0x2b;
const hash = 0x23;
const slash = 0x2f;

/** MQTT-4.7.3-1, MQTT-3.3.2-2 */
const isName = (topic: Buffer) => topic.length > 0 && !topic.includes(plus) && !topic.includes(hash);

/** A wildcard has its level to itself, and `#` is the last one (MQTT-4.7.1-2, MQTT-4.7.1-3). */
function isFilter(filter: Buffer): boolean {
  if (filter.length === 0) return false;
  for (const [at, byte] of filter.entries()) {
    if (byte !== plus && byte !== hash) continue;
    const begins = at === 0 || filter[at - 1] === slash;
    const next = filter[at + 1];
    if (!begins || (next !== undefined && (byte === hash || next !== slash))) return false;
  }
  return true;
}

/** What is left of a packet's content; null where it ends too soon. */
export class Rest {
  readonly #bytes: Buffer;
  #at: number;

  constructor({ bytes, content }: Frame) {
    this.#bytes = bytes;
    this.#at = content;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number | null {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return null;
    this.#at += 1;
    return byte;
  }

  number(): number | null {
    if (this.#bytes.length - this.#at < 2) return null;
    const number = this.#bytes.readUInt16BE(this.#at);
    this.#at += 2;
    return number;
  }

  /** A packet id (MQTT-2.3.1-1). */
  id(): boolean {
    return (this.number() ?? 0) > 0;
  }

  /** A variable byte integer (MQTT 5, 1.5.5). */
  varying(): number | null {
    let value = 0;
    for (let at = 0; at < 4; at++) {
      const byte = this.byte();
      if (byte === null) return null;
      value += (byte & 0x7f) * 128 ** at;
      if (byte < 0x80) return value;
    }
    return null;
  }

  /** The next `length` bytes. */
  take(length: number): Buffer | null {
    if (this.#bytes.length - this.#at < length) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** All that is left. */
  remainder(): Buffer {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  blob(): Buffer | null {
    const length = this.number();
    return length === null ? null : this.take(length);
  }

  /** UTF-8 without U+0000 (MQTT-1.5.3-1, MQTT-1.5.3-2). */
  text(): Buffer | null {
    const bytes = this.blob();
    return bytes === null || bytes.includes(0) || !isUtf8(bytes) ? null : bytes;
  }
}
