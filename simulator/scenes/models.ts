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
  "mqtt-air": {
    way: "mqtt",
    profile: "mqtt-air-json",
    of: "room",
    text: { zh: "空气探头，MQTT", en: "Air probe, MQTT" },
  },
} as const satisfies Record<string, SceneModel>;

export type ModelName = keyof typeof sceneModels;
