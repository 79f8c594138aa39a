/**
 * How a device itself is: its supply, its radio, its inside. None of it says anything of the room.
 */
import type { CataloguePoint } from "./point.ts";

const minute = 60_000;
const hour = 60 * minute;
const measured = { kind: "measurement", type: "number", level: 2 } as const;
/** Dead band 1: true and false differ by it, so that repetitions alone are not stored. */
const state = {
  kind: "state",
  type: "boolean",
  level: 2,
  deadband: { abs: 1 },
  maxSilenceMs: hour,
} as const;

export const ownPoints: readonly CataloguePoint[] = [
  {
    ...measured,
    id: "battery",
    text: { zh: "电池电量", en: "Battery" },
    unit: "%",
    display: { unit: "%", decimals: 0 },
    range: [0, 100],
    deadband: { abs: 1 },
    maxSilenceMs: 6 * hour,
  },
  {
    ...measured,
    id: "battery_voltage",
    text: { zh: "电池电压", en: "Battery voltage" },
    unit: "V",
    display: { unit: "V", decimals: 2 },
    range: [0, 60],
    deadband: { abs: 0.05 },
    maxSilenceMs: 6 * hour,
  },
  { ...state, id: "battery_low", text: { zh: "电池快没电", en: "Battery low" }, maxSilenceMs: 6 * hour },
  {
    ...measured,
    id: "rssi",
    text: { zh: "信号强度", en: "Radio signal strength" },
    unit: "dB[mW]",
    display: { unit: "dBm", decimals: 0 },
    range: [-150, 30],
    deadband: { abs: 5 },
    maxSilenceMs: 30 * minute,
  },
  {
    // A number of the radio chip: one chip's 120 is not another's.
    ...measured,
    id: "link_quality",
    text: { zh: "Zigbee 链路质量（0 到 255）", en: "Zigbee link quality, 0 to 255" },
    unit: "1",
    display: { unit: "", decimals: 0 },
    range: [0, 255],
    deadband: { abs: 20 },
    maxSilenceMs: hour,
  },
  {
    ...measured,
    id: "uptime",
    text: { zh: "开机时长", en: "Time since its start" },
    unit: "s",
    display: { unit: "h", decimals: 1, factor: 1 / 3600 },
    range: [0, 3.6e9],
    deadband: { abs: 3600 },
    maxSilenceMs: 6 * hour,
  },
  {
    ...measured,
    id: "device_temperature",
    text: { zh: "设备内部温度", en: "Temperature inside the device" },
    unit: "Cel",
    display: { unit: "℃", decimals: 1 },
    range: [-40, 150],
    deadband: { abs: 1 },
    maxSilenceMs: 30 * minute,
  },
];
