/**
 * Mains and meters.
 */
import type { CataloguePoint, Limit } from "./point.ts";

const minute = 60_000;
const measured = { kind: "measurement", type: "number", level: 2 } as const;
const counter = {
  kind: "counter",
  type: "number",
  range: [0, 1e9],
  // 2 MW: more than a school's supply, also where the meter itself counts on the far side of its transformers.
  perHour: 2000,
  level: 2,
  maxSilenceMs: 15 * minute,
} as const;

const supply: Limit = {
  text: { zh: "供电电压（220 V −10 %…+7 %）", en: "Supply voltage (220 V −10 %…+7 %)" },
  above: 235.4,
  below: 198,
  standard: "GB/T 12325",
  verified: false,
};

type Names = Pick<CataloguePoint, "id" | "text">;

/** Up to 35 kV between the phases, where a meter stands behind voltage transformers. */
const phaseToNeutral = [0, 25_000] as const;

const voltage = (names: Names, range: CataloguePoint["range"] = phaseToNeutral): CataloguePoint => ({
  ...measured,
  ...names,
  unit: "V",
  display: { unit: "V", decimals: 1 },
  range,
  deadband: { abs: 1 },
  maxSilenceMs: 10 * minute,
  limits: [supply],
});

const current = (names: Names): CataloguePoint => ({
  ...measured,
  ...names,
  unit: "A",
  display: { unit: "A", decimals: 2 },
  range: [-10_000, 10_000],
  deadband: { share: 0.02 },
  maxSilenceMs: 10 * minute,
});

const power = (names: Names): CataloguePoint => ({
  ...measured,
  ...names,
  unit: "W",
  display: { unit: "kW", decimals: 3, factor: 0.001 },
  range: [-1e7, 1e7],
  deadband: { share: 0.02 },
  maxSilenceMs: 10 * minute,
});

export const electricPoints: readonly CataloguePoint[] = [
  {
    ...counter,
    id: "energy",
    text: { zh: "电量（表底）", en: "Energy, meter reading" },
    unit: "kW.h",
    display: { unit: "kWh", decimals: 2 },
    deadband: { abs: 0.01 },
  },
  {
    ...counter,
    id: "energy_export",
    text: { zh: "反向电量（送出，如光伏）", en: "Energy given back, such as solar" },
    unit: "kW.h",
    display: { unit: "kWh", decimals: 2 },
    deadband: { abs: 0.01 },
  },
  {
    ...counter,
    id: "energy_total",
    text: { zh: "组合有功总电量（表底）", en: "Energy of both directions together, meter reading" },
    unit: "kW.h",
    display: { unit: "kWh", decimals: 2 },
    deadband: { abs: 0.01 },
  },
  {
    ...counter,
    id: "energy_reactive",
    text: { zh: "无功电量（表底）", en: "Reactive energy, meter reading" },
    unit: "kV.A.h{reactive}",
    display: { unit: "kvarh", decimals: 2 },
    deadband: { abs: 0.01 },
  },
  power({ id: "power", text: { zh: "功率", en: "Active power" } }),
  power({ id: "power_a", text: { zh: "A 相功率", en: "Active power, phase A" } }),
  power({ id: "power_b", text: { zh: "B 相功率", en: "Active power, phase B" } }),
  power({ id: "power_c", text: { zh: "C 相功率", en: "Active power, phase C" } }),
  {
    ...measured,
    id: "power_reactive",
    text: { zh: "无功功率", en: "Reactive power" },
    unit: "V.A{reactive}",
    display: { unit: "kvar", decimals: 3, factor: 0.001 },
    range: [-1e7, 1e7],
    deadband: { share: 0.02 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "power_apparent",
    text: { zh: "视在功率", en: "Apparent power" },
    unit: "V.A",
    display: { unit: "kVA", decimals: 3, factor: 0.001 },
    range: [0, 1e7],
    deadband: { share: 0.02 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "power_factor",
    text: { zh: "功率因数", en: "Power factor" },
    unit: "1",
    display: { unit: "", decimals: 3 },
    range: [-1, 1],
    deadband: { abs: 0.02 },
    maxSilenceMs: 10 * minute,
  },
  voltage({ id: "voltage", text: { zh: "电压", en: "Voltage" } }, [0, 1000]),
  voltage({ id: "voltage_a", text: { zh: "A 相电压", en: "Voltage, phase A to neutral" } }),
  voltage({ id: "voltage_b", text: { zh: "B 相电压", en: "Voltage, phase B to neutral" } }),
  voltage({ id: "voltage_c", text: { zh: "C 相电压", en: "Voltage, phase C to neutral" } }),
  current({ id: "current", text: { zh: "电流", en: "Current" } }),
  current({ id: "current_a", text: { zh: "A 相电流", en: "Current, phase A" } }),
  current({ id: "current_b", text: { zh: "B 相电流", en: "Current, phase B" } }),
  current({ id: "current_c", text: { zh: "C 相电流", en: "Current, phase C" } }),
  current({ id: "current_n", text: { zh: "零线电流", en: "Current, neutral" } }),
  {
    ...measured,
    id: "leakage",
    text: { zh: "剩余电流（漏电）", en: "Residual current" },
    unit: "mA",
    display: { unit: "mA", decimals: 0 },
    range: [0, 30_000],
    deadband: { abs: 5 },
    maxSilenceMs: 10 * minute,
  },
  {
    ...measured,
    id: "cable_temperature",
    text: { zh: "线缆温度", en: "Cable temperature" },
    unit: "Cel",
    display: { unit: "℃", decimals: 1 },
    range: [-40, 200],
    deadband: { abs: 1 },
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
      {
        text: { zh: "电网频率", en: "Mains frequency" },
        above: 50.2,
        below: 49.8,
        standard: "GB/T 15945",
        verified: false,
      },
    ],
  },
];
