/** Receipts as they come from outside, and the one that an uplink gives itself. */
import { plainRejects, receiptSchema } from "../../config/schema/receipt.ts";
import type { Batch, Receipt } from "../contract/index.ts";

/** The receipt in these bytes, or null when they are none. Never throws. */
export function readReceipt(bytes: Uint8Array): Receipt | null {
  const parsed = receiptSchema.safeParse(json(bytes));
  if (!parsed.success) return null;
  const { v: _, ...receipt } = parsed.data;
  return { ...receipt, rejected: plainRejects(receipt.rejected) };
}

/** Nothing was taken, for the size of the batch: the sender halves. */
export function tooLarge({ id }: Pick<Batch, "id">): Receipt {
  return { batch: id, taken: 0, rejected: [], next: null, at: null, tooLarge: true };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
