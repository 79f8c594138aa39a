/**
 * How a platform can misbehave, all at once if wanted. Shares are chances from 0 to 1, drawn from the platform's seed.
 * Being down is not a mood: see `Platform.down`.
 */
import type { Judge } from "./receiver.ts";

export const lies = [
  "taken-more",
  "taken-less",
  "next-beyond",
  "unknown-batch",
  "foreign-reject",
  "double-reject",
  "fraction",
  "truncated",
  "garbage",
  "oversized",
] as const;
/** One way in which a receipt can be none. */
export type Lie = (typeof lies)[number];

export interface Moods {
  /** Each batch waits so long before it is judged; one after the other. */
  slowMs: number;
  /** Takes and stores, and answers nothing. */
  silent: boolean;
  /** Receipts that are not sent. */
  loseReceipts: number;
  /** Receipts that are sent twice. */
  doubleReceipts: number;
  /** Receipts held back until another one has gone, at most one second. */
  reorderReceipts: number;
  /** Receipts sent only after `ms`. */
  lateReceipts: { share: number; ms: number } | null;
  /** Rows refused by chance. */
  reject: { share: number; code: string } | null;
  /** Rows refused by what they say; asked first. */
  rejectWhere: Judge | null;
  /** Batches that are answered as taken and then forgotten: a later `next` goes back. */
  forget: number;
  /** False receipts, instead of the true one or before it. */
  lie: { share: number; kinds?: readonly Lie[]; instead?: boolean } | null;
  /** Batches that get this PUBACK reason (null: no PUBACK at all); ≥ 16 and null are not taken. Own server only. */
  puback: { share: number; reason: number | null } | null;
}

/** A platform as it should be. */
export const calm: Readonly<Moods> = {
  slowMs: 0,
  silent: false,
  loseReceipts: 0,
  doubleReceipts: 0,
  reorderReceipts: 0,
  lateReceipts: null,
  reject: null,
  rejectWhere: null,
  forget: 0,
  lie: null,
  puback: null,
};
