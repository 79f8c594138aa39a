/**
 * The batch: what travels from a school to a platform (R8). JSON, one object.
 *
 * A batch with `first` is a claim: every seq of [first, last] is a row or lies in `gaps`;
 * `last` = `first` - 1 claims nothing and only asks for a receipt. A batch without `first`
 * (lanes early and retry) settles nothing but its own rows.
 */
import { z } from "zod";
import { epochPattern, gatewayIdPattern, schoolIdPattern } from "./record.ts";
import { seriesSchema, valueSchema } from "./vocabulary.ts";

export const lanes = ["live", "backlog", "early", "retry"] as const;
export type Lane = (typeof lanes)[number];

/** Why a seq of a claim has no row: withheld by a filter, older than the uplink, lost to quota, corrupt, no longer held. */
export const gapReasons = ["policy", "before", "quota", "corrupt", "gone"] as const;
export type GapReason = (typeof gapReasons)[number];

/** [seq, series, t, value, quality, deviceTime?]; t = ms of monotonic time since the epoch began (R3). */
export const rowSchema = z.union([
  z.tuple([z.int().min(1), z.int().min(0), z.number().min(0), valueSchema, z.int().min(0).max(255)]),
  z.tuple([
    z.int().min(1),
    z.int().min(0),
    z.number().min(0),
    valueSchema,
    z.int().min(0).max(255),
    z.number(),
  ]),
]);
export type Row = z.infer<typeof rowSchema>;

/** Most rows of one batch, and the most bytes of its uncompressed body. */
export const maxBatchRows = 1000;
export const maxBatchBytes = 256 * 1024;

export const batchSchema = z
  .strictObject({
    v: z.literal(1),
    school: z.string().regex(schoolIdPattern),
    gateway: z.string().regex(gatewayIdPattern),
    lane: z.enum(lanes),
    epoch: z.string().regex(epochPattern),
    first: z.int().min(1).optional().describe("First seq of the claim; absent: no claim"),
    last: z.int().min(0).optional().describe("Last seq of the claim; first - 1 claims nothing"),
    head: z.int().min(0).describe("Highest seq of this epoch on the gateway's disk"),
    at: z
      .number()
      .nullable()
      .describe("The gateway's wall ms when the batch was made; null while its clock is unknown"),
    base: z.number().nullable().describe("Wall ms of t = 0 of this epoch; null while unknown"),
    baseQuality: z.int().min(0).max(2).describe("Time quality that base gives to the rows"),
    nonce: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .describe("16 random bytes, so that the batch id cannot be guessed"),
    gaps: z.array(z.tuple([z.int().min(1), z.int().min(1), z.enum(gapReasons)])),
    series: z.record(z.string(), seriesSchema).describe("The series the rows name, by number"),
    rows: z.array(rowSchema).max(maxBatchRows),
  })
  .describe("Rows of one epoch of one school's journal, as sent to a platform");
export type BatchBody = z.infer<typeof batchSchema>;
