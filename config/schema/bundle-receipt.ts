/**
 * What a platform says of bundles that were carried to it (R14): a text that it signed, so that nobody on the way can
 * say in its name that records have arrived.
 */
import { z } from "zod";
import { filterPattern } from "./bundle.ts";
import { rejectSchema } from "./receipt.ts";
import { epochPattern, gatewayIdPattern, schoolIdPattern } from "./record.ts";

export const bundleReceiptBodySchema = z
  .strictObject({
    v: z.literal(1),
    school: z.string().regex(schoolIdPattern),
    gateway: z.string().regex(gatewayIdPattern),
    uplink: z.string().max(64).describe("Uplink that the header of the bundle named"),
    filter: z.string().regex(filterPattern).describe("As the header of the bundle has it"),
    at: z.number().describe("The platform's wall ms"),
    epochs: z
      .array(
        z.strictObject({
          epoch: z.string().regex(epochPattern),
          first: z.int().min(1).describe("First seq of the claims in the bundle"),
          last: z.int().min(1).describe("Last seq of them; every seq between was claimed"),
          rejected: z.array(rejectSchema).max(100_000),
        }),
      )
      .max(10_000),
  })
  .describe("What of a bundle the platform has, by epoch");
export type BundleReceiptBody = z.infer<typeof bundleReceiptBodySchema>;

export const bundleReceiptSchema = z
  .strictObject({
    v: z.literal(1),
    body: z.string().max(1_000_000).describe("The receipt as JSON text; these very bytes are signed"),
    sig: z.string().max(128).describe("Ed25519 signature over the bytes of body, base64"),
  })
  .describe("A platform's signed answer to a bundle");
