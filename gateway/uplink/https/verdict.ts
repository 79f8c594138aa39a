/**
 * What a platform's answer to a batch means. Pure; nothing that the platform wrote gets into a detail.
 */
import { type Batch, type Receipt, UplinkError } from "../../contract/index.ts";
import { readReceipt, tooLarge } from "../receipt.ts";
import type { Answer } from "./exchange.ts";
import { retryAfterMs } from "./retry-after.ts";

export type Verdict =
  | { is: "receipt"; receipt: Receipt }
  /** No receipt yet, or none for this batch (`stray` says which): the same request again, after so long or at its own pace. */
  | { is: "none"; stray?: "receipt-malformed" | "receipt-unknown"; afterMs: number | null }
  /** It concerns this batch, or this moment. */
  | { is: "refused"; fault: UplinkError }
  /** It would meet every batch: the session has no use any more. */
  | { is: "shut"; fault: UplinkError };

type Row = readonly [is: "refused" | "shut", code: string, retry: "later" | "never", detail: string];

const malformed: Row = ["refused", "malformed", "never", "the platform takes this batch for malformed"];
const notFound: Row = [
  "shut",
  "not-found",
  "later",
  "the platform knows no such address: check url, school.id and school.gateway",
];
const busy: Row = ["refused", "busy", "later", "the platform or what stands before it is busy"];

const rows: Record<number, Row> = {
  400: malformed,
  401: ["shut", "credential", "never", "the platform refuses the credential: check it"],
  403: [
    "shut",
    "not-authorised",
    "never",
    "the platform does not admit this gateway: check credential, school.id and school.gateway",
  ],
  404: notFound,
  405: notFound,
  408: ["refused", "silent", "later", "the platform heard nothing whole from us in time"],
  // The sender makes new batches of it, with other ids.
  409: ["refused", "conflict", "never", "the platform holds another batch under this id"],
  410: notFound,
  415: ["shut", "encoding", "later", "the platform does not read this compression: write compress: none"],
  422: malformed,
  429: ["refused", "quota", "later", "the platform takes no more from this gateway for now"],
  502: busy,
  503: busy,
  504: busy,
};

/** A refusal that says the same whatever was asked, or null. Used before there is a batch. */
export function closedTo({ status }: Pick<Answer, "status">): UplinkError | null {
  if (status >= 300 && status < 400) return faultOf(redirected);
  return status === 401 || status === 403 ? faultOf(rowOf(status)) : null;
}

/** @param wallMs our wall clock */
export function judge(answer: Answer, batch: Pick<Batch, "id">, wallMs: number): Verdict {
  const { status, headers } = answer;
  const afterMs = retryAfterMs(headers, wallMs);
  if (status === 200) return receiptIn(answer, batch, afterMs);
  if (status === 202) return { is: "none", afterMs };
  if (status === 413) return { is: "receipt", receipt: tooLarge(batch) };
  if ((status === 429 || status === 503) && afterMs !== null)
    return { is: "receipt", receipt: notNow(batch, afterMs) };
  const row = rowOf(status);
  return { is: row[0], fault: faultOf(row) };
}

function receiptIn({ headers, body }: Answer, { id }: Pick<Batch, "id">, afterMs: number | null): Verdict {
  const type = headers["content-type"] ?? "application/json";
  const receipt = /^application\/json *(;|$)/i.test(type) && body !== null ? readReceipt(body) : null;
  if (receipt === null) return { is: "none", stray: "receipt-malformed", afterMs };
  return receipt.batch === id
    ? { is: "receipt", receipt }
    : { is: "none", stray: "receipt-unknown", afterMs };
}

function notNow({ id }: Pick<Batch, "id">, afterMs: number): Receipt {
  return { batch: id, taken: 0, rejected: [], next: null, at: null, retryAfterMs: afterMs };
}

const redirected: Row = [
  "shut",
  "redirected",
  "later",
  "the platform points to another address, which is not followed: ask for the right one and put it into url",
];

function rowOf(status: number): Row {
  const known = rows[status];
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return redirected;
  if (status >= 500)
    return ["refused", "failing", "later", `the platform has a fault of its own (HTTP ${status})`];
  if (status >= 400) return ["refused", "refused", "later", `the platform refuses with HTTP ${status}`];
  return ["refused", "answer", "later", `the platform answers with HTTP ${status}, which says nothing here`];
}

function faultOf([, code, retry, detail]: Row): UplinkError {
  return new UplinkError(code, retry, detail);
}
