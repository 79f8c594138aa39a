/**
 * What a broker's reason codes mean for us: return codes of MQTT 3.1.1 (table 3.1), reason codes of MQTT 5 (table
 * 2-6). Pure.
 */
import type { Fault } from "../../contract/index.ts";
import { type MqttFaultCode, mqttFault } from "../faults.ts";

const byCode: Readonly<Record<number, MqttFaultCode>> = {
  1: "mqtt.their-version",
  2: "mqtt.our-id",
  3: "mqtt.their-busy",
  4: "mqtt.login",
  5: "mqtt.login",
  129: "mqtt.not-mqtt",
  130: "mqtt.not-mqtt",
  132: "mqtt.their-version",
  133: "mqtt.our-id",
  134: "mqtt.login",
  135: "mqtt.login",
  136: "mqtt.their-busy",
  137: "mqtt.their-busy",
  138: "mqtt.login",
  139: "mqtt.their-busy",
  140: "mqtt.login",
  141: "mqtt.silent",
  142: "mqtt.taken-over",
  149: "mqtt.refused",
  151: "mqtt.their-busy",
  // "Use another server": one that is being emptied says so for a while; only 157 is for good.
  156: "mqtt.their-busy",
  157: "mqtt.moved",
  159: "mqtt.their-busy",
};

/** A CONNACK that refuses, or a DISCONNECT. The number itself is told, too: it is what a broker's manual explains. */
export function refusal(reason: number, otherwise: MqttFaultCode): Fault {
  return mqttFault(byCode[reason] ?? otherwise, { fact: `reason ${reason}` });
}
