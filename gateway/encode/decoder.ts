/**
 * Batches as a receiver reads them: refused whole when anything in them is not as R8 says, or joined to records.
 *
 * Holds for every body that `parseBatch` gives: each seq of a claim is exactly one row or lies in exactly one
 * gap; rows without a claim are distinct; no seq is above `head`; every row's series is in the dictionary.
 */
import { type BatchBody, batchSchema, maxBatchBytes, type Row } from "../../config/schema/batch.ts";
import type { SchoolRecord } from "../../config/schema/record.ts";
import { Quality, TimeQuality } from "../../config/schema/vocabulary.ts";

/** Most seqs of one claim (R13). */
export const maxClaimSeqs = 1_000_000;

/** The body of a batch from its uncompressed bytes, or null when it is malformed. Never throws. */
export function parseBatch(bytes: Uint8Array): BatchBody | null {
  if (bytes.length > maxBatchBytes) return null;
  const parsed = batchSchema.safeParse(json(bytes));
  return parsed.success && coherent(parsed.data) ? parsed.data : null;
}

/** The records of a batch that `parseBatch` gave: header, dictionary and row joined, times by R3. */
export function recordsOf(batch: BatchBody): SchoolRecord[] {
  return batch.rows.map((row) => recordOf(batch, row));
}

function recordOf(batch: BatchBody, [seq, s, t, value, quality, deviceTime]: Row): SchoolRecord {
  const series = batch.series[s];
  if (series === undefined) throw new TypeError("recordsOf is for batches that parseBatch gave");
  const { device, point, space, unit, kind, level } = series;
  const received = batch.base === null ? null : batch.base + t;
  return {
    school: batch.school,
    gateway: batch.gateway,
    epoch: batch.epoch,
    seq,
    device,
    point,
    space,
    kind,
    value,
    ...(unit === undefined ? {} : { unit }),
    quality: series.simulated ? quality | Quality.simulated : quality,
    time: deviceTime ?? received,
    received,
    timeQuality: batch.base === null ? TimeQuality.unknown : batch.baseQuality,
    level,
  };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function coherent(batch: BatchBody): boolean {
  const { first, last, lane, head, rows, gaps } = batch;
  if (rows.some(([, s]) => !Object.hasOwn(batch.series, s))) return false;
  const claims = lane === "live" || lane === "backlog";
  if (first === undefined || last === undefined) {
    return !claims && first === last && gaps.length === 0 && distinct(rows, head);
  }
  if (!claims || last < first - 1 || last > head || last - first + 1 > maxClaimSeqs) return false;
  return covered(first, last, rows, gaps);
}

function distinct(rows: readonly Row[], head: number): boolean {
  return new Set(rows.map(([seq]) => seq)).size === rows.length && rows.every(([seq]) => seq <= head);
}

/** Rows and gaps, put in order, follow one another from `first` to `last` without hole or overlap. */
function covered(first: number, last: number, rows: readonly Row[], gaps: BatchBody["gaps"]): boolean {
  const pieces = [
    ...rows.map(([seq]) => [seq, seq] as const),
    ...gaps.map(([from, to]) => [from, to] as const),
  ];
  pieces.sort((a, b) => a[0] - b[0]);
  let next = first;
  for (const [from, to] of pieces) {
    if (from !== next || to < from) return false;
    next = to + 1;
  }
  return next === last + 1;
}
