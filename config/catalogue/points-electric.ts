/**
 * Mains and meters, batteries and radio.
 */
import type { CataloguePoint } from "./point.ts";

const minute = 60_000;
const measured = { kind: "measurement", type: "number", level: 2 } as const;

export const electricPoints: readonly CataloguePoint[] = [
  {
    id: "energy",
    text: { zh: "电量（表底）", en: "Energy, meter reading" },
    kind: "counter",
    type: "number",
    unit: "kW.h",
    display: { unit: "kWh", decimals: 2 },
    range: [0, 1e9],
    level: 2,
    deadband: { abs: 0.01 },
    maxSilenceMs: 15 * minute,
  },
  {
    ...measured,
    id: "power",
    text: { zh: "功率", en: "Active power" },
    unit: "W",
    display: { unit: "kW", decimals: 3, factor: 0.001 },
    range: [-1e7, 1e7],
    deadband: { share: 0.02 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "voltage",
    text: { zh: "电压", en: "Voltage" },
    unit: "V",
    display: { unit: "V", decimals: 1 },
    range: [0, 1000],
    deadband: { abs: 1 },
    maxSilenceMs: 10 * minute,
    limits: [
      {
        text: { zh: "供电电压（220 V −10 %…+7 %）", en: "Supply voltage (220 V −10 %…+7 %)" },
        above: 235.4,
        below: 198,
        standard: "GB/T 12325",
      },
    ],
  },
  {
    ...measured,
    id: "current",
    text: { zh: "电流", en: "Current" },
    unit: "A",
    display: { unit: "A", decimals: 2 },
    range: [-10_000, 10_000],
    deadband: { share: 0.02 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "frequency",
    text: { zh: "频率", en: "Mains frequency" },
    unit: "Hz",
    display: { unit: "Hz", decimals: 2 },
    range: [0, 100],
    deadband: { abs: 0.05 },
    maxSilenceMs: 10 * minute,
    limits: [
      { text: { zh: "电网频率", en: "Mains frequency" }, above: 50.2, below: 49.8, standard: "GB/T 15945" },
    ],
  },
  {
    ...measured,
    id: "battery",
    text: { zh: "电池电量", en: "Battery" },
    unit: "%",
    display: { unit: "%", decimals: 0 },
    range: [0, 100],
    deadband: { abs: 1 },
    maxSilenceMs: 360 * minute,
  },
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
];
