/**
 * The hardware that a scene may name: how each model is reached, and what a technician calls it in the configuration.
 *
 * A model is a word of this side; `profile` is the word of the other side, and only handed on as text.
 */

import { cameraModels } from "./camera-models.ts";
import { controlModels } from "./control-models.ts";
import type { SceneModel } from "./scene-model.ts";

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
    ownPace: true,
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
    ownPace: true,
    of: "room",
    text: { zh: "门磁，Zigbee", en: "Door contact, Zigbee" },
  },
  "zigbee-motion": {
    way: "zigbee",
    profile: "zigbee2mqtt-motion",
    ownPace: true,
    of: "room",
    text: { zh: "人体感应，Zigbee", en: "Motion detector, Zigbee" },
  },
  "zigbee-climate": {
    way: "zigbee",
    profile: "zigbee2mqtt-climate",
    ownPace: true,
    of: "room",
    text: { zh: "温湿度计，Zigbee", en: "Thermometer and hygrometer, Zigbee" },
  },
  "mqtt-air": {
    way: "mqtt",
    profile: "mqtt-air-json",
    of: "room",
    text: { zh: "空气探头，MQTT", en: "Air probe, MQTT" },
  },
  "dlt645-2007-meter": {
    way: "dlt645",
    profile: "dlt645-2007-meter",
    with: { variant: "single", ct: "1" },
    line: { baud: 2400, format: "8E1" },
    of: "room",
    text: { zh: "教室电表，DL/T 645-2007", en: "Meter of a room, DL/T 645-2007" },
  },
  "dlt645-2007-main": {
    way: "dlt645",
    profile: "dlt645-2007-meter",
    with: { variant: "three", ct: "1" },
    line: { baud: 2400, format: "8E1" },
    of: "floor",
    text: { zh: "楼层总表，DL/T 645-2007", en: "Meter of a floor, DL/T 645-2007" },
  },
  "plantower-pms5003": {
    way: "serial",
    profile: "plantower-pms5003",
    line: { baud: 9600, format: "8N1" },
    ownPace: true,
    of: "room",
    text: { zh: "颗粒物传感器 PMS5003，串口", en: "Dust sensor PMS5003, serial" },
  },
  sds011: {
    way: "serial",
    profile: "sds011",
    line: { baud: 9600, format: "8N1" },
    ownPace: true,
    of: "room",
    text: { zh: "颗粒物传感器 SDS011，串口", en: "Dust sensor SDS011, serial" },
  },
  "mh-z19b": {
    way: "serial",
    profile: "mh-z19b",
    line: { baud: 9600, format: "8N1" },
    of: "room",
    text: { zh: "二氧化碳传感器 MH-Z19B，串口", en: "Carbon dioxide sensor MH-Z19B, serial" },
  },
  gm65: {
    way: "reader",
    profile: "gm65",
    line: { baud: 9600, format: "8N1" },
    ownPace: true,
    of: "room",
    text: { zh: "二维码阅读器 GM65，串口", en: "QR reader GM65, serial" },
  },
  rdm6300: {
    way: "reader",
    profile: "rdm6300",
    line: { baud: 9600, format: "8N1" },
    ownPace: true,
    of: "room",
    text: { zh: "125 kHz 读卡器 RDM6300，串口", en: "Card reader RDM6300 for 125 kHz, serial" },
  },
  "wiegand-26-34": {
    way: "reader",
    profile: "wiegand-26-34",
    with: { form: "hex", bits: "26" },
    line: { baud: 9600, format: "8N1" },
    ownPace: true,
    of: "room",
    text: { zh: "韦根读卡器加转换器，串口", en: "Wiegand reader with a converter, serial" },
  },
  ...controlModels,
  ...cameraModels,
} as const satisfies Record<string, SceneModel>;

/** The bridge that Zigbee devices hang on: one client for all of them. */
export const zigbeeBridgeModel = { id: "z2m", profile: "zigbee2mqtt-bridge" } as const;

export type ModelName = keyof typeof sceneModels;
