/**
 * Bytes of a payload → JSON document. Stricter than JSON.parse: UTF-8 or nothing, no name twice, bounded nesting,
 * bounded number of names (each is judged, which takes longer than to read it).
 * Pure; what goes wrong is a word, never a text of the payload.
 */
import { isUtf8 } from "node:buffer";
import { maxDepth } from "./forbidden.ts";

export type JsonFault = "encoding" | "json" | "deep" | "names" | "duplicate";

/** Most names of members in one payload. */
const maxNames = 2000;

export function readJson(payload: Uint8Array): { document: unknown } | { fault: JsonFault } {
  if (!isUtf8(payload)) return { fault: "encoding" };
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const { depth, names } = measure(text);
  if (depth > maxDepth) return { fault: "deep" };
  if (names > maxNames) return { fault: "names" };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { fault: "json" };
  }
  // In valid JSON every colon outside of strings belongs to one name; a name written twice is kept once.
  return members(document) === names ? { document } : { fault: "duplicate" };
}

/** Deepest nesting and number of colons outside of strings. Of a text that is no JSON the numbers mean nothing. */
function measure(text: string): { depth: number; names: number } {
  let depth = 0;
  let deepest = 0;
  let names = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at + 1);
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === 0x3a) names += 1;
  }
  return { depth: deepest, names };
}

/** Position of the quote that ends the string begun before `at`; the text's end when there is none. */
function endOfString(text: string, at: number): number {
  for (let here = at; here < text.length; here++) {
    const code = text.charCodeAt(here);
    if (code === 0x22) return here;
    if (code === 0x5c) here += 1;
  }
  return text.length;
}

function members(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += members(item);
  // What JSON.parse gives has no inherited members that are enumerable.
  else for (const name in value) count += 1 + members((value as Record<string, unknown>)[name]);
  return count;
}
