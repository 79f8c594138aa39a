/**
 * BenQ, ViewSonic and their family, text ↔ words: length, set (two digits), type, command, three digits, carriage
 * return; the length counts all but the return. A change is answered with + or -, without saying which. Pure.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import { ascii, type Found, type Heard, type Question, scan, textOf } from "../question.ts";
import { type Protocol, whole, wholeOf, words } from "./protocol.ts";

interface Word {
  /** The letter that asks for it, and the sign that sets it. */
  ask: string;
  set: string;
  max: number;
}

const known: Readonly<Record<string, Word>> = {
  power: { ask: "l", set: "!", max: 1 },
  input: { ask: "j", set: '"', max: 999 },
  volume: { ask: "f", set: "5", max: 100 },
  mute: { ask: "g", set: "6", max: 1 },
};

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

/** A line without its return. */
export function benqLineAt(rest: Uint8Array): Found<string> {
  const [size = 0] = rest;
  if (!isDigit(size)) return { junk: 1 };
  const length = size - 0x30 + 1;
  if (length < 5) return { fault: "noise" };
  if (rest.length < length) return { more: length - rest.length };
  if (rest[length - 1] !== 0x0d) return { fault: "noise" };
  return { frame: textOf(rest.subarray(0, length - 1)), length };
}

const two = (id: number) => String(id).padStart(2, "0");
const three = (value: number) => String(value).padStart(3, "0");

function question(sent: string, id: number, rxBytes: number, take: (line: string) => Heard | null): Question {
  const meant = (line: string): Heard | null =>
    line === `4${two(id)}-` ? { refusal: "refused" } : take(line);
  return { bytes: ascii(`${sent}\r`), rxBytes, judge: (received) => scan(received, benqLineAt, meant) };
}

export const benq: Protocol = {
  port: null,
  usual: { baud: "38400", format: "8N1" },
  // 99 means all.
  ids: { min: 1, max: 98 },
  asks: Object.fromEntries(
    Object.keys(known).map((word) => [word, { query: word, raw: word === "input" ? words : whole(0, 999) }]),
  ),
  sets: Object.fromEntries(Object.entries(known).map(([word, { max }]) => [word, `0..${max}`])),
  query(word, id) {
    const { ask } = known[word] ?? { ask: "l" };
    return question(`8${two(id)}g${ask}000`, id, 9, (line) => {
      const front = `8${two(id)}r${ask}`;
      if (!line.startsWith(front)) return null;
      const digits = line.slice(front.length);
      const value: Value = /^\d{3}$/.test(digits) ? (word === "input" ? digits : Number(digits)) : null;
      return { values: { [word]: value } };
    });
  },
  set(word, raw, id) {
    const found = Object.hasOwn(known, word) ? known[word] : undefined;
    const value = found === undefined ? null : wholeOf(raw, 0, found.max);
    if (found === undefined || value === null) return null;
    return question(`8${two(id)}s${found.set}${three(value)}`, id, 5, (line) =>
      line === `4${two(id)}+` ? { done: true } : null,
    );
  },
  isOn: (power) => power === 1,
};
