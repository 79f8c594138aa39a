/**
 * A command to a device as it travels, and its answer. Published as JSON Schema.
 */
import { z } from "zod";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);
const value = z.union([z.number(), z.boolean(), z.string().max(256), z.null()]);

/** Longest life of a command, ms. */
export const maxCommandLifeMs = 300_000;

export const requestId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$/);

export const commandSchema = z.strictObject({
  v: z.literal(1),
  school: z.string().regex(/^\d{10}$/),
  gateway: id,
  /** Chosen by who asks, once for each thing that is to be done: a repeat of it gets the same answer. */
  req: requestId,
  device: id,
  action: id,
  /** By the names of the action's arguments, in the units of the catalogue. */
  args: z.record(z.string().max(32), value).refine((args) => Object.keys(args).length <= 16),
  /** Wall ms UTC. */
  issued: z.int(),
  /** At most five minutes after `issued`. */
  expires: z.int(),
  /** Who asks, for the audit alone. */
  by: z.string().min(1).max(64),
  why: z.string().max(200),
});
export type Command = z.infer<typeof commandSchema>;

/** Signed: Ed25519 over the exact bytes of `body`, which is the JSON of a command. */
export const remoteCommandSchema = z.strictObject({
  body: z.string().max(8192),
  /** Id of the key in the configuration. */
  key: z.string().min(1).max(64),
  /** Base64. */
  sig: z.string().max(128),
});

export const commandStates = ["accepted", "done", "failed", "expired", "unknown"] as const;
export type CommandState = (typeof commandStates)[number];

/** Why it was not done, or why nobody knows. */
export const commandCodes = [
  "malformed",
  "not-ours",
  "retained",
  "no-key",
  "signature",
  "forbidden",
  "clock",
  "expired",
  "no-device",
  "no-action",
  "bad-argument",
  "interlock",
  "too-often",
  "busy",
  "offline",
  "store-down",
  "refused",
  "no-answer",
  "mismatch",
  "unverified",
  "interrupted",
] as const;
export type CommandCode = (typeof commandCodes)[number];

export const commandAnswerSchema = z.strictObject({
  v: z.literal(1),
  school: z.string(),
  gateway: z.string(),
  /** null: it was so malformed that nobody can say which it was. */
  req: z.string().nullable(),
  state: z.enum(commandStates),
  code: z.enum(commandCodes).nullable(),
  /** For people; absent: the code says it all. */
  detail: z.strictObject({ zh: z.string().max(1000), en: z.string().max(1000) }).optional(),
  /** What was read back, by point. */
  readBack: z.record(z.string(), value),
  /** Wall ms UTC; null while the clock is not known. */
  at: z.number().nullable(),
});
export type CommandAnswer = z.infer<typeof commandAnswerSchema>;
