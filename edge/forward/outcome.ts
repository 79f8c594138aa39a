/**
 * What a sending came to, before the journal is asked: pure reading of receipts and errors.
 */
import { type Receipt, UplinkError } from "../../gateway/contract/index.ts";

export type Outcome =
  /** The platform judged the rows. */
  { is: "judged" } | Unjudged;

export type Unjudged =
  /** Nothing was judged; the same bytes again after a while. */
  | { is: "kept"; code: string; detail: string }
  /** The batch as a whole was refused, which says nothing about its records: smaller ones, down to the culprit. */
  | { is: "refused"; code: string; detail: string };

export const tooLarge = "too-large";

/** Errors that concern the gateway's credential or the destination, not the batch; smaller batches would not help. */
export const credentialCodes: ReadonlySet<string> = new Set([
  "banned",
  "certificate",
  "client-id",
  "credential",
  "forbidden",
  "moved",
  "not-authorised",
  "not-found",
  "qos",
  "secret",
  "setting",
  "tls",
  "unauthorised",
  "unauthorized",
  "version",
]);

/** Errors that may be this batch's fault: what a platform that chokes on one record answers. */
export const culprits: ReadonlySet<string> = new Set([
  "failing",
  "answer",
  "refused",
  "silent",
  "unavailable",
]);

/** Whether a platform or a broker says by this that it is too much for now. */
export const isOverload = (error: unknown): boolean =>
  error instanceof UplinkError && (error.code === "busy" || error.code === "quota");

/** @param rows rows of the batch that it answers */
export function ofReceipt(receipt: Receipt, rows: number): Outcome {
  if (receipt.tooLarge === true) {
    return {
      is: "refused",
      code: tooLarge,
      detail: `the platform takes no batch of ${rows} rows of this size`,
    };
  }
  const judged = receipt.taken + receipt.rejected.length;
  // "Not now" looks like a judgement of no rows; only `next` tells them apart when there are none.
  if (receipt.retryAfterMs !== undefined && judged === 0 && (rows > 0 || receipt.next === null)) {
    return { is: "kept", code: "retry-after", detail: `the platform asks for ${receipt.retryAfterMs} ms` };
  }
  return { is: "judged" };
}

export function ofError(error: unknown): Unjudged {
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, 200);
  if (!(error instanceof UplinkError)) return { is: "kept", code: "send-failed", detail };
  const whole = error.retry === "never" && !credentialCodes.has(error.code);
  return { is: whole ? "refused" : "kept", code: error.code, detail };
}
