/**
 * The fields that MQTT adds to a profile: how a device model speaks. Where its points are: source-fields.ts. Pure.
 */
import { z } from "zod";
import { type Complaint, complain, flag, text } from "../../config/schema/scalar.ts";
import { exactTopic, listOf, path, senmlName, topic, words, zone } from "./scalars.ts";

export * from "./source-fields.ts";

const timeSchema = z
  .strictObject({
    path,
    format: z
      .enum(["unix-ms", "unix-s", "iso", "local"])
      .describe("unix-ms, unix-s: since 1970; iso: with offset; local: date and time of the zone"),
    zone: zone.optional(),
  })
  .superRefine((time, context) => {
    if (time.format !== "local" || time.zone !== undefined) return;
    complain(context, {
      what: { zh: "本地时间缺少时区", en: "local time needs its zone" },
      fix: { zh: "加上 zone: Asia/Shanghai", en: "add zone: Asia/Shanghai" },
    });
  })
  .describe("The device's own time");

/** How a device's message is known when it comes again: not at all, by its own counter, or by time and digest. */
export type Identity =
  | { by: "none" }
  | { by: "sequence"; epoch: readonly string[]; seq: readonly string[] }
  | { by: "time-and-digest" };

const identitySchema = z
  .preprocess(
    (raw) => (raw === "none" ? { by: "none" } : raw),
    z.strictObject({
      by: z.enum(["none", "time-and-digest"]).optional().describe("none, or device time with a digest"),
      epoch: path.optional().describe("Where the number of its restart lies"),
      seq: path.optional().describe("Where its message counter lies"),
    }),
  )
  .transform(({ by, epoch, seq }, context): Identity => {
    if (by === undefined && epoch !== undefined && seq !== undefined) return { by: "sequence", epoch, seq };
    if (by !== undefined && epoch === undefined && seq === undefined) return { by };
    return complain(context, {
      what: { zh: "消息身份写法不对", en: "the identity is not usable" },
      fix: {
        zh: "写 none，或 { epoch: …, seq: … }，或 { by: time-and-digest }",
        en: "write none, or { epoch: …, seq: … }, or { by: time-and-digest }",
      },
    });
  })
  .describe("How a message is recognised when the device sends it again");

const availabilitySchema = z
  .strictObject({
    topic: exactTopic.describe("Topic on which it, or its bridge for it, says whether it is there"),
    path: path.optional(),
    online: text(64).default("online").describe("Word for: it is there"),
    offline: text(64).default("offline").describe("Word for: it is gone"),
  })
  .superRefine(({ online, offline }, context) => {
    if (online !== offline) return;
    complain(context, {
      what: { zh: "online 和 offline 写成了同一个词", en: "online and offline are the same word" },
      fix: { zh: "写设备真正发的两个词", en: "write the two words that the device sends" },
    });
  })
  .describe("Birth and last will: how it is said that the device came or went");

const serialSchema = z
  .strictObject({
    path: path.optional(),
    name: senmlName.optional(),
    base: flag.default(false).describe("SenML: it is the last part of the base name, as in urn:dev:mac:…:"),
  })
  .superRefine(({ path, name, base }, context) => {
    if ([path !== undefined, name !== undefined, base].filter(Boolean).length === 1) return;
    complain(context, {
      what: { zh: "序列号的位置要写一处", en: "the serial number is to be found in one place" },
      fix: {
        zh: "JSON 写 path: …；SenML 写 name: … 或 base: true",
        en: "write path: … for JSON; name: … or base: true for SenML",
      },
    });
  })
  .describe("Where the device shows its serial number, for expect");

export const defaultTopic = "ce/v1/{device}/up/prop";

export const profileSchema = z
  .strictObject({
    topic: listOf(topic)
      .default([defaultTopic])
      .describe("Topics on which the device speaks; {device}, {friendly} and {name} are filled in"),
    unread: listOf(topic)
      .default([])
      .describe("Topics on which it says more, which nobody reads; several devices may say something there"),
    payload: z
      .enum(["json", "senml", "plain"])
      .default("json")
      .describe("How its messages are written: json; senml (RFC 8428, in JSON); plain: a topic is a value"),
    time: timeSchema.optional(),
    identity: identitySchema.default({ by: "none" }),
    buffered: flag
      .default(false)
      .describe("The device keeps readings while it is offline: its time may be up to 30 days old"),
    sparse: flag.default(false).describe("Its messages may hold none of its points: that is no fault"),
    unsaid: words
      .default([])
      .describe(
        "Values that say nothing of a point, as if it were not there, such as null; others: sentinels",
      ),
    ignore: words
      .default([])
      .describe(
        "Members of its JSON messages that nobody looks at, whatever they hold, such as release notes",
      ),
    availability: availabilitySchema.optional(),
    serial: serialSchema.optional(),
  })
  .superRefine((profile, context) => checkPayload(profile, context))
  .superRefine(({ time, identity, payload }, context) => {
    if (identity.by !== "time-and-digest" || time !== undefined || payload === "senml") return;
    complain(context, {
      what: { zh: "按时间识别消息，但没有写 time", en: "identity by time needs the device's time" },
      fix: { zh: "加上 time: { path: …, format: … }", en: "add time: { path: …, format: … }" },
    });
  })
  .describe("How a device model speaks MQTT");

/** What one way of writing messages does not have. */
function checkPayload(
  {
    payload,
    time,
    identity,
    serial,
  }: {
    payload: "json" | "senml" | "plain";
    time?: unknown;
    identity: Identity;
    serial?: { path?: unknown } | undefined;
  },
  context: z.core.$RefinementCtx,
): void {
  const tell = (key: string, zh: string, en: string) =>
    context.addIssue({
      code: "custom",
      message: en,
      path: [key],
      params: {
        complaint: {
          what: {
            zh: `payload: ${payload} 不能有 ${key}：${zh}`,
            en: `payload: ${payload} has no ${key}: ${en}`,
          },
          fix: { zh: `删掉 ${key}`, en: `remove ${key}` },
        } satisfies Complaint,
      },
    });
  if (payload === "senml") {
    if (time !== undefined) tell("time", "SenML 的每条记录自带时间", "SenML says it record by record");
    if (serial?.path !== undefined)
      tell("serial", "SenML 用 name 或 base", "SenML has name or base instead of path");
    return;
  }
  if (payload === "json") {
    if (serial !== undefined && serial.path === undefined)
      tell("serial", "JSON 用 path", "JSON has path instead of name and base");
    return;
  }
  const zh = "整条消息只是一个值";
  const en = "the whole message is one value";
  if (time !== undefined) tell("time", zh, en);
  if (identity.by !== "none") tell("identity", zh, en);
  if (serial !== undefined) tell("serial", zh, en);
}

export type MqttProfile = z.infer<typeof profileSchema>;

/** Nothing is commanded over MQTT: a profile that lists an action is refused here. */
export const actionSchema = z.never();
export type MqttAction = z.infer<typeof actionSchema>;
