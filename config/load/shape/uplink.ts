/**
 * What every uplink may say, whatever its protocol; the rest of an entry belongs to the kind.
 */
import { z } from "zod";
import { complain, text } from "../../schema/scalar.ts";
import { recordKinds } from "../../schema/vocabulary.ts";
import { freeText, reference } from "./identifier.ts";

const level = z.string().transform((raw, context) => {
  if (/^[1-4]$/.test(raw)) return Number(raw);
  return complain(context, {
    what: { zh: `“${raw}” 不是数据级别`, en: `"${raw}" is not a data level` },
    fix: {
      zh: "1 公开、2 内部、3 敏感、4 个人；写 [1, 2] 这样的列表",
      en: "1 public, 2 internal, 3 sensitive, 4 personal; write a list such as [1, 2]",
    },
  });
});

const sendShape = z.strictObject({
  levels: z.array(level).min(1).max(4).default([1, 2]).describe("Data levels that leave; default 1 and 2"),
  kinds: z.array(z.enum(recordKinds)).min(1).max(6).optional().describe("Kinds of record; absent: all"),
  points: z.array(z.string()).min(1).max(1000).optional().describe("Points; absent: all"),
  spaces: z.array(reference).min(1).max(1000).optional().describe("Rooms; absent: all"),
});

export type Send = z.output<typeof sendShape>;

export const uplinkShape = z
  .strictObject({
    kind: z.string().optional().describe("Protocol of the uplink"),
    confirm: z
      .enum(["receipt", "broker"])
      .default("receipt")
      .describe("What counts as delivered: the platform's receipt, or a broker's acknowledgement"),
    accepts: z
      .enum(["real", "simulated", "any"])
      .default("real")
      .describe("Whether simulated data may go there"),
    send: sendShape.default({ levels: [1, 2] }).describe("What leaves; absent: levels 1 and 2 of everything"),
    start: z
      .enum(["now", "oldest"])
      .default("oldest")
      .describe("A new uplink begins with what is kept, or with what comes"),
    backlog: z
      .strictObject({
        rate: text(40).optional().describe("Most that old records may take of the line, such as 256kbit/s"),
        window: text(40).optional().describe("When old records are sent, such as 18:00-07:00"),
      })
      .optional(),
    window: text(40).optional().describe("When the uplink may be used"),
    note: freeText.optional(),
  })
  .describe("One destination of the records");
