/**
 * The receipt: a platform's answer to one batch (R9).
 * taken (stored now or before) + rejected = rows; otherwise it is none.
 */
import { z } from "zod";

/** Reject code for a key that the platform holds with another value. */
export const conflictCode = "conflict";

export const rejectSchema = z.strictObject({
  seq: z.int().min(1),
  code: z.string().min(1).max(64).describe("Machine-readable; `conflict` = same key, other value"),
  reason: z.string().max(256).optional(),
});

/** What others wrote, as it may stand in a line of text: control characters and the like become `?`. */
export const plainLine = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");

export const plainRejects = (rejected: readonly Reject[]): Reject[] =>
  rejected.map(({ seq, code, reason }) => ({
    seq,
    code: plainLine(code),
    ...(reason === undefined ? {} : { reason: plainLine(reason) }),
  }));

export const receiptSchema = z
  .strictObject({
    v: z.literal(1),
    batch: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe("Hex SHA-256 over the uncompressed body of the batch"),
    taken: z.int().min(0).describe("Rows stored now or before"),
    rejected: z.array(rejectSchema).max(1000),
    next: z.int().min(1).nullable().describe("First seq of this epoch that the platform still misses"),
    at: z.number().nullable().describe("The platform's wall ms"),
    retryAfterMs: z.int().min(0).max(86_400_000).optional().describe("Send nothing more for so long"),
    tooLarge: z.boolean().optional().describe("The batch was refused whole for its size: send smaller ones"),
  })
  .describe("A platform's answer to one batch");
export type ReceiptBody = z.infer<typeof receiptSchema>;
export type Reject = z.infer<typeof rejectSchema>;
