/**
 * Lines that may hold a secret, judged by their text alone: also a file that is no YAML must not show one.
 */
import { distance } from "./nearest.ts";
import { lineText, type Source } from "./source.ts";

const sounds =
  "(?:pass|pwd|secret|token|credential|psk|private|apikey|api_key|口令|密码|密钥)[A-Za-z0-9_]*[\"']?\\s*[:：]";
/** A key that sounds like a secret with a value behind it, credentials in an address, a PEM block. */
const clear = new RegExp(`${sounds}\\s*["']?[^\\s{[,}\\]#"'|>*]|:\\/\\/[^\\s/@]*:[^\\s/@]*@|-----BEGIN`, "i");
/** Such a key at the end of its line: the value stands on the next. */
const unfinished = new RegExp(`${sounds}\\s*[|>&!{[]*[-+]?\\s*$`, "i");
const words = ["password", "passwort", "passwd", "secret", "token", "credential"];

/** Whether a key is one of the usual names of a secret, perhaps misspelt or cut off. */
export function soundsSecret(key: string): boolean {
  if (clear.test(`${key}: x`)) return true;
  return key
    .split(/[^A-Za-z]+/)
    .some(
      (part) =>
        part.length >= 4 &&
        words.some((word) => cutOff(part.toLowerCase(), word) || distance(part, word) <= word.length / 4),
    );
}

const cutOff = (part: string, word: string) => word.startsWith(part) || word.endsWith(part);

/**
 * A line that may hold a secret, or may go on with one.
 * @param broken the line is no YAML: it may belong to the one before
 */
export function mayHoldSecret(source: Source, line: number, broken: boolean): boolean {
  const text = lineText(source, line);
  const before = line < 2 ? "" : lineText(source, line - 1);
  if (broken) return cut(text) || cut(before);
  return revealing(text.replace(reference, "")) || unfinished.test(before);
}

/** In a template the name may have parameters: `secret:$room-air`. */
const reference = /(?:&[A-Za-z0-9_-]+\s+)?secret:[A-Za-z0-9$][A-Za-z0-9._$+-]*/g;
const rightUse = /[A-Za-z_]+["']?\s*[:：]\s*["']?secret:[A-Za-z0-9$][A-Za-z0-9._$+-]*["']?(?=\s*(?:[,}]|$))/g;

/** In a line without structure any word that sounds like a secret, other than in `key: secret:NAME`, may stand before one. */
const cut = (text: string) => {
  const rest = text.replace(rightUse, "");
  return clear.test(rest) || soundsSecret(rest);
};

/** Something that sounds like a secret, and is not just its key: the reference behind that has been taken out. */
function revealing(text: string): boolean {
  if (clear.test(text)) return true;
  return text
    .split(/[,{}]/)
    .some(
      (part) =>
        soundsSecret(part) && !/^[\s-]*["']?[A-Za-z_-]+["']?\s*[:：]\s*(?:\*[\w-]+\s*)?(?:#.*)?$/.test(part),
    );
}
