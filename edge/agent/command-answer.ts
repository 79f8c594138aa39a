/** What the agent is asked about commands through the local door, and what it answers. */
import { z } from "zod";
import { commandAnswerSchema, requestId } from "../../config/schema/command.ts";

const id = z.string().min(1).max(64);
const value = z.union([z.number(), z.boolean(), z.string().max(256), z.null()]);

export const commandAskSchema = z.discriminatedUnion("do", [
  z.strictObject({
    do: z.literal("send"),
    req: requestId,
    device: id,
    action: id,
    args: z.record(z.string().max(32), value),
    by: z.string().min(1).max(64),
    why: z.string().max(200),
    duringLesson: z.boolean(),
  }),
  z.strictObject({ do: z.literal("look"), req: requestId }),
  z.strictObject({ do: z.literal("list"), device: id }),
]);
export type CommandAsk = z.infer<typeof commandAskSchema>;

export const commandAnsweredSchema = z.strictObject({ v: z.literal(1), answer: commandAnswerSchema });

const text = z.strictObject({ zh: z.string(), en: z.string() });

export const commandListSchema = z.strictObject({
  v: z.literal(1),
  actions: z.array(
    z.strictObject({
      id,
      text: text.nullable(),
      args: z.array(z.strictObject({ name: z.string(), text: text.nullable(), allowed: text })),
      /** It is known afterwards whether it was done. */
      confirmed: z.boolean(),
      withinMs: z.number(),
    }),
  ),
});
export type CommandList = z.infer<typeof commandListSchema>;

export const commandRefusalSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(["bad-request", "no-device", "no-request"]),
    devices: z.array(z.string()),
  }),
});
