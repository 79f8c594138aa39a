/**
 * What the MQTT uplink adds to the configuration files. Pure.
 */
import { z } from "zod";
import type { UplinkKind } from "../../../config/schema/kind.ts";
import {
  type BrokerAddress,
  brokerUrl,
  checkEncryption,
  checkPassword,
  clientId,
  keepAlive,
  userName,
} from "../../../config/schema/remote.ts";
import { flag, type SecretRef, secret } from "../../../config/schema/scalar.ts";
import { trustFields } from "../trust-fields.ts";

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

export const mqttUplinkSchema = z
  .strictObject({
    url: brokerUrl.describe(
      "The platform's broker, such as mqtts://iot.example.cn:8883; mqtt:// is not encrypted",
    ),
    user: userName.optional().describe("User name that the platform gave this gateway"),
    password: secret.optional().describe("Its password, as secret:NAME"),
    ...trustFields,
    clientId: clientId
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
    checkEncryption(context, settings, "mqtts");
    checkPassword(context, settings);
  })
  .transform(({ keepAlive, ...rest }): MqttUplinkSettings => ({ ...rest, keepAliveMs: keepAlive }))
  .describe("A platform that is reached through an MQTT 5 broker");

export const mqttUplinkKind: UplinkKind<MqttUplinkSettings> = {
  kind: "mqtt",
  config: mqttUplinkSchema,
  brings: "commands",
};
