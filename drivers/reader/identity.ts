/**
 * What one scan means: an identity to be digested, or why it is none. Pure; keeps nothing.
 */
import type { ReaderProfile } from "./fields.ts";
import { canonical, cardNumber, type Read } from "./number.ts";

/** Control signs that a code may have: tab, line ends, and the separators of goods codes (ISO/IEC 15434). */
const separators: ReadonlySet<number> = new Set([0x04, 0x09, 0x0a, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f]);
const isImpossible = (byte: number) => (byte < 0x20 && !separators.has(byte)) || byte === 0x7f;

/** @param scan without its end, at least one byte */
export function identityOf(scan: Uint8Array, profile: ReaderProfile): Read {
  if (profile.form === "text") return textOf(scan, profile.encoding);
  if (scan.some((byte) => byte > 0x7f)) return { fault: "reader.unreadable" };
  const text = String.fromCharCode(...scan);
  if (profile.form === "rdm6300") return tagOf(text, profile.keep);
  return cardNumber(text, { ...profile, form: profile.form });
}

/** As it is: what a code says is never taken apart. The same code is the same text in both encodings. */
function textOf(scan: Uint8Array, encoding: "utf-8" | "gbk"): Read {
  // In both encodings such a byte is never part of another sign.
  if (scan.some(isImpossible)) return { fault: "reader.unreadable" };
  let identity: string;
  try {
    identity = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(scan);
  } catch {
    // Its message is not looked at, nor passed on.
    return { fault: "reader.encoding" };
  }
  return identity.trim() === "" ? { fault: "reader.empty" } : { identity };
}

/** Ten digits: a version byte and four of the number; two of their exclusive or. Some modules put a line end behind. */
function tagOf(text: string, keep: 3 | 4 | undefined): Read {
  const digits = text.trim().toUpperCase();
  if (digits === "") return { fault: "reader.empty" };
  if (!/^[0-9A-F]{12}$/.test(digits)) return { fault: "reader.unreadable" };
  const bytes = Buffer.from(digits, "hex");
  // With its checksum behind, the exclusive or of all is 0.
  if (bytes.reduce((all, byte) => all ^ byte, 0) !== 0) return { fault: "reader.checksum" };
  return canonical(digits.slice(2, 10), keep);
}
