/**
 * One question to a display and what may answer it; and the search for an answer among what came. Pure.
 *
 * Holds: what is another's answer, another question's, or our own request given back is passed over whole; a value is
 * given only of a frame that is right and behind which nothing stands.
 */
import type { Value } from "../../config/schema/vocabulary.ts";
import type { Verdict } from "../line/line.ts";
import type { DisplayWord } from "./faults.ts";

/** `values`: by the words that the answer gives; null: none that such a word can have. */
export type Heard =
  | { values: Readonly<Record<string, Value>> }
  | { done: true }
  | { refusal: Extract<DisplayWord, "refused" | "not-now" | "failure"> };

export type Judge = (received: Uint8Array) => Verdict<Heard, DisplayWord>;

export interface Question {
  bytes: Uint8Array;
  judge: Judge;
  /** Longest time until the answer begins, ms, where it is longer than the device's other answers. */
  answerMs?: number;
  /** Length of the usual answer. */
  rxBytes: number;
  /** Nobody answers it: that it was sent is all there is to know. */
  unanswered?: true;
}

/** What stands at the front of some bytes. `junk`: so many that begin nothing. */
export type Found<F> =
  | { frame: F; length: number }
  | { more: number }
  | { junk: number }
  | { fault: DisplayWord };

/** More than this in front of an answer is noise: a driver that is switched makes one or two. */
const mostJunk = 4;

/**
 * @param frameAt what stands at the front of bytes that are not empty
 * @param meant what a frame means to who asked; null: it is not the answer
 */
export function scan<F>(
  received: Uint8Array,
  frameAt: (rest: Uint8Array) => Found<F>,
  meant: (frame: F) => Heard | null,
): Verdict<Heard, DisplayWord> {
  let junk = 0;
  let at = 0;
  for (;;) {
    const rest = received.subarray(at);
    if (rest.length === 0) return { more: 1, skipped: at };
    const found = frameAt(rest);
    if ("fault" in found) return found;
    if ("more" in found) return { ...found, skipped: at };
    if ("junk" in found) {
      junk += found.junk;
      if (junk > mostJunk) return { fault: "noise" };
      at += found.junk;
      continue;
    }
    at += found.length;
    const heard = meant(found.frame);
    if (heard !== null) return at === received.length ? { answer: heard } : { fault: "glued" };
  }
}

/** Bytes of ASCII, one for each character. */
export const ascii = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "latin1"));
/** The same back; what is no ASCII stays distinct. */
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Two digits for each byte, in capitals. */
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();
export const hex = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, "0");

/**
 * Text up to its end.
 * @param most longest that there can be, its end included
 */
export function textAt(
  rest: Uint8Array,
  begins: (byte: number) => boolean,
  ends: (byte: number, at: number) => boolean,
  most: number,
): Found<string> {
  if (!begins(rest[0] ?? 0)) return { junk: 1 };
  for (let at = 0; at < Math.min(rest.length, most); at++) {
    const byte = rest[at] ?? 0;
    if (ends(byte, at)) return { frame: textOf(rest.subarray(0, at + 1)), length: at + 1 };
    if (byte > 0x7e || (byte < 0x20 && byte !== 0x0d && byte !== 0x0a)) return { fault: "noise" };
  }
  return rest.length < most ? { more: 1 } : { fault: "noise" };
}
