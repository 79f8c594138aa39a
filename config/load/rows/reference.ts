/**
 * References to parameters in a template's texts: `$name` and `$name+N`, nothing else. Pure.
 *
 * A name goes on as far as its signs do (`a-z 0-9 _`); an upper-case letter behind a known name begins the text.
 */

export interface Reference {
  name: string;
  /** Added to the value, which must then be a whole number. */
  plus?: number;
  /** Where it stands in the text. */
  at: number;
}

export interface Words {
  /** Texts and references in their order. */
  pieces: readonly (string | Reference)[];
  /** `$name` that nothing is known by, as written without the `$`; `slip`: the name is known, but not what is around it. */
  unknown: readonly { name: string; at: number; slip?: Slip }[];
}

/** `$$name`, `￥name`, `$name+1234567`. */
export type Slip = "twice" | "other-sign" | "too-much";

const sign = /\$(?:([A-Za-z][A-Za-z0-9_]*)|(\p{L}[\p{L}\p{N}]*|\{[^{}\s]{0,40}\}?))/gu;
const otherSign = /[￥¥＄]([A-Za-z][A-Za-z0-9_]*)/g;
const tooMuch = /\+\d{7,}/y;
const sum = /\+(\d{1,6})(?!\d)/y;

/** @param known names of the parameters; what is unknown is left as text */
export function wordsOf(text: string, known: { has(name: string): boolean }): Words {
  const unknown: { name: string; at: number; slip?: Slip }[] = [];
  for (const { 1: written = "", index } of text.matchAll(otherSign)) {
    const name = knownName(written, known);
    if (name !== undefined) unknown.push({ name, at: index, slip: "other-sign" });
  }
  if (!text.includes("$")) return { pieces: [text], unknown };
  const pieces: (string | Reference)[] = [];
  let done = 0;
  for (const match of text.matchAll(sign)) {
    const [, written, strange] = match;
    const name = written === undefined ? undefined : knownName(written, known);
    if (name === undefined) {
      unknown.push({ name: written ?? strange ?? "", at: match.index });
      continue;
    }
    if (text[match.index - 1] === "$") unknown.push({ name, at: match.index - 1, slip: "twice" });
    if (match.index > done) pieces.push(text.slice(done, match.index));
    done = match.index + 1 + name.length;
    sum.lastIndex = done;
    tooMuch.lastIndex = done;
    if (tooMuch.test(text)) unknown.push({ name, at: match.index, slip: "too-much" });
    const plus = sum.exec(text)?.[1];
    pieces.push({ name, at: match.index, ...(plus === undefined ? {} : { plus: Number(plus) }) });
    if (plus !== undefined) done += 1 + plus.length;
  }
  if (done < text.length || pieces.length === 0) pieces.push(text.slice(done));
  return { pieces, unknown };
}

/** All that is written, else the longest known name that an upper-case letter ends. */
function knownName(written: string, known: { has(name: string): boolean }): string | undefined {
  for (let length = written.length; length > 0; length -= 1) {
    const name = written.slice(0, length);
    if (known.has(name) && (length === written.length || /[A-Z]/.test(written[length] ?? ""))) return name;
  }
  return undefined;
}
