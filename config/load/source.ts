/**
 * A file of the configuration as text, and places in it.
 */

export interface Source {
  /** Relative to the folder, with `/`. */
  file: string;
  text: string;
  /** Offset of the first character of every line. */
  lineStarts: readonly number[];
  /** Lines that may hold a secret in clear: never quoted. */
  hidden: Set<number>;
  /** Secrets found in clear: blotted out of every message about this file. */
  clear: Set<string>;
  /** Nobody but its owner may read the file. */
  guarded: boolean;
  /** It is no mapping, so it may be anything: a secret, if it is guarded as one. */
  unread: boolean;
}

export interface Place {
  source: Source;
  offset: number;
}

/** A place by number, for what has no text: a whole file, the folder. */
export interface WholeFile {
  file: string;
}

export function createSource(file: string, text: string, guarded = false): Source {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts, hidden: new Set(), clear: new Set(), guarded, unread: false };
}

/** Line and column of an offset, both from 1; the column counts UTF-16 units as editors do. */
export function position(source: Source, offset: number): { line: number; column: number } {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 };
}

/** A line's text without its end, line from 1. */
export function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1] ?? source.text.length;
  const end = source.lineStarts[line] ?? source.text.length + 1;
  return source.text.slice(start, end - 1).replace(/\r$/, "");
}
