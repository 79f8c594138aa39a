/** The MQTT driver: an embedded broker to which the school's devices connect. */
import type { Driver } from "../contract/index.ts";
import {
  type MqttAction,
  type MqttAddress,
  type MqttLink,
  type MqttProfile,
  type MqttSource,
  mqttKind,
} from "./schema.ts";
import { MqttSession } from "./session.ts";

export const mqttDriver: Driver<MqttLink, MqttAddress, MqttProfile, MqttSource, MqttAction> = {
  kind: mqttKind,
  open: (link, devices, context, signal) => MqttSession.open(link, devices, context, signal),
};
