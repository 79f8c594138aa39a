/**
 * The fields that the MQTT broker adds to the configuration files: link and devices here, profiles and points in
 * profile-fields.ts. Pure.
 */
import { z } from "zod";
import type { DevicePlan } from "../../config/schema/kind.ts";
import { endpoint, flag, integer, matching, secret } from "../../config/schema/scalar.ts";
import type { MqttAction, MqttProfile, MqttSource } from "./profile-fields.ts";
import { friendly, listOf, network, topic } from "./scalars.ts";

export * from "./profile-fields.ts";
export type { Network } from "./scalars.ts";

export const linkSchema = z
  .strictObject({
    listen: endpoint.describe('Address and port where devices connect, such as "[::]:8883"'),
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
    friendly: friendly.optional(),
  })
  .describe("How a device is known to the broker");
export type MqttAddress = z.infer<typeof addressSchema>;

export type MqttDevice = DevicePlan<MqttAddress, MqttProfile, MqttSource, MqttAction>;
