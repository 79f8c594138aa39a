/** A Wiegand reader behind a converter: 24 or 32 bits of a card between two bits of parity, told as text. */

import type { Drawn } from "../fault-list.ts";
import type { Holder } from "./holders.ts";
import type { ReaderFault, ReaderModel } from "./reader.ts";

export type WiegandForm = "hex" | "decimal" | "bits";

export interface WiegandOptions {
  /** Default 26. */
  size?: 26 | 34;
  /**
   * What the converter makes of it: the digits of the data, its number with ten digits, or every bit, those of parity
   * included. Default hex.
   */
  form?: WiegandForm;
  /** The card's bytes come lowest first: same card, other number. Default false. */
  reversed?: boolean;
}

/**
 * @param data 24 or 32 bits as a number
 * @returns as many digits 0 and 1 as the size says: even parity over the first half of the data, odd over the second
 */
export function wiegandBits(data: number, size: 26 | 34): string {
  const count = size - 2;
  const bits = data.toString(2).padStart(count, "0").slice(-count);
  const ones = (half: string) => half.replaceAll("0", "").length;
  const first = ones(bits.slice(0, count / 2)) % 2;
  const last = 1 - (ones(bits.slice(count / 2)) % 2);
  return `${first}${bits}${last}`;
}

export class Wiegand implements ReaderModel {
  readonly repeatMs = 500;
  readonly #options: WiegandOptions;

  constructor(options: WiegandOptions = {}) {
    this.#options = options;
  }

  hear(): readonly Uint8Array[] {
    return [];
  }

  say({ card }: Holder, acting: Drawn<ReaderFault>): Uint8Array {
    const { size = 26, form = "hex", reversed = false } = this.#options;
    const bytes = (size - 2) / 8;
    const digits = (card >>> 0)
      .toString(16)
      .padStart(8, "0")
      .slice(-2 * bytes)
      .toUpperCase();
    const hex = reversed ? (digits.match(/../g) ?? []).reverse().join("") : digits;
    const data = Number.parseInt(hex, 16);
    const isWrong = acting.get("parity") !== undefined || acting.get("lost-bit") !== undefined;
    if (form !== "bits") {
      // Such a converter looks at the parity itself, and says nothing when it does not fit.
      if (isWrong) return new Uint8Array();
      return Buffer.from(`${form === "hex" ? hex : String(data).padStart(10, "0")}\r\n`);
    }
    let bits = wiegandBits(data, size);
    if (acting.get("parity") !== undefined) bits = `${bits[0] === "0" ? 1 : 0}${bits.slice(1)}`;
    if (acting.get("lost-bit") !== undefined) bits = bits.slice(1);
    return Buffer.from(`${bits}\r\n`);
  }
}
