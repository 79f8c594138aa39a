/**
 * The last committed rows, so that live sending never waits behind a slow commit (R6).
 * Holds: per epoch a contiguous run of committed seqs ending at its head; at most `maxBytes`, which is also
 * what they take in memory: rows lie as lines in a few blocks, since an object a row takes ten times its text.
 */
import type { StoredRow } from "./wire.ts";

/** Rows of one epoch that became durable together. */
export interface Chunk {
  e: number;
  /** Ascending seqs without holes; no text holds a raw tab or line break. */
  rows: StoredRow[];
}

/** Consecutive rows of one epoch, each as `series TAB text LF`. */
interface Block {
  e: number;
  first: number;
  last: number;
  lines: Buffer;
  used: number;
}

/** The oldest block is forgotten as a whole. */
const blocks = 64;

export class RowCache {
  readonly #maxBytes: number;
  #blocks: Block[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add({ e, rows }: Chunk): void {
    for (const row of rows) this.#put(e, row);
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#blocks.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.lines.length;
    }
  }

  #put(e: number, { seq, s, text }: StoredRow): void {
    const line = `${s}\t${text}\n`;
    const most = line.length * 3;
    let block = this.#blocks.at(-1);
    if (block?.e !== e || block.lines.length - block.used < most) {
      const size = Math.max(Math.floor(this.#maxBytes / blocks), most);
      block = { e, first: seq, last: seq, lines: Buffer.allocUnsafeSlow(size), used: 0 };
      this.#blocks.push(block);
      this.#bytes += size;
    }
    block.used += block.lines.write(line, block.used);
    block.last = seq;
  }

  /** Rows of [from, to], or null when `from` is no longer here. */
  read(e: number, from: number, to: number, maxRows: number, maxBytes: number): StoredRow[] | null {
    const rows: StoredRow[] = [];
    let bytes = 0;
    for (const block of this.#blocks) {
      if (block.e !== e || block.last < from) continue;
      if (rows.length === 0 && block.first > from) return null;
      const lines = block.lines.toString("utf8", 0, block.used).split("\n");
      for (let seq = Math.max(block.first, from); seq <= block.last; seq++) {
        const [s, text] = (lines[seq - block.first] as string).split("\t") as [string, string];
        if (seq > to || rows.length >= maxRows || (rows.length > 0 && bytes + text.length > maxBytes))
          return rows;
        bytes += text.length;
        rows.push({ seq, s: Number(s), text });
      }
    }
    return rows.length === 0 ? null : rows;
  }

  clear(): void {
    this.#blocks = [];
    this.#bytes = 0;
  }
}
