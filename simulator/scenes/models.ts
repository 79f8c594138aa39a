/**
 * The hardware that a scene may name: how each model is reached, and what a technician calls it in the configuration.
 *
 * A model is a word of this side; `profile` is the word of the other side, and only handed on as text.
 */

/** How a device is reached: a line behind the serial server of its floor, a box with an address of its own, a client. */
export type Way = "rs485" | "modbus-tcp" | "mqtt" | "zigbee";

export interface SceneModel {
  way: Way;
  /** Model name in a gateway's configuration. */
  profile: string;
  /** Values that its installer must write down there. */
  with?: Readonly<Record<string, string>>;
  /** What it measures belongs to a room, or to all that hangs on the board of a floor. */
  of: "room" | "floor";
  text: { zh: string; en: string };
}

export const sceneModels = {
  "jxct-air-board": {
    way: "rs485",
    profile: "jxct-air-board",
    of: "room",
    text: { zh: "空气六合一探头，RS-485", en: "Air board with six values, RS-485" },
  },
  "xy-md02": {
    way: "rs485",
    profile: "xy-md02",
    of: "room",
    text: { zh: "温湿度探头，RS-485", en: "Temperature and humidity probe, RS-485" },
  },
  "chint-ddsu666": {
    way: "rs485",
    profile: "chint-ddsu666",
    with: { ct: "1" },
    of: "room",
    text: { zh: "教室电表，RS-485", en: "Meter of a room, RS-485" },
  },
  "acrel-adw300": {
    way: "modbus-tcp",
    profile: "acrel-adw300",
    with: { ct: "1", pt: "1" },
    of: "floor",
    text: { zh: "楼层总表，Modbus TCP", en: "Meter of a floor, Modbus TCP" },
  },
  "tasmota-plug": {
    way: "mqtt",
    profile: "tasmota",
    of: "room",
    text: { zh: "插座，Tasmota 固件", en: "Plug with Tasmota firmware" },
  },
  "shelly-plug": {
    way: "mqtt",
    profile: "shelly-switch",
    of: "room",
    text: { zh: "插座，Shelly Plus Plug S", en: "Plug, Shelly Plus Plug S" },
  },
  "esphome-air": {
    way: "mqtt",
    profile: "mqtt-esphome-air",
    of: "room",
    text: { zh: "自制空气探头，ESPHome", en: "Self-made air probe, ESPHome" },
  },
  "zigbee-contact": {
    way: "zigbee",
    profile: "zigbee2mqtt-contact",
    of: "room",
    text: { zh: "门磁，Zigbee", en: "Door contact, Zigbee" },
  },
  "zigbee-motion": {
    way: "zigbee",
    profile: "zigbee2mqtt-motion",
    of: "room",
    text: { zh: "人体感应，Zigbee", en: "Motion detector, Zigbee" },
  },
  "zigbee-climate": {
    way: "zigbee",
    profile: "zigbee2mqtt-climate",
    of: "room",
    text: { zh: "温湿度计，Zigbee", en: "Thermometer and hygrometer, Zigbee" },
  },
  "mqtt-air": {
    way: "mqtt",
    profile: "mqtt-air-json",
    of: "room",
    text: { zh: "空气探头，MQTT", en: "Air probe, MQTT" },
  },
} as const satisfies Record<string, SceneModel>;

/** The bridge that Zigbee devices hang on: one client for all of them. */
export const zigbeeBridgeModel = { id: "z2m", profile: "zigbee2mqtt-bridge" } as const;

export type ModelName = keyof typeof sceneModels;
