/**
 * The last committed rows, so that live sending never waits behind a slow commit (R6).
 * Holds: per epoch a contiguous run of committed seqs ending at its head; about `maxBytes` of text in all.
 */
import type { StoredRow } from "./wire.ts";

/** Rows of one epoch that became durable together. */
export interface Chunk {
  e: number;
  /** Ascending seqs without holes. */
  rows: StoredRow[];
  bytes: number;
}

export class RowCache {
  readonly #maxBytes: number;
  #chunks: Chunk[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Chunk): void {
    if (chunk.rows.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.bytes;
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#chunks.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.bytes;
    }
  }

  /** Rows of [from, to], or null when `from` is no longer here. */
  read(e: number, from: number, to: number, maxRows: number, maxBytes: number): StoredRow[] | null {
    const rows: StoredRow[] = [];
    let bytes = 0;
    for (const chunk of this.#chunks) {
      const last = chunk.rows.at(-1);
      if (chunk.e !== e || last === undefined || last.seq < from) continue;
      const first = chunk.rows[0]?.seq ?? 0;
      if (rows.length === 0 && first > from) return null;
      for (let index = Math.max(0, from - first); index < chunk.rows.length; index++) {
        const row = chunk.rows[index] as StoredRow;
        if (row.seq > to || rows.length >= maxRows || (rows.length > 0 && bytes + row.text.length > maxBytes))
          return rows;
        bytes += row.text.length;
        rows.push(row);
      }
    }
    return rows.length === 0 ? null : rows;
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
