/** What somebody who was found says of itself, fit to be shown. Pure. */

const longest = 64;
/** As much as can come to that. */
const longestEncoded = 1024;
/** What has terminals change colours, titles and places. */
const escapes = /\p{Cc}\[[0-?]*[ -/]*[@-~]?/gu;

/** Printable, on one line, of 64 characters at most; undefined: nothing is left of it. */
export function shown(text: string): string | undefined {
  const line = text
    .slice(0, longestEncoded)
    .replace(escapes, "")
    .replace(/[\p{C}\p{Z}\uFFFD]+/gu, " ")
    .trim()
    .slice(0, longest)
    .replace(/\p{Cs}$/u, "") // half of a character that the cut went through
    .trim();
  return line === "" ? undefined : line;
}

/** With percent signs as in a URI, where it is one that can be read. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `AC-64-62-00-00-01`, `ac6462000001` → `ac:64:62:00:00:01`; undefined: it is none. */
export function macIn(text: string): string | undefined {
  if (!/^[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return undefined;
  return text
    .replaceAll(/[:-]/g, "")
    .toLowerCase()
    .replaceAll(/..(?!$)/g, "$&:");
}
