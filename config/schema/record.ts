/**
 * The record: the one kind of thing a school says about itself, as the platform sees it
 * after joining a batch's header, its series dictionary and a row.
 */
import { z } from "zod";
import { recordKinds, valueSchema } from "./vocabulary.ts";

/** 10 digits, GB institution code; it has no check digit. */
export const schoolIdPattern = /^\d{10}$/;
export const gatewayIdPattern = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** 80 random bits in lower-case hex: one opening of the journal (R2). */
export const epochPattern = /^[0-9a-f]{20}$/;

export const recordSchema = z
  .strictObject({
    school: z.string().regex(schoolIdPattern),
    gateway: z.string().regex(gatewayIdPattern),
    epoch: z
      .string()
      .regex(epochPattern)
      .describe("One opening of the journal; with seq the idempotency key"),
    seq: z.int().min(1).describe("Starts at 1 in each epoch and has no holes"),
    device: z.string().max(64),
    point: z.string().max(64),
    space: z.string().max(64),
    kind: z.enum(recordKinds),
    value: valueSchema,
    unit: z.string().max(16).optional().describe("UCUM, for numbers"),
    quality: z.int().min(0).max(255).describe("0-15 good, 16-31 uncertain, 32-63 bad, +128 simulated"),
    time: z
      .number()
      .nullable()
      .describe("ms UTC: device time when trustworthy, else received; null until known"),
    received: z.number().nullable().describe("ms UTC; null until the gateway's clock is known"),
    timeQuality: z.int().min(0).max(3).describe("0 synced, 1 holdover, 2 not yet known, 3 corrected later"),
    level: z.int().min(1).max(4),
  })
  .describe("One record of a school");
export type SchoolRecord = z.infer<typeof recordSchema>;
