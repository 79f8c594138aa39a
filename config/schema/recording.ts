/**
 * A recording: what one link said for a while, as a text file. JSON lines, since a line is one event that a person can
 * read, a test can diff and a search can find, and a file that was cut off is still good up to its last line.
 * First the header, then the entries in the order of time.
 *
 * Never holds: a host, a path of a port, a secret, a client id, or what the driver's scrubber has not let through.
 */
import { z } from "zod";

export const maxRecordingBytes = 2_000_000;
export const maxRecordingMs = 600_000;

const count = z.int().min(0);
/** ms since the recording began, to a tenth. */
const ms = z.number().min(0).describe("ms since the recording began");
const hex = z.string().regex(/^(?:[0-9A-F]{2}(?: [0-9A-F]{2})*)?$/);
/** How long, and which classes of characters: `a4 .1 94`. */
const shape = z.string().max(400);

export const lineEntrySchema = z
  .strictObject({
    ms,
    line: count.describe("Which of the link's lines, counted from 1 as they were first heard"),
    way: z.enum(["tx", "rx"]).describe("tx: asked by the gateway; rx: came from the line"),
    bytes: hex,
    cut: count.optional().describe("So many bytes that followed are left out"),
  })
  .describe("Bytes of a line");
export type LineEntry = z.infer<typeof lineEntrySchema>;

export const messageEntrySchema = z
  .strictObject({
    ms,
    connection: count.describe("Who said it, counted from 1 as they were first heard"),
    topic: z.string().max(512).optional().describe("Absent: no topic of a known device"),
    topicShape: shape.optional(),
    qos: z.int().min(0).max(2),
    retain: z.boolean(),
    dup: z.boolean(),
    will: z.literal(true).optional().describe("Its last words: the connection broke off"),
    payload: z.string().optional().describe("Absent: it cannot be understood"),
    payloadShape: shape.optional(),
    bytes: count.describe("Length of the payload as it came"),
  })
  .describe("A message of MQTT");
export type MessageEntry = z.infer<typeof messageEntrySchema>;

export const recordingEntrySchema = z.union([lineEntrySchema, messageEntrySchema]);
export type RecordingEntry = LineEntry | MessageEntry;

const plain = z.union([z.string().max(64), z.number(), z.boolean()]);

export const recordingStartSchema = z.strictObject({
  recording: z.literal(1).describe("Version of this format"),
  program: z.string().max(32),
  link: z.record(z.string().max(32), plain).describe("Kind of the link and its settings, without addresses"),
  devices: z
    .array(z.record(z.string().max(32), plain))
    .max(10_000)
    .describe("Its devices: profile, and how they are known in this recording"),
  began: z.iso.datetime().nullable().describe("By the gateway's clock; null: it had no time"),
});
export type RecordingStart = z.infer<typeof recordingStartSchema>;

export const recordingEnds = ["time", "full", "asked", "lost"] as const;

export const recordingHeaderSchema = recordingStartSchema
  .extend({
    ms: count.describe("How long it went on"),
    ended: z
      .enum(recordingEnds)
      .describe(
        "time: as long as was asked for; full: no more room; asked: stopped by hand; lost: the gateway went",
      ),
    entries: count,
    dropped: count.describe("Events that came too fast, or for which there was no room"),
  })
  .describe("First line of a recording");
export type RecordingHeader = z.infer<typeof recordingHeaderSchema>;

export interface Recording {
  header: RecordingHeader;
  entries: readonly RecordingEntry[];
}

/** `01 03 00 0A`. */
export const printBytes = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");

/** The bytes of an entry. */
export const bytesOf = ({ bytes }: LineEntry): Uint8Array =>
  Uint8Array.from(bytes === "" ? [] : bytes.split(" "), (pair) => Number.parseInt(pair, 16));

/** Reads a recording. @throws Error naming the line that is none of this version */
export function readRecording(text: string): Recording {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const read = <T>(schema: z.ZodType<T>, line: string, at: number): T => {
    let raw: unknown;
    try {
      raw = JSON.parse(line);
    } catch {
      throw new Error(`line ${at + 1} of the recording is no JSON: was the file cut off or edited?`);
    }
    const found = schema.safeParse(raw);
    if (found.success) return found.data;
    throw new Error(
      `line ${at + 1} is no part of a recording of version 1: ${found.error.issues[0]?.message}`,
    );
  };
  const [first, ...rest] = lines;
  if (first === undefined) throw new Error("the recording is empty");
  return {
    header: read(recordingHeaderSchema, first, 0),
    entries: rest.map((line, at) => read<RecordingEntry>(recordingEntrySchema, line, at + 1)),
  };
}
