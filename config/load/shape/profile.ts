/**
 * What every profile may say, whatever its driver; the rest of an entry belongs to the driver's kind.
 */
import { z } from "zod";
import { decimal, flag, integer, text } from "../../schema/scalar.ts";
import { recordKinds } from "../../schema/vocabulary.ts";
import { freeText, idText } from "./identifier.ts";
import { period, span, within } from "./measure.ts";
import { pointSettingsShape } from "./school.ts";

const anything = z.unknown();

export const profileShape = z
  .strictObject({
    profile: idText.optional().describe("Id of the device model"),
    text: z
      .strictObject({ zh: text(120), en: text(120) })
      .optional()
      .describe("Name in both languages"),
    proof: z
      .enum(["simulated", "bench", "field"])
      .optional()
      .describe("How far it is proven: bytes made up, a capture is attached, seen in a school"),
    driver: z.string().optional().describe("Driver that speaks to it"),
    period: period.optional().describe("How often its points are asked or expected"),
    points: z.record(z.string(), anything).optional().describe("Its points by their catalogue id"),
    actions: z.record(z.string(), anything).optional().describe("What it can be told to do"),
    options: z.record(z.string(), anything).optional().describe("What a device must or may say under with"),
    vectors: z.array(anything).optional().describe("Test vectors: bytes and what they mean"),
    products: z
      .union([z.string(), z.array(z.string()).max(100)])
      .optional()
      .describe("Products that it fits"),
    note: freeText.optional(),
  })
  .describe("A device model");

export const profilePointShape = pointSettingsShape
  .extend({
    scale: decimal().default(1).describe("value = raw × scale + offset"),
    offset: decimal().default(0),
    unit: z.string().max(16).optional().describe("UCUM unit after scaling; must be the catalogue's"),
    range: span.optional().describe("What the device can measure, such as 0..5000"),
    sentinels: z
      .union([z.string(), z.array(z.string()).max(64)])
      .default([])
      .describe("Raw values that mean: no value"),
    enum: z.record(z.string(), text(256)).optional().describe("Raw value: value"),
    warmUp: within(0, 86_400_000).default(0).describe("Inaccurate for so long after the device came up"),
    optional: flag
      .default(false)
      .describe("Not every unit of this model has it: only missed after it was heard once"),
    level: integer(1, 4).optional().describe("Data level, where higher than the catalogue's"),
    kind: z.enum(recordKinds).optional().describe("Kind of record, where other than the catalogue's"),
    note: freeText.optional(),
  })
  .describe("One point of a device model");
export type ProfilePoint = z.output<typeof profilePointShape>;
