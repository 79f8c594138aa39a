/**
 * A bundle: records carried by hand (R14). A gzip file of lines: a header, one batch a line as it would have travelled,
 * and an end that says how many there were. A file without its end was cut short; its whole batches are good all the same.
 */
import { z } from "zod";
import { gatewayIdPattern, schoolIdPattern } from "./record.ts";

/** Digest of a filter: a receipt tells by it what was not in the bundle. */
export const filterPattern = /^[0-9a-f]{16}$/;

export const bundleHeaderSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("campus-edge-bundle"),
  school: z.string().regex(schoolIdPattern),
  gateway: z.string().regex(gatewayIdPattern),
  uplink: z.string().max(64),
  /** What the uplink takes, by a name; the platform's receipt repeats it. */
  filter: z.string().regex(filterPattern),
  /** Wall ms of the gateway; null while its clock is unknown. */
  at: z.number().nullable(),
});
export type BundleHeader = z.infer<typeof bundleHeaderSchema>;

export const bundleEndSchema = z.strictObject({
  v: z.literal(1),
  end: z.literal(true),
  batches: z.int().min(0),
  records: z.int().min(0),
});

export const headerLine = (header: Omit<BundleHeader, "v" | "kind">): string =>
  `${JSON.stringify({ v: 1, kind: "campus-edge-bundle", ...header })}\n`;

export const endLine = (batches: number, records: number): string =>
  `${JSON.stringify({ v: 1, end: true, batches, records })}\n`;
