/**
 * The fields that the MQTT broker adds to the configuration files: link, devices, profiles, points. Pure.
 */
import { isIP } from "node:net";
import { z } from "zod";
import type { DevicePlan } from "../../config/schema/kind.ts";
import {
  type Complaint,
  complain,
  endpoint,
  flag,
  integer,
  matching,
  secret,
} from "../../config/schema/scalar.ts";
import { isForbiddenName } from "./forbidden.ts";
import { parsePath } from "./path.ts";
import { filterFault, isDownlink } from "./topics.ts";

/** A range of addresses that may connect. */
export interface Network {
  address: string;
  prefix: number;
  family: "ipv4" | "ipv6";
}

const network = z.string().transform((raw, context): Network => {
  const [, address = "", digits = ""] = /^([0-9A-Fa-f:.]+)\/(\d{1,3})$/.exec(raw) ?? [];
  const version = isIP(address);
  const prefix = Number(digits);
  if (version === 4 && prefix <= 32) return { address, prefix, family: "ipv4" };
  if (version === 6 && prefix <= 128) return { address, prefix, family: "ipv6" };
  return complain(context, {
    what: { zh: `“${raw}” 不是网段`, en: `"${raw}" is not a network` },
    fix: {
      zh: "写成 192.168.30.0/24 或 fd12:30::/64 这样",
      en: "write it like 192.168.30.0/24 or fd12:30::/64",
    },
  });
});

const topicComplaints: Record<NonNullable<ReturnType<typeof filterFault>>, Complaint["fix"]> = {
  empty: { zh: "主题不能为空，首尾不能是 /", en: "a topic must not be empty nor begin or end with /" },
  long: { zh: "主题最长 256 个字符、16 级", en: "a topic has at most 256 characters and 16 levels" },
  dollar: { zh: "$ 开头的主题由服务器保留", en: "topics that begin with $ are reserved" },
  wildcard: { zh: "+ 独占一级，# 独占最后一级", en: "+ stands alone in a level, # alone in the last" },
  placeholder: { zh: "只认 {device} 和 {friendly}", en: "only {device} and {friendly} are filled in" },
  character: { zh: "主题里不能有空格和控制字符", en: "no spaces or control characters in a topic" },
};

const topic = z
  .string()
  .transform((raw, context) => {
    const fault = filterFault(raw);
    if (fault === null && !isDownlink(raw)) return raw;
    return complain(context, {
      what: { zh: `主题 “${raw}” 不能用`, en: `the topic "${raw}" cannot be used` },
      fix:
        fault === null
          ? { zh: "…/dn/… 只由网关发布", en: "only the gateway publishes …/dn/…" }
          : topicComplaints[fault],
    });
  })
  .describe("MQTT topic; + stands for one level, # for all that follow");

/** One item or a list of them; always a list afterwards, and each issue at its own place in it. */
const listOf = <T>(item: z.ZodType<T, string>) =>
  z.union([z.string(), z.array(z.string()).min(1).max(1000)]).transform((raw, context): T[] =>
    (typeof raw === "string" ? [raw] : raw).flatMap((entry, index) => {
      const read = item.safeParse(entry);
      if (read.success) return [read.data];
      for (const { path: below, ...issue } of read.error.issues) {
        context.addIssue({ ...issue, path: typeof raw === "string" ? below : [index, ...below] });
      }
      return [];
    }),
  );

/** Where a value lies in the JSON payload. */
const path = z
  .string()
  .transform((raw, context): readonly string[] => {
    const segments = parsePath(raw);
    if (segments === null) {
      return complain(context, {
        what: { zh: `“${raw}” 不是路径`, en: `"${raw}" is not a path` },
        fix: {
          zh: '用点分隔，名字里有点时加引号，例如 SDS0X1."PM2.5"',
          en: 'separate names by dots, quote a name that has one, such as SDS0X1."PM2.5"',
        },
      });
    }
    const forbidden = segments.find(isForbiddenName);
    if (forbidden === undefined) return segments;
    return complain(context, {
      what: {
        zh: `“${forbidden}” 属于禁止采集的个人数据（9 级）`,
        en: `"${forbidden}" names personal data that is never taken (level 9)`,
      },
      fix: { zh: "删去这个点", en: "remove this point" },
    });
  })
  .describe("Where the value lies in the JSON payload: names separated by dots, quoted if they contain one");

