/** Zigbee devices as the bridge shows them: which properties each reports, and when it does. */

import { type RoomValues, rounded } from "./room-values.ts";
import type { Json } from "./saying.ts";

/** One property, reported by itself: two that change together are two messages. */
export interface Property {
  key: string;
  of(room: RoomValues): number | boolean | null | undefined;
  /** Smallest change of a number that is reported; default any. */
  delta?: number;
  /** How long a true outlives its cause, ms; default 0. */
  holdMs?: number;
  /** As the bridge's inventory names it; absent: none. */
  unit?: string;
  label: string;
}

export interface ZigbeeModel {
  model: string;
  vendor: string;
  description: string;
  power: "Battery" | "Mains (single phase)";
  properties: readonly Property[];
  /** Properties that never change, as plugs have their settings. */
  fixed?: Readonly<Record<string, Json>>;
  /** It has a relay, `state`, that can be set. */
  relay?: true;
  /** Least time between reports of one property, ms. */
  minMs: number;
  /** Everything is reported after this time, ms, changed or not. */
  maxMs: number;
}

export type ZigbeeModelName = keyof typeof zigbeeModels;

const minuteMs = 60_000;

const temperature: Property = {
  key: "temperature",
  of: (room) => rounded(room.temperature, 2),
  delta: 0.1,
  unit: "°C",
  label: "Temperature",
};
const humidity: Property = {
  key: "humidity",
  of: (room) => rounded(room.humidity, 2),
  delta: 1,
  unit: "%",
  label: "Humidity",
};

export const zigbeeModels = {
  climate: {
    model: "TH-1",
    vendor: "Simulated",
    description: "Temperature and humidity sensor",
    power: "Battery",
    properties: [temperature, humidity],
    minMs: 10_000,
    maxMs: 50 * minuteMs,
  },
  contact: {
    model: "DW-1",
    vendor: "Simulated",
    description: "Door and window sensor",
    power: "Battery",
    properties: [{ key: "contact", of: (room) => room.contact, label: "Contact" }],
    minMs: 0,
    maxMs: 50 * minuteMs,
  },
  motion: {
    model: "PIR-1",
    vendor: "Simulated",
    description: "Motion sensor",
    power: "Battery",
    properties: [
      { key: "occupancy", of: (room) => room.motion, holdMs: 90_000, label: "Occupancy" },
      {
        key: "illuminance",
        of: (room) => rounded(room.illuminance, 0),
        delta: 20,
        unit: "lx",
        label: "Illuminance",
      },
    ],
    minMs: 0,
    maxMs: 50 * minuteMs,
  },
  illuminance: {
    model: "LX-1",
    vendor: "Simulated",
    description: "Light sensor",
    power: "Battery",
    properties: [
      {
        key: "illuminance",
        of: (room) => rounded(room.illuminance, 0),
        delta: 20,
        unit: "lx",
        label: "Illuminance",
      },
    ],
    minMs: 10_000,
    maxMs: 60 * minuteMs,
  },
  /** Energy in kWh, voltage in V: the same key means mV on a battery device. */
  plug: {
    model: "PLUG-1",
    vendor: "Simulated",
    description: "Plug with power measurement",
    power: "Mains (single phase)",
    properties: [
      { key: "power", of: (room) => rounded(room.power, 0), delta: 5, unit: "W", label: "Power" },
      { key: "current", of: (room) => rounded(room.current, 2), delta: 0.05, unit: "A", label: "Current" },
      { key: "voltage", of: (room) => rounded(room.voltage, 0), delta: 5, unit: "V", label: "Voltage" },
      { key: "energy", of: (room) => kwh(room.energyImport), delta: 0.01, unit: "kWh", label: "Energy" },
    ],
    fixed: { power_outage_memory: "restore" },
    relay: true,
    minMs: 5000,
    maxMs: 5 * minuteMs,
  },
  air: {
    model: "AIR-1",
    vendor: "Simulated",
    description: "Air quality sensor",
    power: "Mains (single phase)",
    properties: [
      { key: "co2", of: (room) => rounded(room.co2, 0), delta: 10, unit: "ppm", label: "CO2" },
      { key: "voc", of: (room) => rounded(room.tvoc, 0), delta: 10, unit: "ppb", label: "VOC" },
      { key: "pm25", of: (room) => rounded(room.pm25, 0), delta: 2, unit: "µg/m³", label: "PM25" },
      temperature,
      humidity,
    ],
    minMs: 10_000,
    maxMs: 5 * minuteMs,
  },
} as const satisfies Record<string, ZigbeeModel>;

function kwh(wh: number | bigint | null | undefined): number | null | undefined {
  return wh === null || wh === undefined ? wh : rounded(Number(wh) / 1000, 2);
}
