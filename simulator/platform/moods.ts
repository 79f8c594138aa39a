/**
 * How a platform can misbehave, all at once if wanted. Shares are chances from 0 to 1, drawn from the platform's seed.
 * Being down is not a mood: see `Platform.down`. What is drawn here is pure but for the chance it is given.
 */
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import type { Chance } from "../seeded.ts";
import type { Judge, Size } from "./receiver.ts";

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

export const refusals = ["error", "unavailable", "busy", "nothing"] as const;
/** One way of not taking a batch: 500 or PUBACK 0x80; 503 or 0x83; 429 or 0x97; no answer at all. */
export type Refusal = (typeof refusals)[number];

/** Both doors play them unless one is named. Behind somebody's broker, what a PUBACK says reaches only the broker. */
export interface Moods {
  /** Each batch waits so long before it is judged; one after the other. */
  slowMs: number;
  /** Takes and stores, and answers nothing. */
  silent: boolean;
  /** Receipts that are not sent; over HTTP the connection is cut instead. */
  loseReceipts: number;
  /** Receipts that are sent twice; MQTT only. */
  doubleReceipts: number;
  /** Receipts held back until another one has gone, at most one second; MQTT only. */
  reorderReceipts: number;
  /** Receipts sent only after `ms`. */
  lateReceipts: { share: number; ms: number } | null;
  /** Receipts ask that nothing more is sent for so long. */
  pauseMs: number | null;
  /** Rows refused by chance. */
  reject: { share: number; code: string } | null;
  /** Rows refused by what they say; asked first. */
  rejectWhere: Judge | null;
  /** Batches that are answered as taken and then forgotten: a later `next` goes back. */
  forget: number;
  /** False receipts, instead of the true one or before it; over HTTP always instead. */
  lie: { share: number; kinds?: readonly Lie[]; instead?: boolean } | null;
  /** Batches that get this PUBACK reason (null: no PUBACK at all); ≥ 16 and null are not taken. Own server only. */
  puback: { share: number; reason: number | null } | null;
  /** Batches that are not taken, each in one of these ways. `retryAfterS` goes with 429 (else 1) and 503 (else absent). */
  refuse: { share: number; kinds?: readonly Refusal[]; retryAfterS?: number } | null;
  /** Connections are accepted and hear nothing: over HTTP none is read, over MQTT no PUBACK comes. Nothing is taken. */
  blackHole: boolean;
  /** Batches above this are refused whole: 413, or a receipt that says `tooLarge`. */
  tooLarge: Size | null;
  /** Batches answered 202 and judged with nobody waiting; the same one sent again gets its receipt. HTTP only. */
  later: number;
  /** Requests sent to the same path at another base URL (307), and not taken. HTTP only. */
  redirect: { share: number; to: string } | null;
  /** Answers cut off after half of their bytes, when the rows are stored. HTTP only. */
  halfAnswers: number;
  /** Answers whose bytes come one by one, `ms` apart. HTTP only. */
  trickleAnswers: { share: number; ms: number } | null;
}

/** A platform as it should be. */
export const calm: Readonly<Moods> = {
  slowMs: 0,
  silent: false,
  loseReceipts: 0,
  doubleReceipts: 0,
  reorderReceipts: 0,
  lateReceipts: null,
  pauseMs: null,
  reject: null,
  rejectWhere: null,
  forget: 0,
  lie: null,
  puback: null,
  refuse: null,
  blackHole: false,
  tooLarge: null,
  later: 0,
  redirect: null,
  halfAnswers: 0,
  trickleAnswers: null,
};

/** Whether something of this share happens. Nothing is drawn for what never does. */
export function happens(share: number, chance: Chance): boolean {
  return share > 0 && chance() < share;
}

/** How the next batch is not taken; null when it may be. */
export function drawRefusal({ refuse }: Readonly<Moods>, chance: Chance): Refusal | null {
  if (refuse === null || !happens(refuse.share, chance)) return null;
  return oneOf(refuse.kinds ?? refusals, chance) ?? null;
}

/** How the next receipt is false; null when it is true. */
export function drawLie({ lie }: Readonly<Moods>, chance: Chance): Lie | null {
  if (lie === null || !happens(lie.share, chance)) return null;
  return oneOf(lie.kinds ?? lies, chance) ?? null;
}

/** A receipt with the pause the platform asks for, if it does. */
export function pausing(receipt: ReceiptBody, { pauseMs }: Readonly<Moods>): ReceiptBody {
  return pauseMs === null ? receipt : { ...receipt, retryAfterMs: pauseMs };
}

function oneOf<Kind>(kinds: readonly Kind[], chance: Chance): Kind | undefined {
  return kinds[Math.floor(chance() * kinds.length)];
}
