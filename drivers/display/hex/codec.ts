/**
 * Rows of a hexadecimal command table, text ↔ bytes: what is sent, what answers it, and the checksum behind both. Pure.
 *
 * Holds: an answer is as long as its pattern, its checksum is right, and nothing stands behind it.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import { crc16 } from "../../codec/crc16.ts";
import { type Found, type Heard, type Question, scan } from "../question.ts";

export const checksums = ["none", "sum8", "xor8", "crc16"] as const;
export type Checksum = (typeof checksums)[number];

/** A byte, or any: `..` of an answer; `##` of a command, which its argument fills in. */
export type Pattern = readonly (number | null)[];

export interface Row {
  send: Pattern;
  /** null: none comes. */
  reply: Pattern | null;
  checksum: Checksum;
}

/** What stands behind these bytes. */
export function checksumOf(kind: Checksum, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  switch (kind) {
    case "none":
      return new Uint8Array();
    case "sum8":
      return Uint8Array.of(bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0));
    case "xor8":
      return Uint8Array.of(bytes.reduce((sum, byte) => sum ^ byte, 0));
    case "crc16": {
      const crc = crc16(bytes);
      return Uint8Array.of(crc & 0xff, crc >>> 8);
    }
  }
}

/** What is sent. @param argument of `##`; null where it has none and one is needed, or it is no byte */
export function bytesOf({ send, checksum }: Row, argument: unknown): Uint8Array<ArrayBuffer> | null {
  const isByte =
    typeof argument === "number" && Number.isInteger(argument) && argument >= 0 && argument <= 255;
  if (send.includes(null) && !isByte) return null;
  const body = Uint8Array.from(send, (byte) => byte ?? Number(argument));
  return Uint8Array.of(...body, ...checksumOf(checksum, body));
}

export const replyBytes = ({ reply, checksum }: Pick<Row, "reply" | "checksum">): number =>
  reply === null ? 0 : reply.length + checksumOf(checksum, new Uint8Array()).length;

/** Whether some bytes could answer both. */
export function alike(one: Pick<Row, "reply" | "checksum">, other: Pick<Row, "reply" | "checksum">): boolean {
  if (one.reply === null || other.reply === null || replyBytes(one) !== replyBytes(other)) return false;
  return one.reply.every((byte, at) => {
    const second = other.reply?.[at] ?? null;
    return byte === null || second === null || byte === second;
  });
}

function replyAt(
  rest: Uint8Array,
  row: { reply: Pattern; checksum: Checksum },
  sent: Uint8Array,
): Found<Uint8Array> {
  const { reply, checksum } = row;
  const begins = (wanted: ArrayLike<number | null>) =>
    Array.from(wanted).every((byte, at) => at >= rest.length || byte === null || byte === rest[at]);
  const length = replyBytes(row);
  if (begins(reply)) {
    if (rest.length < length) return { more: length - rest.length };
    const body = rest.subarray(0, reply.length);
    const sum = checksumOf(checksum, body);
    if (sum.every((byte, at) => byte === rest[reply.length + at])) return { frame: body, length };
  }
  // Our own command, given back by the converter.
  if (begins(sent))
    return rest.length < sent.length
      ? { more: sent.length - rest.length }
      : { frame: new Uint8Array(), length: sent.length };
  return begins(reply) && checksum !== "none" ? { fault: "checksum" } : { junk: 1 };
}

/**
 * @param read what the answer gives; it is never given an answer that is shorter than its pattern
 */
export function questionOf(row: Row, bytes: Uint8Array, read: (reply: Uint8Array) => Heard): Question {
  const { reply, checksum } = row;
  return {
    bytes,
    rxBytes: replyBytes(row),
    judge: (received) =>
      reply === null
        ? { more: 1, skipped: received.length }
        : scan(
            received,
            (rest) => replyAt(rest, { reply, checksum }, bytes),
            (frame) => (frame.length === reply.length ? read(frame) : null),
          ),
  };
}

/** The byte that a point is. */
export const byteAt =
  (places: readonly { word: string; at: number }[]) =>
  (reply: Uint8Array): Heard => ({
    values: Object.fromEntries(places.map(({ word, at }): [string, Value] => [word, reply[at] ?? null])),
  });
