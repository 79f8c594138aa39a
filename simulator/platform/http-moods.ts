/** What the moods of a platform make of HTTP. Pure but for the chance it is given. */
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import type { Chance } from "../seeded.ts";
import { readBatch } from "./claim.ts";
import { faultAnswer, type HttpAnswer, neverAnswer } from "./http-answer.ts";
import { lieAbout } from "./lie.ts";
import { drawLie, drawRefusal, happens, type Moods } from "./moods.ts";

/** The answer to a request that is not even looked at; null when it is. */
export function moodRefusal(path: string, moods: Readonly<Moods>, chance: Chance): HttpAnswer | null {
  if (moods.blackHole) return neverAnswer;
  const { retryAfterS } = moods.refuse ?? {};
  const wait = (seconds: number | undefined): Record<string, string> =>
    seconds === undefined ? {} : { "retry-after": String(seconds) };
  switch (drawRefusal(moods, chance)) {
    case "error":
      return faultAnswer(500, "error");
    case "unavailable":
      return faultAnswer(503, "unavailable", wait(retryAfterS));
    case "busy":
      return busyAnswer(retryAfterS);
    case "nothing":
      return neverAnswer;
  }
  const { redirect } = moods;
  if (redirect === null || !happens(redirect.share, chance)) return null;
  return faultAnswer(307, "elsewhere", { location: new URL(path, redirect.to).href });
}

/** 429; `seconds` default 1. */
export function busyAnswer(seconds = 1): HttpAnswer {
  return faultAnswer(429, "busy", { "retry-after": String(seconds) });
}

/** How an answer leaves whose batch has been judged. */
export function moodLeaving(
  answer: HttpAnswer,
  { silent, loseReceipts, halfAnswers, lateReceipts, trickleAnswers }: Readonly<Moods>,
  chance: Chance,
): HttpAnswer {
  if (silent) return { ...answer, leaving: "never" };
  if (happens(loseReceipts, chance)) return { ...answer, leaving: "cut" };
  const half = happens(halfAnswers, chance);
  const late = lateReceipts !== null && happens(lateReceipts.share, chance) ? lateReceipts.ms : 0;
  const trickle = trickleAnswers !== null && happens(trickleAnswers.share, chance) ? trickleAnswers.ms : 0;
  return { ...answer, leaving: half ? "half" : "whole", afterMs: late, trickleMs: trickle };
}

/** The bytes to tell instead of a true receipt; null when the truth is told. `body` is the batch, uncompressed. */
export function moodLie(
  receipt: ReceiptBody,
  body: Uint8Array,
  moods: Readonly<Moods>,
  chance: Chance,
): Uint8Array | null {
  const kind = drawLie(moods, chance);
  if (kind === null) return null;
  const read = readBatch(body);
  return "fault" in read ? null : lieAbout(kind, receipt, read.batch, chance);
}
