/**
 * Stand-ins for what may not be shown: of the same shape, the same for the same text as long as the key is the same,
 * never the text itself, and never one for two texts. What a text is made of can be told without it: `shapeOf`. Pure.
 */
import { createHmac } from "node:crypto";

const small = "abcdefghijklmnopqrstuvwxyz";
const han = "甲乙丙丁戊己庚辛壬癸";
/** Texts that are told apart; more of them than a recording has room for. Longer ones are not remembered. */
const mostTexts = 50_000;
const longestRemembered = 128;
const mostTries = 50;
/** Longest stand-in, characters: still too long for a value where the text was. */
const longest = 300;
/** Pieces of one shape. */
const mostPieces = 48;

const isHex = (text: string) => /^[0-9A-Fa-f]+(?:[:._-][0-9A-Fa-f]+)*$/.test(text) && /\d/.test(text);

export class StandIns {
  readonly #key: Uint8Array;
  readonly #known = new Map<string, string>();
  readonly #given = new Set<string>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Letters for letters, digits for digits, signs stay; at most 300 characters. A text of signs alone is gone. */
  of(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    let made = "";
    for (let attempt = 0; attempt < mostTries; attempt++) {
      made = this.#make(text, attempt);
      if (made !== text && !this.#given.has(made)) break;
    }
    // One digit for each of eleven texts there is not: then two share one, but none has its own.
    if (made === text) made = text.replace(/[^\s]/gu, "x");
    if (this.#known.size < mostTexts && text.length <= longestRemembered) {
      this.#known.set(text, made);
      this.#given.add(made);
    }
    return made;
  }

  /** As many digits before and behind the point; the sign stays. */
  ofNumber(value: number): number {
    const text = String(value);
    if (!/^-?\d{1,21}(?:\.\d+)?$/.test(text)) return 0;
    return Number(this.of(text));
  }

  #make(text: string, attempt: number): string {
    const source = createHmac("sha256", this.#key).update(`${attempt} ${text}`, "utf8").digest();
    const letters = isHex(text) ? "abcdef" : small;
    let made = "";
    let at = 0;
    for (const character of text.slice(0, longest)) {
      const byte = ((source[at % 32] ?? 0) + 7 * Math.floor(at / 32)) & 0xff;
      at += 1;
      if (/\d/.test(character)) made += at === 1 ? String(1 + (byte % 9)) : String(byte % 10);
      else if (/[a-z]/.test(character)) made += letters[byte % letters.length];
      else if (/[A-Z]/.test(character)) made += (letters[byte % letters.length] ?? "X").toUpperCase();
      else if (/[\p{L}\p{N}\p{M}\p{S}\p{C}]/u.test(character) && character > "\x7f")
        made += han[byte % han.length];
      else made += character;
    }
    return made;
  }
}

const classes: readonly [RegExp, string][] = [
  [/[A-Za-z]/, "a"],
  [/[0-9]/, "9"],
  [/\s/, "_"],
  [/[\x21-\x7e]/, "."],
  [/[\p{L}\p{N}\p{M}]/u, "字"],
];

const classOf = (character: string) => classes.find(([pattern]) => pattern.test(character))?.[1] ?? "?";

/**
 * The classes of its characters, each with how many there are in a row: `a5 .1 93` for `hello-123`.
 * a: letters, 9: digits, _: blanks, .: signs, 字: other letters, ?: anything else.
 */
export function shapeOf(text: string): string {
  const pieces: string[] = [];
  let run = "";
  let length = 0;
  const close = () => void (length > 0 && pieces.push(`${run}${length}`));
  for (const character of text) {
    const next = classOf(character);
    if (next !== run) {
      close();
      if (pieces.length >= mostPieces) return `${pieces.join(" ")} …`;
      run = next;
      length = 0;
    }
    length += 1;
  }
  close();
  return pieces.join(" ");
}
