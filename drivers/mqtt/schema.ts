/**
 * What the MQTT broker adds to the configuration files. Pure.
 */
import { withPort } from "../../config/schema/address.ts";
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

const lineOfAll = ({ listen }: MqttLink) => `tcp:${withPort(listen.host, listen.port)}`;

export const mqttKind: Kind<MqttLink, MqttAddress, MqttProfile, MqttSource, MqttAction> = {
  driver: "mqtt",
  kind: "mqtt-broker",
  link: linkSchema,
  address: addressSchema,
  profile: profileSchema,
  source: sourceSchema,
  action: actionSchema,
  speaks: true,
  carries: ["devices"],
  line: lineOfAll,
  lineOfAll,
  plan: () => [],
  check: checkMqtt,
};
