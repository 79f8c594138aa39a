/** Batches as they came, read row by row. Pure. */
import { crc32 } from "node:zlib";
import type { Row } from "../../config/schema/batch.ts";
import type { ChunkRow } from "./chunk.ts";

/** A batch as it lies in its table; `numbers`: the journal's number of a series and ours. */
export interface FreshRow {
  e: number;
  rows: number;
  t0: number;
  t1: number;
  numbers: string;
  text: string;
  crc: number;
}

/** Over all that says what a batch is. */
export const freshCrc = (e: number, numbers: string, text: string): number =>
  crc32(text, crc32(numbers, e >>> 0));

/**
 * Its rows with our numbers of their series.
 * @throws when it is not what was written
 */
export function parseFresh(
  { e, numbers, text, crc }: FreshRow,
  wanted?: ReadonlySet<number>,
): (ChunkRow & { s: number })[] {
  if (freshCrc(e, numbers, text) !== crc) throw new RangeError("a batch of the history is damaged");
  const ours = new Map(JSON.parse(numbers) as [number, number][]);
  if (wanted !== undefined && ![...ours.values()].some((s) => wanted.has(s))) return [];
  const rows = JSON.parse(`[${text.replaceAll("\n", ",")}]`) as Row[];
  return rows.flatMap(([, journals, t, value, quality, deviceTime]) => {
    const s = ours.get(journals);
    if (s === undefined || wanted?.has(s) === false) return [];
    return { s, t, value, quality, ...(deviceTime === undefined ? {} : { deviceTime }) };
  });
}
