/**
 * What the MQTT broker adds to the configuration files. Pure.
 */
import type { Kind } from "../../config/schema/kind.ts";
import { checkMqtt } from "./check.ts";
import {
  actionSchema,
  addressSchema,
  linkSchema,
  type MqttAction,
  type MqttAddress,
  type MqttLink,
  type MqttProfile,
  type MqttSource,
  profileSchema,
  sourceSchema,
} from "./fields.ts";

export * from "./fields.ts";

export const mqttKind: Kind<MqttLink, MqttAddress, MqttProfile, MqttSource, MqttAction> = {
  driver: "mqtt",
  kind: "mqtt-broker",
  link: linkSchema,
  address: addressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  line: ({ listen }) => `tcp:${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${listen.port}`,
  plan: () => [],
  check: checkMqtt,
};
