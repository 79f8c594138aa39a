/**
 * NEC and Sharp-NEC displays, frames ↔ words: 01, 30, to, from, type, length as two hexadecimal digits, a message
 * between 02 and 03, the exclusive or of all from the second byte to 03, and 0D. Pure.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import { ascii, type Found, type Heard, hex, type Question, scan, textOf } from "../question.ts";
import { codeOf, type Protocol, whole, wholeOf, words } from "./protocol.ts";

interface Frame {
  to: number;
  from: number;
  type: string;
  message: string;
}

const [head, begin, end, close] = [0x01, 0x02, 0x03, 0x0d];
const controller = 0x30;
/** Set 1 is A, set 2 B, and so on. */
const addressOf = (id: number) => 0x40 + id;
/** Bytes in front of the message, and behind it. */
const [front, behind] = [7, 2];

const xorOf = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum ^ byte, 0);

export function necFrame({ to, from, type, message }: Frame): Uint8Array<ArrayBuffer> {
  const body = Uint8Array.of(
    ...[head, 0x30, to, from],
    ...ascii(type + hex(message.length + 2, 2)),
    begin,
    ...ascii(message),
    end,
  );
  return Uint8Array.of(...body, xorOf(body.subarray(1)), close);
}

export function necFrameAt(rest: Uint8Array): Found<Frame> {
  if (rest[0] !== head) return { junk: 1 };
  if (rest.length < front) return { more: front - rest.length };
  const digits = textOf(rest.subarray(5, front));
  if (!/^[0-9A-F]{2}$/.test(digits) || rest[1] !== 0x30) return { fault: "noise" };
  const size = Number.parseInt(digits, 16);
  const length = front + size + behind;
  if (rest.length < length) return { more: length - rest.length };
  const last = front + size - 1;
  if (size < 2 || rest[front] !== begin || rest[last] !== end || rest[length - 1] !== close)
    return { fault: "noise" };
  if (xorOf(rest.subarray(1, last + 1)) !== rest[last + 1]) return { fault: "checksum" };
  const [, , to = 0, from = 0] = rest;
  const message = textOf(rest.subarray(front + 1, last));
  return { frame: { to, from, type: String.fromCharCode(rest[4] ?? 0), message }, length };
}

interface Parameter {
  /** Page and code. */
  op: string;
  read(value: string): Value;
  /** Four digits for a value that it takes. */
  write(raw: Value): string | null;
  takes: string;
}

const number = (value: string): Value => Number.parseInt(value, 16);
const within = (min: number, max: number) => (raw: Value) => {
  const value = wholeOf(raw, min, max);
  return value === null ? null : hex(value, 4);
};

const parameters: Readonly<Record<string, Parameter>> = {
  input: {
    op: "0060",
    read: (value) => value.slice(2),
    write: (raw) => (codeOf(raw, 2) === null ? null : `00${codeOf(raw, 2)}`),
    takes: "00..FF",
  },
  volume: { op: "0062", read: number, write: within(0, 100), takes: "0..100" },
  mute: { op: "008D", read: number, write: within(1, 2), takes: "1, 2" },
};

/** On, and truly off; standby and suspend are states that it finds by itself. */
const powers: ReadonlySet<string> = new Set(["0001", "0004"]);

/**
 * @param types of the request and its answer
 * @param take what the answer's message gives; null: it answers something else
 */
function exchange(
  id: number,
  types: "AB" | "CD" | "EF",
  message: string,
  rxBytes: number,
  take: (message: string) => Heard | null,
): Question {
  const bytes = necFrame({ to: addressOf(id), from: controller, type: types.charAt(0), message });
  const meant = ({ to, from, type, message: said }: Frame): Heard | null => {
    if (to !== controller || from !== addressOf(id)) return null;
    // The null message: it is busy, or does not know the command.
    if (type === "B" && said === "BE") return { refusal: "refused" };
    return type === types.charAt(1) ? take(said) : null;
  };
  return { bytes, rxBytes, judge: (received) => scan(received, necFrameAt, meant) };
}

/** Result, operation, type, greatest and present value. */
function parameterOf(message: string, op: string, take: (value: string) => Heard | null): Heard | null {
  const [, result, about, value = ""] =
    /^([0-9A-F]{2})([0-9A-F]{4})[0-9A-F]{2}[0-9A-F]{4}([0-9A-F]{4})$/.exec(message) ?? [];
  if (about !== op) return null;
  return result === "00" ? take(value) : { refusal: "refused" };
}

export const nec: Protocol = {
  port: 7142,
  usual: { baud: "9600", format: "8N1" },
  // Letters from A on; * means all, and digits mean groups.
  ids: { min: 1, max: 100 },
  asks: {
    power: { query: "power", raw: whole(0, 0xffff) },
    input: { query: "input", raw: words },
    volume: { query: "volume", raw: whole(0, 0xffff) },
    mute: { query: "mute", raw: whole(0, 0xffff) },
  },
  sets: {
    power: "1, 4",
    ...Object.fromEntries(Object.entries(parameters).map(([word, { takes }]) => [word, takes])),
  },
  query(word, id) {
    const parameter = parameters[word];
    if (parameter !== undefined)
      return exchange(id, "CD", parameter.op, 27, (message) =>
        parameterOf(message, parameter.op, (value) => ({ values: { [word]: parameter.read(value) } })),
      );
    return exchange(id, "AB", "01D6", 27, (message) => {
      const [, result, value = ""] =
        /^02([0-9A-F]{2})D6[0-9A-F]{2}[0-9A-F]{4}([0-9A-F]{4})$/.exec(message) ?? [];
      if (result === undefined) return null;
      return result === "00" ? { values: { power: number(value) } } : { refusal: "refused" };
    });
  },
  set(word, raw, id) {
    if (word === "power") {
      const value = codeOf(raw, 4);
      if (value === null || !powers.has(value)) return null;
      return exchange(id, "AB", `C203D6${value}`, 23, (message) => {
        const [, result, told] = /^([0-9A-F]{2})C203D6([0-9A-F]{4})$/.exec(message) ?? [];
        if (told !== value) return null;
        return result === "00" ? { done: true } : { refusal: "refused" };
      });
    }
    const parameter = Object.hasOwn(parameters, word) ? parameters[word] : undefined;
    const value = parameter?.write(raw) ?? null;
    if (parameter === undefined || value === null) return null;
    return exchange(id, "EF", parameter.op + value, 27, (message) =>
      parameterOf(message, parameter.op, (told) => (told === value ? { done: true } : null)),
    );
  },
  isOn: (power) => power === 1,
};
