/**
 * The number of a card, in the one form in which it is digested, however a reader says it. Pure.
 *
 * Canonical: the bytes of the number, high byte first, as capital hexadecimal digits: 6 for a number of 24 bits
 * (Wiegand 26), 8 for one of 32 (Wiegand 34, EM4100 without its version byte). Parity, prefixes, separators and the
 * order in which a maker sends the bytes are no part of it. The same card read as 24 and as 32 bits has two numbers.
 */
import type { ReaderFaultCode } from "./faults.ts";

/** Bytes of a number. */
export type Width = 3 | 4;

export type CardForm = "hex" | "decimal" | "facility" | "bits";

export interface CardShape {
  form: CardForm;
  /** Of the Wiegand frame, parity included. */
  bits: 26 | 34;
  byteOrder: "as-sent" | "reversed";
  /** How many bytes count, the low ones; absent: all. */
  keep?: Width | undefined;
}

export type Read = { identity: string } | { fault: ReaderFaultCode };

export const widthOf = (bits: 26 | 34): Width => (bits === 26 ? 3 : 4);

/** What a converter says of a card, without its ending. */
export function cardNumber(text: string, { form, bits, byteOrder, keep }: CardShape): Read {
  const width = widthOf(bits);
  const value = said(text.trim(), form, bits);
  if (typeof value === "string") return { fault: value };
  if (value >= 1n << BigInt(8 * width)) return { fault: "reader.number" };
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(2 * width, "0");
  return canonical(byteOrder === "reversed" ? reversed(digits) : digits, keep);
}

/** @param digits bytes in hexadecimal, high byte first */
export function canonical(digits: string, keep: Width | undefined): Read {
  const kept = keep === undefined ? digits : digits.slice(-2 * keep);
  // No card has this number: it is what a reader says that has read none.
  return /^0*$/.test(kept) ? { fault: "reader.empty" } : { identity: kept };
}

const reversed = (digits: string): string => (digits.match(/../g) ?? []).reverse().join("");

function said(text: string, form: CardForm, bits: 26 | 34): bigint | ReaderFaultCode {
  if (text === "") return "reader.empty";
  switch (form) {
    case "hex":
      return /^[0-9A-Fa-f]{1,16}$/.test(text) ? BigInt(`0x${text}`) : "reader.unreadable";
    case "decimal":
      return /^\d{1,20}$/.test(text) ? BigInt(text) : "reader.unreadable";
    case "facility": {
      // Three digits of the facility and five of the card, as many cards have them printed.
      const [, facility, card] = /^(\d{1,3})[, :-]?(\d{5})$/.exec(text) ?? [];
      if (facility === undefined || card === undefined) return "reader.unreadable";
      if (Number(facility) > 0xff || Number(card) > 0xffff) return "reader.number";
      return (BigInt(facility) << 16n) | BigInt(card);
    }
    case "bits":
      return ofBits(text, bits);
  }
}

/** Wiegand: even parity over the first half with the bit in front, odd over the second with the bit behind. */
function ofBits(text: string, bits: 26 | 34): bigint | ReaderFaultCode {
  if (!/^[01]+$/.test(text)) return "reader.unreadable";
  if (text.length !== bits) return "reader.number";
  const ones = (half: string) => half.replaceAll("0", "").length;
  const isEven = ones(text.slice(0, bits / 2)) % 2 === 0;
  const isOdd = ones(text.slice(bits / 2)) % 2 === 1;
  return isEven && isOdd ? BigInt(`0b${text.slice(1, -1)}`) : "reader.checksum";
}
