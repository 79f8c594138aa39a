/**
 * The last value of every point, as page and command line show it. One JSON object, for people: values are
 * rounded and in the unit of the display; what must be exact is in the records.
 *
 * Never holds a value above the data level of who asks, nor one that is never kept (level 9).
 */
import { z } from "zod";
import { valueSchema } from "./vocabulary.ts";

const id = z.string().min(1).max(64);

export const lastValueSchema = z
  .strictObject({
    device: id,
    point: id,
    value: valueSchema,
    unit: z.string().max(16).optional().describe("As people see it, such as ℃; absent without one"),
    quality: z.int().min(0).max(255).describe("0-15 good, 16-31 uncertain, 32-63 bad, +128 simulated"),
    time: z.number().nullable().describe("ms UTC of the reading; null while the clock was not known"),
    ageMs: z.number().min(0).describe("Since it arrived, or since the device took it where that is known"),
    level: z.int().min(1).max(4).describe("Data level"),
  })
  .describe("What one point said last, whether it was stored or not");

export const valuesSchema = z
  .strictObject({
    v: z.literal(1),
    at: z.number().describe("When this was asked, ms UTC by the gateway's clock"),
    values: z.array(lastValueSchema),
  })
  .describe("The last value of every point that was heard since the start");

export type LastValue = z.infer<typeof lastValueSchema>;
export type Values = z.infer<typeof valuesSchema>;
