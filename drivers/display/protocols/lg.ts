/**
 * The RS-232C commands of LG displays, text ↔ words: two letters, the set's number and data, all hexadecimal, up to a
 * carriage return; an answer repeats the second letter and ends with x. There is no checksum. Pure.
 */
import type { Value } from "../../../config/schema/vocabulary.ts";
import { ascii, type Heard, hex, type Question, scan, textAt } from "../question.ts";
import { codeOf, type Protocol, whole, wholeOf, words } from "./protocol.ts";

/** Longer than any command or answer. */
const most = 24;

interface Command {
  letters: string;
  /** What the digits of an answer are; null: no such value. */
  read(digits: string): Value;
  /** Two digits for a value that it takes; absent: it is only asked. */
  write?(raw: Value): string | null;
  takes?: string;
}

const number = (digits: string): Value => (digits === "" ? null : Number.parseInt(digits, 16));
const code = (digits: string): Value => (digits.length === 2 ? digits.toUpperCase() : null);
const within =
  (max: number) =>
  (raw: Value): string | null => {
    const value = wholeOf(raw, 0, max);
    return value === null ? null : hex(value, 2);
  };
const input = (raw: Value): string | null => {
  const digits = codeOf(raw, 2);
  // FF asks.
  return digits === "FF" ? null : digits;
};

const commands: Readonly<Record<string, Command>> = {
  power: { letters: "ka", read: number, write: within(1), takes: "0, 1" },
  input: { letters: "xb", read: code, write: input, takes: "00..FE" },
  "input-kb": { letters: "kb", read: code, write: input, takes: "00..FE" },
  screen: { letters: "kd", read: number, write: within(1), takes: "0, 1" },
  mute: { letters: "ke", read: number, write: within(1), takes: "0, 1" },
  volume: { letters: "kf", read: number, write: within(100), takes: "0..100" },
  fault: { letters: "kz", read: number },
  hours: { letters: "dl", read: number },
  temperature: { letters: "dn", read: number },
};

const isLetter = (byte: number) => byte >= 0x61 && byte <= 0x7a;
const commandAt = (rest: Uint8Array) =>
  textAt(rest, isLetter, (byte, at) => byte === 0x0d || (byte === 0x78 && at > 0), most);

/** What a text is to whoever gave this command to this set. */
function meant(text: string, { letters }: Command, id: number, read: (digits: string) => Heard | null) {
  const [, letter, set, verdict, digits = ""] =
    /^([a-z]) ([0-9a-f]{2}) (OK|NG)([0-9a-f]{0,8})x$/i.exec(text) ?? [];
  if (letter !== letters[1] || set === undefined || Number.parseInt(set, 16) !== id) return null;
  return verdict?.toUpperCase() === "NG" ? ({ refusal: "refused" } as const) : read(digits);
}

const sent = ({ letters }: Command, id: number, data: string) =>
  ascii(`${letters} ${hex(id, 2).toLowerCase()} ${data.toLowerCase()}\r`);

export const lg: Protocol = {
  port: 9761,
  usual: { baud: "9600", format: "8N1" },
  // 00 means all.
  ids: { min: 1, max: 0xff },
  asks: Object.fromEntries(
    Object.entries(commands).map(([word, { read }]) => [
      word,
      { query: word, raw: read === code ? words : whole(0, 0xffff_ffff) },
    ]),
  ),
  sets: Object.fromEntries(
    Object.entries(commands).flatMap(([word, { takes }]) => (takes === undefined ? [] : [[word, takes]])),
  ),
  query(word, id): Question {
    const command = commands[word] ?? { letters: "ka", read: number };
    return {
      bytes: sent(command, id, "ff"),
      rxBytes: 10,
      judge: (received) =>
        scan(received, commandAt, (text) =>
          meant(text, command, id, (digits) => ({ values: { [word]: command.read(digits) } })),
        ),
    };
  },
  set(word, raw, id) {
    const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
    const data = command?.write?.(raw) ?? null;
    if (command === undefined || data === null) return null;
    return {
      bytes: sent(command, id, data),
      rxBytes: 10,
      judge: (received) =>
        // With other data, it is the answer to an earlier question.
        scan(received, commandAt, (text) =>
          meant(text, command, id, (digits) =>
            digits.toUpperCase() === data.toUpperCase() ? { done: true } : null,
          ),
        ),
    };
  },
  isOn: (power) => power === 1,
};
