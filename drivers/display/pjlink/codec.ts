/**
 * PJLink, lines ↔ values, classes 1 and 2. Everything is text up to a carriage return: a greeting, commands
 * `%1POWR ?`, answers `%1POWR=1`. An answer names its command; one to another is no value. Pure.
 */
import { createHash } from "node:crypto";
import type { Raw } from "../../../config/schema/kind.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Verdict } from "../../line/line.ts";
import type { DisplayWord } from "../faults.ts";
import { textOf } from "../question.ts";

/** Longest line with its return: head, command, sign and 128 characters. */
export const longestLine = 136;
const carriageReturn = 0x0d;

/** One whole line without its return. */
export function judgeLine(received: Uint8Array): Verdict<string, DisplayWord> {
  const end = received.subarray(0, longestLine).indexOf(carriageReturn);
  const line = end < 0 ? received.subarray(0, longestLine) : received.subarray(0, end);
  if (line.some((byte) => byte < 0x20 || byte === 0x7f)) return { fault: "noise" };
  if (end < 0) return received.length < longestLine ? { more: 1 } : { fault: "endless" };
  return received.length === end + 1 ? { answer: textOf(line) } : { fault: "glued" };
}

/** `salt`: a password is wanted; null: none is. */
export function greetingOf(line: string): { salt: string | null } | { fault: DisplayWord } {
  if (line === "PJLINK 0") return { salt: null };
  if (line === "PJLINK ERRA") return { fault: "password" };
  const [, salt] = /^PJLINK 1 ([0-9A-Fa-f]{8})$/.exec(line) ?? [];
  return salt === undefined ? { fault: "greeting" } : { salt };
}

/** In front of the first command: MD5 of salt and password, in small letters. */
export const digestOf = (salt: string, password: Uint8Array): string =>
  createHash("md5").update(salt, "latin1").update(password).digest("hex");

export type Answered =
  | { said: string }
  /** ERR1 to ERR4: unknown, bad parameter, not now, device failed. */
  | { error: 1 | 2 | 3 | 4 }
  | { fault: DisplayWord };

/** What a line is to whoever gave this command, such as `%1POWR`. */
export function answerTo(command: string, line: string): Answered {
  if (line === "PJLINK ERRA") return { fault: "password" };
  if (!/^%[12][A-Z0-9]{4}=/.test(line)) return { fault: "noise" };
  if (line.slice(0, 6) !== command) return { fault: "other" };
  const said = line.slice(7);
  const [, error] = /^ERR([1-4])$/.exec(said) ?? [];
  return error === undefined ? { said } : { error: Number(error) as 1 | 2 | 3 | 4 };
}

/** A word that can be asked. */
export interface PjlinkAsk {
  command: string;
  raw: Raw;
  /** null: no such value; undefined: this projector does not have it. @param lamp counted from 1 */
  read(said: string, lamp: number): Value | undefined;
}

const whole = (min: number, max: number): Raw => ({ type: "number", min, max, whole: true });

const digit =
  (most: number) =>
  (said: string): Value =>
    /^\d$/.test(said) && Number(said) <= most ? Number(said) : null;

const strict = new TextDecoder("utf-8", { fatal: true });
/** Names are UTF-8. */
const text = (said: string): Value => {
  try {
    const name = strict.decode(Buffer.from(said, "latin1")).trim();
    return name === "" ? null : name;
  } catch {
    return null;
  }
};

const number = (said: string): Value => (/^\d{1,6}$/.test(said) ? Number(said) : null);
const inputCode = (said: string): Value => (/^[1-6][1-9A-Z]$/.test(said) ? said : null);
const resolution = (said: string): Value => (/^(\d{1,5}x\d{1,5}|-|\*)$/.test(said) ? said : null);

/** Hours and whether it is lit, for each lamp; the n-th of a projector with fewer is not there. */
function lampOf(said: string, lamp: number, what: "hours" | "lit"): number | null | undefined {
  const words = said.split(" ");
  const isPairs = words.length % 2 === 0 && words.length <= 16;
  if (!isPairs || !words.every((word, at) => (at % 2 === 0 ? /^\d{1,6}$/ : /^[01]$/).test(word))) return null;
  const word = words[2 * lamp - (what === "hours" ? 2 : 1)];
  return word === undefined ? undefined : Number(word);
}

/** One of the six digits of ERST. */
const state = (at: number): PjlinkAsk => ({
  command: "%1ERST",
  raw: whole(0, 2),
  read: (said) => (/^[0-2]{6}$/.test(said) ? Number(said[at]) : null),
});

export const pjlinkAsks: Readonly<Record<string, PjlinkAsk>> = {
  power: { command: "%1POWR", raw: whole(0, 3), read: digit(3) },
  input: { command: "%1INPT", raw: { type: "text" }, read: inputCode },
  "input-2": { command: "%2INPT", raw: { type: "text" }, read: inputCode },
  mute: {
    command: "%1AVMT",
    raw: whole(10, 31),
    read: (said) => (/^[123][01]$/.test(said) ? Number(said) : null),
  },
  fan: state(0),
  lamp: state(1),
  heat: state(2),
  cover: state(3),
  filter: state(4),
  other: state(5),
  "lamp-hours": {
    command: "%1LAMP",
    raw: whole(0, 999_999),
    read: (said, lamp) => lampOf(said, lamp, "hours"),
  },
  "lamp-lit": {
    command: "%1LAMP",
    raw: whole(0, 1),
    read: (said, lamp) => lampOf(said, lamp, "lit"),
  },
  name: { command: "%1NAME", raw: { type: "text" }, read: text },
  maker: { command: "%1INF1", raw: { type: "text" }, read: text },
  model: { command: "%1INF2", raw: { type: "text" }, read: text },
  info: { command: "%1INFO", raw: { type: "text" }, read: text },
  class: { command: "%1CLSS", raw: whole(1, 9), read: digit(9) },
  serial: { command: "%2SNUM", raw: { type: "text" }, read: text },
  version: { command: "%2SVER", raw: { type: "text" }, read: text },
  "filter-hours": { command: "%2FILT", raw: whole(0, 999_999), read: number },
  "input-resolution": { command: "%2IRES", raw: { type: "text" }, read: resolution },
  freeze: { command: "%2FREZ", raw: whole(0, 1), read: digit(1) },
};

/** What can be set: the command for a value as the protocol has it; null: it does not take it. */
export const pjlinkSets: Readonly<
  Record<string, { command: string; parameter(raw: Value): string | null; takes: string }>
> = {
  power: { command: "%1POWR", parameter: oneOf("0", "1"), takes: "0, 1" },
  input: { command: "%1INPT", parameter: input(5), takes: "11..5Z" },
  "input-2": { command: "%2INPT", parameter: input(6), takes: "11..6Z" },
  mute: {
    command: "%1AVMT",
    parameter: oneOf("10", "11", "20", "21", "30", "31"),
    takes: "10, 11, 20, 21, 30, 31",
  },
  "volume-step": { command: "%2SVOL", parameter: oneOf("0", "1"), takes: "0, 1" },
  freeze: { command: "%2FREZ", parameter: oneOf("0", "1"), takes: "0, 1" },
};

function oneOf(...words: string[]) {
  return (raw: Value): string | null => {
    const word = typeof raw === "boolean" ? String(Number(raw)) : String(raw);
    return words.includes(word) ? word : null;
  };
}

function input(kinds: number) {
  return (raw: Value): string | null => {
    const code = String(raw).toUpperCase();
    return /^[1-6][1-9A-Z]$/.test(code) && Number(code[0]) <= kinds ? code : null;
  };
}
