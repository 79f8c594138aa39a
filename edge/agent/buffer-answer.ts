/** What the agent is asked about its store through the local door, and what it answers. */
import { z } from "zod";
import { seriesSchema } from "../../config/schema/vocabulary.ts";

const uplink = z.string().min(1).max(64);
const count = z.int().min(0);
const after = z.strictObject({ epoch: z.string().max(64), seq: count });

export const bufferAskSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("look") }),
  z.strictObject({ do: z.literal("list"), uplink }),
  z.strictObject({ do: z.literal("retry"), uplink, code: z.string().max(64).optional() }),
  z.strictObject({ do: z.literal("carry"), uplink, filter: z.string().max(64), after: after.nullable() }),
  z.strictObject({ do: z.literal("carried"), receipt: z.string().max(1_000_000) }),
]);
export type BufferAsk = z.infer<typeof bufferAskSchema>;

const fates = { delivered: count, withheld: count, quarantined: count, lost: count, waiting: count };

export const bufferLookSchema = z.strictObject({
  v: z.literal(1),
  school: z.string(),
  gateway: z.string(),
  /** Wall ms of the gateway; null while its clock is unknown. */
  at: z.number().nullable(),
  uplinks: z.array(
    z.strictObject({
      id: uplink,
      ...fates,
      /** Has a key by which receipts of carried bundles are known. */
      carries: z.boolean(),
      filter: z.string(),
      codes: z.array(z.strictObject({ code: z.string(), count })),
    }),
  ),
});

export const bufferListSchema = z.strictObject({
  v: z.literal(1),
  codes: z.array(z.strictObject({ code: z.string(), count })),
  rows: z.array(
    z.strictObject({
      epoch: z.string(),
      seq: count,
      code: z.string(),
      series: seriesSchema.nullable(),
      /** Wall ms when it was received; null while unknown. */
      at: z.number().nullable(),
      value: z.union([z.number(), z.boolean(), z.string(), z.null()]),
    }),
  ),
});

export const bufferRetrySchema = z.strictObject({ v: z.literal(1), rows: count });

export const bufferCarrySchema = z.strictObject({
  v: z.literal(1),
  /** The batch as it would have travelled; null: that was all. */
  batch: z.string().nullable(),
  records: count,
  /** Where the next piece begins. */
  after: after.nullable(),
});

export const bufferCarriedSchema = z.strictObject({
  v: z.literal(1),
  uplink,
  /** Seqs that were settled by it. */
  settled: count,
  rejected: count,
  /** Epochs of it that did not fit what is next: known already, or earlier pieces are missing. */
  skipped: count,
});

const refusalCodes = [
  "bad-request",
  "no-uplink",
  "no-key",
  "not-ours",
  "signature",
  "other-filter",
  "store-down",
] as const;
export const bufferRefusalSchema = z.strictObject({
  error: z.strictObject({ code: z.enum(refusalCodes), uplinks: z.array(z.string()) }),
});
export type BufferRefusal = (typeof refusalCodes)[number];
