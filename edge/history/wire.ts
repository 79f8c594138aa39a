/**
 * What the two halves of the history say to each other, and how a slice crosses: a header as JSON, then the row texts
 * as the journal wrote them, one a line. A row text holds no line break, so nothing is parsed to store it.
 */
import type { SeqRange, Series } from "../../config/schema/vocabulary.ts";
import type { Batch, Encoder, Slice } from "../../gateway/contract/index.ts";
import type { HistoryAnswer, HistoryAsk, HistoryExtent } from "./contract.ts";

export interface Header {
  epoch: string;
  base: number | null;
  baseQuality: number;
  /** Absent: rows without a claim (retry). */
  range?: SeqRange | undefined;
  rows: number;
  /** By the journal's numbers, as the rows name them. */
  series: [number, Series][];
}

/** Makes batches that only `readBatch` reads: no nonce and no digest, since nobody is in between. */
export const historyEncoder: Pick<Encoder, "batch"> = {
  batch(slice: Slice): Batch {
    const { id, lane, epoch, base, baseQuality, range, rows } = slice;
    const header: Header = { epoch, base, baseQuality, range, rows: rows.length, series: [...slice.series] };
    let text = JSON.stringify(header);
    for (const row of rows) text += `\n${row.text}`;
    const batch = { id, lane, epoch, rows: rows.length, bytes: Buffer.from(text, "utf8") };
    return range === undefined ? batch : { ...batch, range };
  },
};

/** `lines`: empty without rows. */
export function readBatch(bytes: Uint8Array): { header: Header; lines: string } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const end = text.indexOf("\n");
  const header = JSON.parse(end < 0 ? text : text.slice(0, end)) as Header;
  return { header, lines: end < 0 ? "" : text.slice(end + 1) };
}

/** What its age is told by: monotonic ms, and wall ms UTC or null while nobody vouches for it. */
export interface Moment {
  mono: number;
  wall: number | null;
}

export interface Asks {
  open: null;
  /** Encoded batches, in one commit. */
  put: { batches: Uint8Array[]; at: Moment };
  find: HistoryAsk;
  close: null;
}

export interface Replies {
  /** `anew`: why a file was set aside; null: it was not. */
  open: { anew: string | null; extent: HistoryExtent };
  /** First seq of each batch's epoch that is missing; null: nothing was stored, since the disk is nearly full. */
  put: { next: number[] | null; extent: HistoryExtent };
  find: HistoryAnswer;
  close: null;
}

export interface StoreSettings {
  file: string;
  quotaBytes: number;
  keepMs: number;
  diskFloorBytes: number;
  /** Characters of row text that become a part. */
  partChars: number;
}
