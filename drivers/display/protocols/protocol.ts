/**
 * What a protocol of displays can be asked and told: closed tables of words. Nothing else is ever sent.
 */
import type { Raw } from "../../../config/schema/kind.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { bauds, Format } from "../../line/pace.ts";
import type { Question } from "../question.ts";

/** How a model speaks where models of one protocol differ. */
export interface Manner {
  /** Frames go over TCP as hexadecimal text. */
  hexText: boolean;
  /** Length and checksum of answers are not compared. */
  lax: boolean;
}

export interface Ask {
  /** Which of the protocol's questions gives it. */
  query: string;
  raw: Raw;
}

export interface Protocol {
  /** TCP port, where all models have the same; null: it must be written. */
  port: number | null;
  usual: { baud: (typeof bauds)[number]; format: Format };
  /** Numbers of single sets, those that mean all or a group left out; null: one set on a line, without a number. */
  ids: { min: number; max: number } | null;
  asks: Readonly<Record<string, Ask>>;
  /** Words that can be set, with the values that each takes, for people. */
  sets: Readonly<Record<string, string>>;
  /** @param query one that some word of `asks` names */
  query(query: string, id: number, manner: Manner): Question;
  /** null: there is no such word, or it does not take this value. */
  set(word: string, raw: Value, id: number, manner: Manner): Question | null;
  /** Whether a set that gives this as `power` can be asked for the rest. */
  isOn(power: Value | undefined): boolean;
  /** What opens a conversation over TCP. */
  hello?: Question;
}

export const whole = (min: number, max: number): Raw => ({ type: "number", min, max, whole: true });
export const words: Raw = { type: "text" };

/** A whole number within; null: it is none. */
export function wholeOf(raw: Value, min: number, max: number): number | null {
  const value = typeof raw === "boolean" ? Number(raw) : typeof raw === "string" ? decimalOf(raw) : raw;
  return value !== null && Number.isInteger(value) && value >= min && value <= max ? value : null;
}

const decimalOf = (text: string): number | null => (/^\d{1,9}$/.test(text) ? Number(text) : null);

/**
 * A code as manuals print it: hexadecimal digits in capitals, with zeros in front. What was written as 30 or 01 comes
 * as a number, which says it in the same digits.
 */
export function codeOf(raw: Value, digits: number): string | null {
  const written = String(raw).toUpperCase();
  return /^[0-9A-F]+$/.test(written) && written.length <= digits ? written.padStart(digits, "0") : null;
}
