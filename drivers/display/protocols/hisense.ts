/**
 * Hisense commercial displays, frames ↔ words: DD FF (an answer: AB AB), length, C1, command, 00, sub-command, set,
 * data, the exclusive or of all from the length on, BB CC (an answer: CD CD). The length counts C1 to the checksum.
 *
 * Never sent: command 10, which manuals have as a question and which erases the settings of some models. Pure.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import { ascii, type Found, type Heard, hexOf, type Question, scan, textOf } from "../question.ts";
import { codeOf, type Manner, type Protocol, whole, wholeOf, words } from "./protocol.ts";

interface Frame {
  isAnswer: boolean;
  command: number;
  sub: number;
  id: number;
  data: Uint8Array;
}

const family = 0xc1;
/** Head and length in front of what is counted; the tail behind. */
const [front, tail] = [4, 2];
/** C1, command, 00, sub-command, set and checksum. */
const least = 6;
/** Longer than any frame. */
const longest = 64;

const xorOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum ^ byte, 0);

export function hisenseFrame(command: number, id: number, data: readonly number[]): Uint8Array<ArrayBuffer> {
  const counted = Uint8Array.of(0, least + data.length, family, command, 0, 0, id, ...data);
  return Uint8Array.of(0xdd, 0xff, ...counted, xorOf(counted), 0xbb, 0xcc);
}

const frameOf = (isAnswer: boolean, body: Uint8Array): Frame => {
  const [, command = 0, , sub = 0, id = 0] = body;
  return { isAnswer, command, sub, id, data: body.subarray(5, -1) };
};

/** @param lax the length and the checksum of answers are not compared: some models have them wrong */
export function hisenseFrameAt(rest: Uint8Array, lax = false): Found<Frame> {
  const isAnswer = rest[0] === 0xab;
  if (!isAnswer && rest[0] !== 0xdd) return { junk: 1 };
  if (rest.length < front) return { more: front - rest.length };
  const [ending, second] = isAnswer ? [0xcd, 0xab] : [0xcc, 0xff];
  if (rest[1] !== second || rest[2] !== 0) return { fault: "noise" };
  if (lax && isAnswer) return laxFrameAt(rest);
  const counted = rest[3] ?? 0;
  const length = front + counted + tail;
  if (counted < least || counted > longest) return { fault: "noise" };
  if (rest.length < length) return { more: length - rest.length };
  const body = rest.subarray(front, front + counted);
  if (rest[length - 2] !== (isAnswer ? 0xcd : 0xbb) || rest[length - 1] !== ending || body[0] !== family)
    return { fault: "noise" };
  if (xorOf(rest.subarray(2, length - tail - 1)) !== rest[length - tail - 1]) return { fault: "checksum" };
  return { frame: frameOf(isAnswer, body), length };
}

/** By its tail alone. */
function laxFrameAt(rest: Uint8Array): Found<Frame> {
  for (let at = front + least; at < Math.min(rest.length - 1, longest); at++) {
    if (rest[at] !== 0xcd || rest[at + 1] !== 0xcd) continue;
    if (rest[front] !== family) return { fault: "noise" };
    return { frame: frameOf(true, rest.subarray(front, at)), length: at + tail };
  }
  return rest.length <= longest ? { more: 1 } : { fault: "noise" };
}

interface Query {
  command: number;
  /** Bytes of data that its answer has; a range, where models differ. */
  size: readonly [number, number];
  read(data: Uint8Array): Record<string, Value>;
}

const queries: Readonly<Record<string, Query>> = {
  // Volume, input (two bytes), power, mute, and one that nobody explains.
  status: {
    command: 0x28,
    size: [5, 6],
    read: (data) => ({
      volume: data[0] ?? null,
      input: hexOf(data.subarray(1, 3)),
      power: data[3] ?? null,
      mute: data[4] ?? null,
    }),
  },
  "input-read": { command: 0x1a, size: [1, 3], read: (data) => ({ "input-read": hexOf(data) }) },
};

const sets: Readonly<
  Record<string, { command: number; data(raw: Value): readonly number[] | null; takes: string }>
> = {
  power: {
    command: 0x15,
    data: (raw) => (raw === "BBBB" ? [0xbb, 0xbb] : raw === "AAAA" ? [0xaa, 0xaa] : null),
    takes: "BBBB, AAAA",
  },
  panel: { command: 0x31, data: number(1), takes: "0, 1" },
  input: { command: 0x08, data: code, takes: "00..FF" },
  volume: { command: 0x27, data: number(100), takes: "0..100" },
  mute: { command: 0x26, data: number(1), takes: "0, 1" },
};

function number(max: number) {
  return (raw: Value) => {
    const value = wholeOf(raw, 0, max);
    return value === null ? null : [value];
  };
}

function code(raw: Value) {
  const digits = codeOf(raw, 2);
  return digits === null ? null : [Number.parseInt(digits, 16)];
}

function question(
  { command, id, data }: { command: number; id: number; data: readonly number[] },
  { hexText, lax }: Manner,
  rxBytes: number,
  take: (data: Uint8Array) => Heard | null,
): Question {
  const bytes = hisenseFrame(command, id, data);
  const meant = (frame: Frame): Heard | null => {
    const isOurs = frame.isAnswer && frame.command === command && frame.sub === 0 && frame.id === id;
    return isOurs ? take(frame.data) : null;
  };
  const judge = (received: Uint8Array) => scan(received, (rest) => hisenseFrameAt(rest, lax), meant);
  if (!hexText) return { bytes, rxBytes, judge };
  return {
    bytes: ascii(hexOf(bytes)),
    rxBytes: 2 * rxBytes,
    judge(received) {
      const text = textOf(received).replace(/[\s]/g, "");
      if (!/^[0-9A-Fa-f]*$/.test(text)) return { fault: "noise" };
      const verdict = judge(Uint8Array.from(Buffer.from(text.slice(0, text.length & ~1), "hex")));
      if ("answer" in verdict && text.length % 2 === 1) return { fault: "glued" };
      return "more" in verdict ? { more: 1 } : verdict;
    },
  };
}

export const hisense: Protocol = {
  port: null,
  usual: { baud: "9600", format: "8N1" },
  // Nobody says which number means all: 0 and FF are left out.
  ids: { min: 1, max: 0xfe },
  asks: {
    power: { query: "status", raw: whole(0, 255) },
    volume: { query: "status", raw: whole(0, 255) },
    mute: { query: "status", raw: whole(0, 255) },
    input: { query: "status", raw: words },
    "input-read": { query: "input-read", raw: words },
  },
  sets: Object.fromEntries(Object.entries(sets).map(([word, { takes }]) => [word, takes])),
  query(name, id, manner) {
    const { command, size, read } = queries[name] ?? { command: 0x28, size: [0, 0], read: () => ({}) };
    const [min, max] = size;
    return question({ command, id, data: [] }, manner, 18, (data) =>
      data.length >= min && data.length <= max ? { values: read(data) } : { values: {} },
    );
  },
  set(word, raw, id, manner) {
    const known = Object.hasOwn(sets, word) ? sets[word] : undefined;
    const data = known?.data(raw) ?? null;
    if (known === undefined || data === null) return null;
    const wanted = hexOf(Uint8Array.from(data));
    return question({ command: known.command, id, data }, manner, 13, (said) =>
      // Of another value, it answers somebody else.
      hexOf(said) === wanted ? { done: true } : null,
    );
  },
  // 00 is on, FF off.
  isOn: (power) => power === 0,
};
