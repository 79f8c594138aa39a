/**
 * What the MQTT uplink adds to the configuration files. Pure.
 */
import { z } from "zod";
import type { UplinkKind } from "../../../config/schema/kind.ts";
import { complain, duration, flag, matching, type SecretRef, secret } from "../../../config/schema/scalar.ts";
import {
  checkEncryption,
  complainAt,
  credentialInAddress,
  readHost,
  trustFields,
  userName,
} from "../address.ts";

/** Where the platform's broker is; `tls`: mqtts. */
export interface BrokerAddress {
  tls: boolean;
  /** Name or address, without brackets. */
  host: string;
  port: number;
}

export interface MqttUplinkSettings {
  url: BrokerAddress;
  user?: string | undefined;
  password?: SecretRef | undefined;
  ca?: SecretRef | undefined;
  cert?: SecretRef | undefined;
  clientId?: string | undefined;
  keepAliveMs: number;
  compress: "none" | "gzip" | "zstd";
  insecure: boolean;
}

const example = { zh: "例如 mqtts://iot.example.cn:8883", en: "write it like mqtts://iot.example.cn:8883" };

/** The message never repeats an address that holds a user or a password. */
const url = z
  .string()
  .transform((raw, context): BrokerAddress => {
    const [, scheme, rest = ""] = /^(mqtts?):\/\/([^/]*)\/?$/.exec(raw) ?? [];
    const tls = scheme === "mqtts";
    const found = readHost(rest);
    if (found !== null) return { tls, host: found.host, port: found.port ?? (tls ? 8883 : 1883) };
    if (raw.includes("@")) {
      return complain(
        context,
        credentialInAddress({
          zh: "写 user: 名字 和 password: secret:名字",
          en: "write user: NAME and password: secret:NAME",
        }),
      );
    }
    return complain(context, {
      what: { zh: `“${raw}” 不是 MQTT 地址`, en: `"${raw}" is not the address of an MQTT broker` },
      fix: example,
    });
  })
  .describe("The platform's broker, such as mqtts://iot.example.cn:8883; mqtt:// is not encrypted");

const keepAlive = duration
  .transform((ms, context) => {
    if (ms >= 5000 && ms <= 3_600_000) return Math.round(ms / 1000) * 1000;
    return complain(context, {
      what: { zh: "心跳间隔应为 5s 到 1h", en: "a keep-alive is from 5s to 1h" },
      fix: { zh: "写 keepAlive: 60s", en: "write keepAlive: 60s" },
    });
  })
  .describe("A dead connection is noticed after one and a half times this, such as 60s");

export const mqttUplinkSchema = z
  .strictObject({
    url,
    user: userName.optional().describe("User name that the platform gave this gateway"),
    password: secret.optional().describe("Its password, as secret:NAME"),
    ...trustFields,
    clientId: matching(/^[A-Za-z0-9._:-]{1,64}$/, {
      zh: "1 到 64 个字母、数字或 . _ : -",
      en: "1 to 64 letters, digits or . _ : -",
    })
      .optional()
      .describe("Client id if the platform prescribes one; absent: school-gateway. No two may share one"),
    keepAlive: keepAlive.default(60_000),
    compress: z
      .enum(["none", "gzip", "zstd"])
      .default("none")
      .describe("Makes batches smaller on the wire, if the platform can read it"),
    insecure: flag
      .default(false)
      .describe("Allows an unencrypted connection (mqtt://) to another machine: anyone between can read it"),
  })
  .superRefine((settings, context) => {
    const { user, password } = settings;
    checkEncryption(context, settings, "mqtts");
    if (password !== undefined && user === undefined) {
      complainAt(context, "password", {
        what: { zh: "有密码但没有用户名", en: "there is a password but no user" },
        fix: { zh: "加上 user: 名字", en: "add user: NAME" },
      });
    }
  })
  .transform(({ keepAlive, ...rest }): MqttUplinkSettings => ({ ...rest, keepAliveMs: keepAlive }))
  .describe("A platform that is reached through an MQTT 5 broker");

export const mqttUplinkKind: UplinkKind<MqttUplinkSettings> = { kind: "mqtt", config: mqttUplinkSchema };
