/**
 * The fields that a broker of the school adds to the configuration files: link and devices. Profiles and points are
 * those of all MQTT. Pure.
 */
import { z } from "zod";
import type { DevicePlan } from "../../../config/schema/kind.ts";
import {
  brokerUrl,
  checkEncryption,
  checkPassword,
  clientId,
  keepAlive,
  userName,
} from "../../../config/schema/remote.ts";
import { complain, duration, flag, type SecretRef, secret } from "../../../config/schema/scalar.ts";
import type { MqttAction, MqttProfile, MqttSource } from "../profile-fields.ts";
import { friendly, listOf, topic } from "../scalars.ts";

export interface ExternalLink {
  /** Name or address, without brackets. */
  host: string;
  port: number;
  tls: boolean;
  /** Whom we trust; absent: the public CAs. */
  ca?: SecretRef | undefined;
  user?: string | undefined;
  password?: SecretRef | undefined;
  /** Absent: made of school, gateway and link. */
  clientId?: string | undefined;
  /** 4: MQTT 3.1.1. */
  version: 4 | 5;
  keepAliveMs: number;
  /** How long the broker keeps our session while we are away (MQTT 5). */
  keepMs: number;
  insecure: boolean;
}

const dayMs = 86_400_000;

const keep = duration
  .transform((ms, context) => {
    if (ms >= 60_000 && ms <= 30 * dayMs) return Math.round(ms / 1000) * 1000;
    return complain(context, {
      what: { zh: "保留时间应为 1min 到 30d", en: "the broker may keep messages for 1min to 30d" },
      fix: { zh: "写 keep: 7d", en: "write keep: 7d" },
    });
  })
  .describe(
    "How long the broker keeps messages for this gateway while it is away, such as 7d; with version 3.1.1 the broker decides",
  );

export const externalLinkSchema = z
  .strictObject({
    url: brokerUrl.describe(
      "The school's broker, such as mqtts://192.168.10.5:8883; mqtt:// is not encrypted",
    ),
    ca: secret
      .optional()
      .describe("Secret with the CA certificate of the broker (PEM); absent: the public CAs are trusted"),
    user: userName.optional().describe("User name of this gateway at the broker"),
    password: secret.optional().describe("Its password, as secret:NAME"),
    clientId: clientId
      .optional()
      .describe("Client id if the broker prescribes one; absent: school-gateway-link. No two may share one"),
    version: z
      .enum(["3.1.1", "5"])
      .default("5")
      .describe("Version of MQTT: 5, or 3.1.1 for a broker that does not speak 5"),
    keepAlive: keepAlive.default(60_000),
    keep: keep.default(7 * dayMs),
    insecure: flag
      .default(false)
      .describe("Allows an unencrypted connection (mqtt://) to another machine: anyone between can read it"),
  })
  .superRefine((settings, context) => {
    checkEncryption(context, settings, "mqtts", { zh: "MQTT 服务器", en: "broker" });
    checkPassword(context, settings);
  })
  .transform(
    ({ url, version, keepAlive, keep, ...rest }): ExternalLink => ({
      ...url,
      ...rest,
      version: version === "5" ? 5 : 4,
      keepAliveMs: keepAlive,
      keepMs: keep,
    }),
  )
  .describe("A broker that the school has already: devices publish there, and this gateway subscribes");

export const externalAddressSchema = z
  .strictObject({
    topics: listOf(topic)
      .optional()
      .describe("Topics on which it speaks at this broker, instead of those of its profile"),
    friendly: friendly.optional(),
  })
  .describe("How a device is known at the school's broker");
export type ExternalAddress = z.infer<typeof externalAddressSchema>;

export type ExternalDevice = DevicePlan<ExternalAddress, MqttProfile, MqttSource, MqttAction>;
