/** What cameras add to the configuration files. Pure. */
import { z } from "zod";
import { within } from "../../config/load/shape/measure.ts";
import type { DevicePlan, Raw } from "../../config/schema/kind.ts";
import { complain, host, matching, secret, text } from "../../config/schema/scalar.ts";
import { tcpPort } from "../line/fields.ts";
import type { Place } from "./place.ts";
import { usualPort } from "./place.ts";

const second = 1000;
/** What a whole exchange with a camera may take. */
export const mostAnswerMs = 10 * second;

export const linkSchema = z
  .strictObject({
    user: text(64).optional().describe("User of its cameras, made for this gateway alone"),
    password: secret.optional().describe("Password of that user"),
    port: tcpPort
      .optional()
      .describe("TCP port of its cameras, where they do not say another; 80, or 443 with https"),
    scheme: z.enum(["http", "https"]).default("http").describe("How its cameras are spoken to"),
  })
  .superRefine(({ user, password }, context) => {
    if ((user === undefined) === (password === undefined)) return;
    complain(context, {
      what:
        user === undefined
          ? { zh: "有 password，没有 user", en: "there is a password and no user" }
          : { zh: "有 user，没有 password", en: "there is a user and no password" },
      fix: {
        zh: "写 user: 用户名 和 password: secret:名字，或两个都不写",
        en: "write both, user: NAME and password: secret:NAME, or neither",
      },
    });
  })
  .describe("Cameras that speak ONVIF; each says its host");
export type OnvifLink = z.output<typeof linkSchema>;

export const addressSchema = z
  .strictObject({
    host: host.describe("Its address in the network"),
    port: tcpPort.optional().describe("Its TCP port, where other than the link's"),
  })
  .describe("How a camera is known in the network");
export type OnvifAddress = z.output<typeof addressSchema>;

export const profileSchema = z
  .strictObject({
    answer: within(100, mostAnswerMs)
      .default(mostAnswerMs)
      .describe("Longest time until everything that is asked at once is answered"),
  })
  .transform(({ answer }) => ({ answerMs: answer }))
  .describe("How a camera model speaks ONVIF");
export type OnvifProfile = z.output<typeof profileSchema>;

const shortText: Raw = { type: "text" };
const asks = {
  "clock-offset": { type: "number", min: -3e11, max: 3e11, whole: false },
  maker: shortText,
  model: shortText,
  firmware: shortText,
  serial: shortText,
  hardware: shortText,
  profiles: { type: "number", min: 0, max: 256, whole: true },
  stream: { type: "boolean" },
  snapshot: { type: "boolean" },
} as const satisfies Record<string, Raw>;
export type OnvifAsk = keyof typeof asks;
const askWords = Object.keys(asks) as [OnvifAsk, ...OnvifAsk[]];

const eventShape = matching(/^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.*-]+)*#[A-Za-z0-9_.*-]+$/, {
  zh: "主题#数据项，如 VideoSource/MotionAlarm#State（主题不写前缀，最后一段可以写 *）",
  en: "TOPIC#ITEM, such as VideoSource/MotionAlarm#State: topics without prefixes, * for any last part",
});

export const sourceSchema = z
  .strictObject({
    ask: z.enum(askWords).optional().describe("What is asked for it"),
    events: z
      .array(eventShape)
      .min(1)
      .max(32)
      .optional()
      .describe("Events that say it: it is true as long as one does"),
  })
  .superRefine(({ ask, events }, context) => {
    if ((ask === undefined) !== (events === undefined)) return;
    complain(context, {
      what: { zh: "ask 和 events 要写一个，只写一个", en: "it needs either ask or events" },
      fix: {
        zh: "问得到的写 ask: firmware；摄像机自己报的写 events: [主题#数据项]",
        en: "write ask: firmware for what can be asked, events: [TOPIC#ITEM] for what cameras tell by themselves",
      },
    });
  })
  .describe("Where a point of a camera is found");
export type OnvifSource = z.output<typeof sourceSchema>;

export const actionSchema = z
  .strictObject({})
  .superRefine((_, context) => {
    complain(context, {
      what: { zh: "摄像机没有可以做的动作", en: "cameras are told nothing" },
      fix: { zh: "删掉 actions", en: "remove its actions" },
    });
  })
  .describe("Nothing: cameras are only asked");
export type OnvifAction = z.output<typeof actionSchema>;

export type OnvifDevice = DevicePlan<OnvifAddress, OnvifProfile, OnvifSource, OnvifAction>;

export const rawOf = ({ ask }: OnvifSource): Raw => (ask === undefined ? { type: "boolean" } : asks[ask]);

export const placeOf = ({ scheme, port }: OnvifLink, address: OnvifAddress): Place => ({
  host: address.host,
  port: address.port ?? port ?? usualPort(scheme),
  scheme,
});
