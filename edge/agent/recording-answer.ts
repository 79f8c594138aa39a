/** What the agent is asked about recordings through the local door, and what it answers. */
import { z } from "zod";
import { maxRecordingMs, recordingEnds, recordingStartSchema } from "../../config/schema/recording.ts";

const id = z.string().min(1).max(64);
const count = z.int().min(0);

export const recordingAskSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("start"), link: id, forMs: z.int().min(1000).max(maxRecordingMs) }),
  z.strictObject({ do: z.literal("take"), id }),
  z.strictObject({ do: z.literal("stop"), id }),
]);
export type RecordingAsk = z.infer<typeof recordingAskSchema>;

export const recordingStartedSchema = z.strictObject({ v: z.literal(1), id, start: recordingStartSchema });

export const recordingTakenSchema = z.strictObject({
  v: z.literal(1),
  /** Since they were taken before; each is a line of the file. */
  entries: z.array(z.string()),
  dropped: count,
  ms: count,
  /** null: it goes on. */
  ended: z.enum(recordingEnds).nullable(),
});
export type RecordingTaken = z.infer<typeof recordingTakenSchema>;

const refusalCodes = ["bad-request", "no-link", "busy", "cannot", "gone"] as const;
export const recordingRefusalSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(refusalCodes),
    /** Those that there are. */
    links: z.array(z.string()),
    /** busy: the one that is recorded, and how long it still is, ms. */
    link: z.string().optional(),
    leftMs: count.optional(),
    /** cannot: the kind of the link. */
    kind: z.string().optional(),
  }),
});
export type RecordingRefusal = (typeof refusalCodes)[number];
