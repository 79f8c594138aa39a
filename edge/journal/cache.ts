/**
 * The last commits, so that live sending never waits behind a slow one (R6): the very text that went to the writer.
 * Holds: per epoch a contiguous run of committed seqs ending at its head; at most `maxChars` characters, which are as
 * many bytes as long as nobody writes Chinese into a value. The oldest commit is forgotten as a whole.
 */
import { recordLine, type StoredRow } from "./wire.ts";

/** What of a commit's lines are rows of one epoch: ascending seqs without holes. */
interface Chunk {
  e: number;
  first: number;
  last: number;
  lines: string;
  /** Where reading stopped last: no row from `seq` on lies before `start`. */
  stopped: { seq: number; start: number };
}

export class RowCache {
  readonly #maxChars: number;
  #chunks: Chunk[] = [];
  #chars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** @param lines those of a commit, joined; rows of [first, last] of epoch `e` are among them */
  add(e: number, first: number, last: number, lines: string): void {
    this.#chunks.push({ e, first, last, lines, stopped: { seq: first, start: 0 } });
    this.#chars += lines.length;
    while (this.#chars > this.#maxChars) this.#chars -= this.#chunks.shift()?.lines.length ?? this.#chars;
  }

  /** Rows of [from, to], or null when `from` is no longer here. */
  read(e: number, from: number, to: number, maxRows: number, maxBytes: number): StoredRow[] | null {
    const rows: StoredRow[] = [];
    let bytes = 0;
    for (const chunk of this.#chunks) {
      if (chunk.e !== e || chunk.last < from) continue;
      if (rows.length === 0 && chunk.first > from) return null;
      const { lines, stopped } = chunk;
      let start = from >= stopped.seq ? stopped.start : 0;
      while (start < lines.length) {
        const end = lines.indexOf("\n", start);
        const row = recordLine(lines, start, end < 0 ? lines.length : end);
        const next = end < 0 ? lines.length : end + 1;
        if (row === null || row.e !== e || row.seq < from) {
          start = next;
          continue;
        }
        const { seq, s, text } = row;
        if (seq > to || rows.length >= maxRows || (rows.length > 0 && bytes + text.length > maxBytes)) {
          chunk.stopped = { seq, start };
          return rows;
        }
        bytes += text.length;
        rows.push({ seq, s, text });
        start = next;
      }
    }
    return rows.length === 0 ? null : rows;
  }

  clear(): void {
    this.#chunks = [];
    this.#chars = 0;
  }
}