const zone = z
  .string()
  .transform((raw, context) => {
    try {
      new Intl.DateTimeFormat("en", { timeZone: raw });
      return raw;
    } catch {
      return complain(context, {
        what: { zh: `没有时区 “${raw}”`, en: `there is no time zone "${raw}"` },
        fix: { zh: "例如 Asia/Shanghai", en: "write it like Asia/Shanghai" },
      });
    }
  })
  .describe("Time zone of the device's clock, such as Asia/Shanghai");

export const linkSchema = z
  .strictObject({
    listen: endpoint.describe("Address and port where devices connect, such as [::]:8883"),
    tls: secret
      .optional()
      .describe(
        "Secret with the broker's private key and certificate (PEM, both in one); absent: not encrypted",
      ),
    insecure: flag
      .default(false)
      .describe("Allows unencrypted connections from other machines, and devices without a password"),
    networks: listOf(network)
      .optional()
      .describe("Networks whose machines may connect, such as 192.168.30.0/24; absent: any"),
    maxConnections: integer(1, 10_000).default(1000).describe("Most devices connected at once"),
    maxPerAddress: integer(1, 10_000).default(200).describe("Most of them from one address"),
  })
  .describe("An MQTT broker on this machine, to which devices connect");
export type MqttLink = z.infer<typeof linkSchema>;

export const addressSchema = z
  .strictObject({
    user: matching(/^[\x21-\x7e]{1,64}$/, {
      zh: "1 到 64 个 ASCII 字符，不含空格",
      en: "1 to 64 ASCII characters without spaces",
    })
      .optional()
      .describe("User name with which this device connects; devices behind it name it by via"),
    password: secret.optional().describe("Its password, as secret:NAME"),
    topics: listOf(topic)
      .optional()
      .describe(
        "What this connection may publish; absent: the topics of its profile and of the devices behind it",
      ),
    friendly: matching(/^[^\s/+#\p{Cc}]{1,64}$/u, {
      zh: "1 到 64 个字符，不含空格和 / + #",
      en: "1 to 64 characters without spaces and / + #",
    })
      .optional()
      .describe("The device's name in its bridge, for {friendly} in topics"),
  })
  .describe("How a device is known to the broker");
export type MqttAddress = z.infer<typeof addressSchema>;

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

export const defaultTopic = "ce/v1/{device}/up/prop";

export const profileSchema = z
  .strictObject({
    topic: listOf(topic)
      .default([defaultTopic])
      .describe("Topics on which the device speaks; {device} and {friendly} are filled in"),
    payload: z.enum(["json"]).default("json").describe("How its messages are written"),
    time: timeSchema.optional(),
    identity: identitySchema.default({ by: "none" }),
    buffered: flag
      .default(false)
      .describe("The device keeps readings while it is offline: its time may be up to 30 days old"),
  })
  .superRefine(({ time, identity }, context) => {
    if (identity.by !== "time-and-digest" || time !== undefined) return;
    complain(context, {
      what: { zh: "按时间识别消息，但没有写 time", en: "identity by time needs the device's time" },
      fix: { zh: "加上 time: { path: …, format: … }", en: "add time: { path: …, format: … }" },
    });
  })
  .describe("How a device model speaks MQTT");
export type MqttProfile = z.infer<typeof profileSchema>;

export const sourceSchema = z
  .strictObject({
    path,
    type: z
      .enum(["number", "boolean", "text", "auto"])
      .default("auto")
      .describe("What the payload must hold there; anything else is a fault"),
    digest: flag
      .default(false)
      .describe("The value is an identity (card, code): only its keyed digest is kept"),
  })
  .describe("Where a point's value lies in the payload");
export type MqttSource = z.infer<typeof sourceSchema>;

/** Nothing is commanded over MQTT: a profile that lists an action is refused here. */
export const actionSchema = z.never();
export type MqttAction = z.infer<typeof actionSchema>;

export type MqttDevice = DevicePlan<MqttAddress, MqttProfile, MqttSource, MqttAction>;
