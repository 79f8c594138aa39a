/**
 * What makes a batch one: the shape by the schema, and the claim by R8. Pure.
 * Anything else is refused whole, and the sender hears nothing.
 */
import { type BatchBody, batchSchema } from "../../config/schema/batch.ts";

/** Why a message is no batch. */
export type Malformed =
  | "encoding"
  | "bomb"
  | "text"
  | "shape"
  | "id"
  | "address"
  | "lane"
  | "claim"
  | "cover"
  | "head"
  | "span"
  | "runs"
  | "series"
  | "streams";

/** Most seqs of one claim (R13). */
export const maxClaimSeqs = 1_000_000;

const text = new TextDecoder("utf-8", { fatal: true });

/** Reads a body; a fault instead of an exception. */
export function readBatch(body: Uint8Array): { batch: BatchBody } | { fault: Malformed } {
  let value: unknown;
  try {
    value = JSON.parse(text.decode(body));
  } catch {
    return { fault: "text" };
  }
  const read = batchSchema.safeParse(value);
  if (!read.success) return { fault: "shape" };
  const fault = claimFault(read.data);
  return fault === null ? { batch: read.data } : { fault };
}

/** null: every seq of the claim is a row or lies in a gap, exactly once, and nothing else is there. */
export function claimFault(batch: BatchBody): Malformed | null {
  for (const row of batch.rows) {
    if (row[0] > batch.head) return "head";
    if (!Object.hasOwn(batch.series, String(row[1]))) return "series";
  }
  const { first, last } = batch;
  const claims = batch.lane === "live" || batch.lane === "backlog";
  if (claims !== (first !== undefined)) return "lane";
  if ((first === undefined) !== (last === undefined)) return "claim";
  const pieces: [number, number][] = batch.rows.map(([seq]) => [seq, seq]);
  for (const [from, to] of batch.gaps) pieces.push([from, to]);
  pieces.sort((a, b) => a[0] - b[0]);
  if (first === undefined || last === undefined) {
    if (batch.gaps.length > 0) return "claim";
    return pieces.every((piece, index) => piece[0] !== pieces[index - 1]?.[0]) ? null : "cover";
  }
  if (last < first - 1) return "claim";
  if (last > batch.head) return "head";
  if (last - first + 1 > maxClaimSeqs) return "span";
  let next = first;
  for (const [from, to] of pieces) {
    if (from !== next || to < from) return "cover";
    next = to + 1;
  }
  return next === last + 1 ? null : "cover";
}
