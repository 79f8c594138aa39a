/**
 * Samsung MDC, bytes ↔ words. A frame is AA, command, set, length, data, and the low byte of the sum of all after AA;
 * an answer has FF for the command and in its data A or N, the command, and what it gives. Pure.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { DisplayWord } from "../faults.ts";
import { type Found, type Heard, hex, type Question, scan } from "../question.ts";
import { codeOf, type Protocol, whole, wholeOf, words } from "./protocol.ts";

const head = 0xaa;
const answered = 0xff;
const [acknowledged, denied] = [0x41, 0x4e];

/** Low byte of the sum of everything after the head. */
export const mdcSum = (frame: Uint8Array): number =>
  frame.subarray(1).reduce((sum, byte) => (sum + byte) & 0xff, 0);

export function mdcFrame(command: number, id: number, data: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = Uint8Array.of(head, command, id, data.length, ...data);
  return Uint8Array.of(...body, mdcSum(body));
}

export function mdcFrameAt(rest: Uint8Array): Found<Uint8Array> {
  if (rest[0] !== head) return { junk: 1 };
  const length = 5 + (rest[3] ?? 0);
  if (rest.length < length) return { more: length - rest.length };
  const frame = rest.subarray(0, length);
  return mdcSum(frame.subarray(0, -1)) === frame[length - 1]
    ? { frame, length }
    : { fault: "checksum" satisfies DisplayWord };
}

/** What a command's data give; null for a word: no such value. */
type Read = (data: Uint8Array) => Record<string, Value>;

const one =
  (word: string, read: (byte: number) => Value): Read =>
  ([byte]) => ({ [word]: byte === undefined ? null : read(byte) });

const queries: Readonly<Record<string, { command: number; rx: number; read: Read }>> = {
  power: { command: 0x11, rx: 8, read: one("power", (byte) => byte) },
  volume: { command: 0x12, rx: 8, read: one("volume", (byte) => byte) },
  mute: { command: 0x13, rx: 8, read: one("mute", (byte) => byte) },
  input: { command: 0x14, rx: 8, read: one("input", (byte) => hex(byte, 2)) },
  errors: {
    command: 0x0d,
    rx: 13,
    read: ([lamp = null, heat = null, , , temperature = null, fan = null]) => ({
      lamp,
      heat,
      temperature,
      fan,
    }),
  },
};

const sets: Readonly<Record<string, { command: number; byte(raw: Value): number | null; takes: string }>> = {
  power: { command: 0x11, byte: (raw) => wholeOf(raw, 0, 1), takes: "0, 1" },
  volume: { command: 0x12, byte: (raw) => wholeOf(raw, 0, 100), takes: "0..100" },
  mute: { command: 0x13, byte: (raw) => wholeOf(raw, 0, 1), takes: "0, 1" },
  input: { command: 0x14, byte: inputByte, takes: "14, 18, 21, 23, 25, 31, 60, 64" },
};

/** Those that can be set; others are only read (22, 24 and 1F among them). */
const inputs: ReadonlySet<string> = new Set(["14", "18", "21", "23", "25", "31", "60", "64"]);

function inputByte(raw: Value): number | null {
  const code = codeOf(raw, 2);
  return code !== null && inputs.has(code) ? Number.parseInt(code, 16) : null;
}

function meant(frame: Uint8Array, command: number, id: number, read: (data: Uint8Array) => Heard | null) {
  const [, code, from, , verdict, about] = frame;
  if (code !== answered || from !== id || about !== command) return null;
  if (verdict === denied) return { refusal: "refused" } as const;
  return verdict === acknowledged ? read(frame.subarray(6, -1)) : null;
}

export const samsungMdc: Protocol = {
  port: 1515,
  usual: { baud: "9600", format: "8N1" },
  // FE and FF mean all.
  ids: { min: 0, max: 0xfd },
  asks: {
    power: { query: "power", raw: whole(0, 255) },
    volume: { query: "volume", raw: whole(0, 255) },
    mute: { query: "mute", raw: whole(0, 255) },
    input: { query: "input", raw: words },
    lamp: { query: "errors", raw: whole(0, 255) },
    heat: { query: "errors", raw: whole(0, 255) },
    temperature: { query: "errors", raw: whole(0, 255) },
    fan: { query: "errors", raw: whole(0, 255) },
  },
  sets: Object.fromEntries(Object.entries(sets).map(([word, { takes }]) => [word, takes])),
  query(name, id): Question {
    const { command, rx, read } = queries[name] ?? { command: 0x11, rx: 8, read: () => ({}) };
    return {
      bytes: mdcFrame(command, id, []),
      rxBytes: rx,
      judge: (received) =>
        scan(received, mdcFrameAt, (frame) => meant(frame, command, id, (data) => ({ values: read(data) }))),
    };
  },
  set(word, raw, id) {
    const known = Object.hasOwn(sets, word) ? sets[word] : undefined;
    const byte = known?.byte(raw) ?? null;
    if (known === undefined || byte === null) return null;
    const { command } = known;
    return {
      bytes: mdcFrame(command, id, [byte]),
      rxBytes: 8,
      judge: (received) =>
        // With another value, it is the answer to an earlier question.
        scan(received, mdcFrameAt, (frame) =>
          meant(frame, command, id, ([value]) => (value === byte ? { done: true } : null)),
        ),
    };
  },
  isOn: (power) => power === 1,
};
