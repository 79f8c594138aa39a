/** What is asked of whoever sets a device on a line, and what comes of it: between that and whoever wants to know. */
import { z } from "zod";
import { fitSchema } from "./search.ts";

const word = z.string().min(1).max(64);
const text = z.strictObject({ zh: z.string(), en: z.string() });
/** As a person types it: `12@9600`. */
const place = z.string().max(64);

export const assignAskSchema = z.discriminatedUnion("do", [
  z.strictObject({
    do: z.literal("start"),
    link: word,
    profile: word,
    /** Absent: as the profile's devices are delivered. */
    from: place.optional(),
    to: place,
    /** The place of a device of the files is given to this one. */
    replace: z.boolean(),
    /** Somebody takes its power off and on at the end, to see that it keeps what it was told. */
    power: z.boolean(),
    /** Who asks, for the audit. */
    by: word,
  }),
  z.strictObject({ do: z.literal("take"), id: word }),
  /** What is offered may be written. */
  z.strictObject({ do: z.literal("agree"), id: word }),
  z.strictObject({ do: z.literal("stop"), id: word }),
]);
export type AssignAsk = z.infer<typeof assignAskSchema>;

export const assignStartedSchema = z.strictObject({ v: z.literal(1), id: word });

export const assignStepSchema = z.strictObject({
  /** `offer`: it waits to be told that it may write. `power`, `keep`: somebody has to take the device's power off and on. */
  what: z.enum(["open", "look", "read", "offer", "write", "power", "verify", "keep"]),
  /** Where; null: nowhere. */
  place: place.nullable(),
  /** Until it is given up; null: at once or soon. */
  leftMs: z.number().nullable(),
});
export type AssignStep = z.infer<typeof assignStepSchema>;

export const assignOfferSchema = z.strictObject({
  link: word,
  profile: word,
  from: place,
  to: place,
  /** What is written where, in its order. */
  writes: z.array(text),
  restart: z.boolean(),
  /** What it reads as now. */
  reads: fitSchema,
  /** What should be known before. */
  notes: z.array(text),
});
export type AssignOffer = z.infer<typeof assignOfferSchema>;

const codes = [
  "done",
  "declined",
  "nobody",
  "unclear",
  "taken",
  "other-model",
  "no-audit",
  "refused",
  "unconfirmed",
  "partly",
  "silent",
  "both",
  "interrupted",
  "lost",
  "busy",
  "offline",
] as const;
export type AssignCode = (typeof codes)[number];

export const assignEndSchema = z.strictObject({
  code: z.enum(codes),
  /** Where it was heard last, or who stands in the way; null: nowhere. */
  heard: place.nullable(),
  /** What was sent. */
  written: z.array(text),
  /** Every place where it may be now, or once it had no power. */
  places: z.array(place),
  /** Whether it was seen to keep its new place without power; null: it was not asked for, or never came there. */
  kept: z.boolean().nullable(),
  /** Profiles that read it, where it is none of this one. */
  readsAs: z.array(word),
  /** What the driver said, for people. */
  detail: z.string().nullable(),
  /** The fields of the device, once it is done. */
  fields: z.record(z.string().max(32), z.union([z.string().max(256), z.number(), z.boolean()])),
});
export type AssignEnd = z.infer<typeof assignEndSchema>;

export const assignTakenSchema = z.strictObject({
  v: z.literal(1),
  step: assignStepSchema,
  offer: assignOfferSchema.nullable(),
  /** null: it goes on. */
  end: assignEndSchema.nullable(),
  /** Whether it stands in the audit; null: nothing had to yet. */
  audited: z.boolean().nullable(),
});
export type AssignTaken = z.infer<typeof assignTakenSchema>;

export const assignRefusalSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(["bad-request", "busy", "gone", "mistakes"]),
    /** All that is wrong with what was typed. */
    problems: z.array(z.strictObject({ what: text, fix: text })),
  }),
});
export type AssignRefusal = z.infer<typeof assignRefusalSchema>["error"];
