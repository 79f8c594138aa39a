/**
 * What the MQTT uplink adds to the configuration files. Pure.
 */
import { isIPv6 } from "node:net";
import { z } from "zod";
import { isLoopback, plainAddress } from "../../../config/schema/address.ts";
import type { UplinkKind } from "../../../config/schema/kind.ts";
import {
  type Complaint,
  complain,
  duration,
  flag,
  matching,
  type SecretRef,
  secret,
} from "../../../config/schema/scalar.ts";

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
    const [, scheme, v6, name, digits] =
      /^(mqtts?):\/\/(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))(?::(\d{1,5}))?\/?$/.exec(
        raw,
      ) ?? [];
    const tls = scheme === "mqtts";
    const host = v6 ?? name;
    const port = digits === undefined ? (tls ? 8883 : 1883) : Number(digits);
    const usable = host !== undefined && (v6 === undefined || isIPv6(v6)) && port >= 1 && port <= 65_535;
    if (usable) return { tls, host: plainAddress(host), port };
    if (raw.includes("@")) {
      return complain(context, {
        what: { zh: "用户名和密码不能写在地址里", en: "user and password do not belong into the address" },
        fix: {
          zh: "写 user: 名字 和 password: secret:名字",
          en: "write user: NAME and password: secret:NAME",
        },
      });
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
    user: matching(/^[\x21-\x7e]{1,128}$/, {
      zh: "1 到 128 个 ASCII 字符，不含空格",
      en: "1 to 128 ASCII characters without spaces",
    })
      .optional()
      .describe("User name that the platform gave this gateway"),
    password: secret.optional().describe("Its password, as secret:NAME"),
    ca: secret
      .optional()
      .describe("Secret with the platform's own CA certificate (PEM); absent: the public CAs are trusted"),
    cert: secret
      .optional()
      .describe(
        "Secret with this gateway's private key and certificate (PEM, both in one), if the platform asks",
      ),
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
    const at = (key: string, { what, fix }: Complaint) =>
      context.addIssue({
        code: "custom",
        path: [key],
        message: what.en,
        params: { complaint: { what, fix } },
      });
    const { url, user, password, insecure } = settings;
    if (!url.tls && !insecure && !isLoopback(url.host)) {
      at("url", {
        what: { zh: `到 ${url.host} 的连接没有加密`, en: `the connection to ${url.host} is not encrypted` },
        fix: {
          zh: "写 mqtts://；平台确实不支持加密时写 insecure: true",
          en: "write mqtts://, or insecure: true if the platform truly cannot encrypt",
        },
      });
    }
    for (const key of ["ca", "cert"] as const) {
      if (url.tls || settings[key] === undefined) continue;
      at(key, {
        what: { zh: "证书只用于 mqtts://", en: "certificates are only used with mqtts://" },
        fix: { zh: `把 url 改成 mqtts://，或删去 ${key}`, en: `write mqtts:// in url, or remove ${key}` },
      });
    }
    if (password !== undefined && user === undefined) {
      at("password", {
        what: { zh: "有密码但没有用户名", en: "there is a password but no user" },
        fix: { zh: "加上 user: 名字", en: "add user: NAME" },
      });
    }
  })
  .transform(({ keepAlive, ...rest }): MqttUplinkSettings => ({ ...rest, keepAliveMs: keepAlive }))
  .describe("A platform that is reached through an MQTT 5 broker");

export const mqttUplinkKind: UplinkKind<MqttUplinkSettings> = { kind: "mqtt", config: mqttUplinkSchema };
