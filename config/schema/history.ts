/**
 * What the local history has of one device, as the local door gives it. One JSON object, for programs and the
 * command line: values are exact and in their own unit.
 *
 * Never holds a value above the data level of who asks.
 */
import { z } from "zod";
import { valueSchema } from "./vocabulary.ts";

/** The local history's name among the uplinks: no configured one may have it. */
export const historyId = "history";

/** Most values of one answer. */
export const maxHistoryValues = 10_000;

const id = z.string().min(1).max(64);
const count = z.int().min(0);
const moment = z.number().nullable();

export const historyValueSchema = z.strictObject({
  point: id,
  time: moment.describe("ms UTC by the device, else of its arrival; null: the clock was not known"),
  received: moment.describe("ms UTC of its arrival; null: the clock was not known"),
  timeQuality: z.int().min(0).max(3).describe("0 synced, 1 holdover, 2 not known, 3 corrected later"),
  value: valueSchema,
  quality: z.int().min(0).max(255).describe("0-15 good, 16-31 uncertain, 32-63 bad, +128 simulated"),
  unit: z.string().max(16).optional().describe("UCUM unit, present for numbers"),
});

export const historySchema = z
  .strictObject({
    v: z.literal(1),
    device: id,
    values: z.array(historyValueSchema).max(maxHistoryValues).describe("Newest first"),
    more: z.boolean().describe("There are older ones: ask again with `to` = time of the last"),
    undated: count.describe("Values of unknown time that bounds left out"),
    damaged: count.describe("Pieces that cannot be read any more"),
    points: z.array(id).describe("What is here of the device; empty: nothing"),
    devices: z.array(id).optional().describe("Devices that are here, when nothing of this one is"),
  })
  .describe("Values of one device from the local history");

export const noHistorySchema = z.strictObject({ error: z.strictObject({ code: z.string().max(64) }) });

export type HistoryValues = z.infer<typeof historySchema>;
export type HistoryPoint = z.infer<typeof historyValueSchema>;
