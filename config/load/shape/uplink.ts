/**
 * What every uplink may say, whatever its protocol; the rest of an entry belongs to the kind.
 */
import { z } from "zod";
import { complain, flag, matching } from "../../schema/scalar.ts";
import { recordKinds } from "../../schema/vocabulary.ts";
import { backlogRate } from "./backlog-rate.ts";
import { contactWindow } from "./contact-window.ts";
import { freeText, idText, reference } from "./identifier.ts";

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

/** SubjectPublicKeyInfo of Ed25519 begins with these bytes (RFC 8410, 4). */
const ed25519 = "302a300506032b6570032100";

const publicKey = z.string().transform((raw, context) => {
  const bytes = Buffer.from(raw, "base64");
  if (bytes.length === 44 && bytes.toString("hex").startsWith(ed25519) && bytes.toString("base64") === raw)
    return raw;
  return complain(context, {
    what: { zh: "这不是 Ed25519 公钥", en: "this is no Ed25519 public key" },
    fix: {
      zh: "向平台要公钥文件（PEM），把 BEGIN 和 END 之间的那一行写在这里，以 MCowBQYDK2VwAyEA 开头",
      en: "ask the platform for its public key (PEM) and write the line between BEGIN and END here; it begins with MCowBQYDK2VwAyEA",
    },
  });
});

/** Which action, or of which devices which action; `*` stands for any part of a name. */
const permitted = matching(/^(?:[a-z0-9*][a-z0-9*-]{0,63}\/)?[a-z0-9*][a-z0-9*-]{0,63}$/, {
  zh: "动作名，或 设备/动作；* 代表任意一段，例如 power-off 或 301-*/power-*",
  en: "an action, or device/action; * stands for any part, such as power-off or 301-*/power-*",
});

const commandKeyShape = z
  .strictObject({
    key: publicKey.describe("Its public key: Ed25519, base64 of its PEM's middle line"),
    actions: z.array(permitted).min(1).max(100).describe("What it may ask for"),
    duringLesson: flag.optional().describe("true: also what is not to be done during a lesson"),
  })
  .describe("Who may have devices do something from afar");

const commandsShape = z.record(idText, commandKeyShape);
export type Commands = z.output<typeof commandsShape>;

const sendShape = z.strictObject({
  levels: z.array(level).min(1).max(4).default([1, 2]).describe("Data levels that leave; default 1 and 2"),
  kinds: z.array(z.enum(recordKinds)).min(1).max(6).optional().describe("Kinds of record; absent: all"),
  points: z.array(z.string()).min(1).max(1000).optional().describe("Points; absent: all"),
  spaces: z.array(reference).min(1).max(1000).optional().describe("Rooms; absent: all"),
});

export type Send = z.output<typeof sendShape>;

const backlogShape = z.strictObject({
  rate: backlogRate
    .optional()
    .describe("Most that old records may take, such as 256kbit/s or 1500 records/s; default 1500 records/s"),
  window: contactWindow
    .optional()
    .describe("When old records are sent, in the school's time, such as 18:00-07:00; absent: at any time"),
});

export type Backlog = z.output<typeof backlogShape>;

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
    backlog: backlogShape
      .optional()
      .describe("How records from before a break are sent; live data and alarms do not wait for them"),
    window: contactWindow
      .optional()
      .describe(
        "When the uplink may be used, in the school's time, such as 18:00-07:00; alarms go at any time",
      ),
    carryKey: publicKey
      .optional()
      .describe(
        "The platform's key for receipts of records that were carried by hand: Ed25519, base64 of its PEM's middle line",
      ),
    commands: commandsShape
      .optional()
      .describe("Keys whose commands are done, each by its name; absent: none is"),
    note: freeText.optional(),
  })
  .describe("One destination of the records");
