/** Electricity meters on RS-485, one-phase and three-phase, with the number formats that meters use. */
import type { Abilities } from "../modbus/pdu.ts";
import type { ModbusSlave } from "../modbus/slave.ts";
import {
  type FactoryLine,
  fieldsOf,
  type ModbusDeviceOptions,
  modbusDevice,
  type Row,
} from "./modbus-map.ts";
import { type OwnRegisters, ownFields } from "./modbus-own.ts";

/** What a meter measures: V, A, W, var, Hz, Wh. Energy may be a bigint, beyond what a float holds. */
export interface OnePhase {
  voltage: number;
  current: number;
  power: number;
  reactivePower?: number;
  powerFactor: number;
  frequency: number;
  energyImport: number | bigint;
  energyExport?: number | bigint;
}

export type Three = readonly [l1: number, l2: number, l3: number];

export interface ThreePhase extends Omit<OnePhase, "voltage" | "current" | "power"> {
  voltage: Three;
  current: Three;
  power: Three;
}

interface Model<Values> {
  line: FactoryLine;
  table: "holding" | "input";
  /** Where the same can be read as well. */
  also?: "input";
  rows: readonly Row<Values>[];
  /** Ranges that are 0 where no value lies. */
  zeros?: readonly (readonly [number, number])[];
  abilities: Partial<Abilities>;
  own?: OwnRegisters;
  aliases?: readonly number[];
}

/** Floats in holding registers 20 and 28 (recalled). */
const eastronOwn = { unit: 0x14, baud: 0x1c, type: "float32", bauds: { 0: 2400, 1: 4800, 2: 9600 } } as const;

export type OnePhaseModel = keyof typeof onePhaseModels;
export type ThreePhaseModel = keyof typeof threePhaseModels;

const kwh = (wh: number | bigint = 0) => Number(wh) / 1000;
/** Wh in steps of 10 Wh, without leaving whole numbers. */
const tens = (wh: number | bigint = 0) => BigInt(typeof wh === "bigint" ? wh : Math.round(wh)) / 10n;
const sum = (values: Three) => values[0] + values[1] + values[2];

export const onePhaseModels = {
  /** Floats in input registers. */
  "eastron-sdm120": {
    line: { baud: 2400, format: "8N1" },
    table: "input",
    rows: [
      { address: 0, type: "float32", of: (meter) => meter.voltage },
      { address: 6, type: "float32", of: (meter) => meter.current },
      { address: 12, type: "float32", of: (meter) => meter.power },
      { address: 18, type: "float32", of: (meter) => meter.voltage * meter.current },
      { address: 24, type: "float32", of: (meter) => meter.reactivePower ?? 0 },
      { address: 30, type: "float32", of: (meter) => meter.powerFactor },
      { address: 70, type: "float32", of: (meter) => meter.frequency },
      { address: 72, type: "float32", of: (meter) => kwh(meter.energyImport) },
      { address: 74, type: "float32", of: (meter) => kwh(meter.energyExport) },
      { address: 342, type: "float32", of: (meter) => kwh(meter.energyImport) + kwh(meter.energyExport) },
    ],
    zeros: [[0, 91]],
    abilities: { functions: [3, 4, 16] },
    own: { ...eastronOwn, bauds: { ...eastronOwn.bauds, 5: 1200 } },
  },
  /** Floats in kW and kWh; functions 3 and 4 read the same. */
  "chint-ddsu666": {
    line: { baud: 9600, format: "8N1" },
    table: "holding",
    also: "input",
    rows: [
      { address: 0x2000, type: "float32", of: (meter) => meter.voltage },
      { address: 0x2002, type: "float32", of: (meter) => meter.current },
      { address: 0x2004, type: "float32", of: (meter) => meter.power / 1000 },
      { address: 0x2006, type: "float32", of: (meter) => (meter.reactivePower ?? 0) / 1000 },
      { address: 0x200a, type: "float32", of: (meter) => meter.powerFactor },
      { address: 0x200e, type: "float32", of: (meter) => meter.frequency },
      { address: 0x4000, type: "float32", of: (meter) => kwh(meter.energyImport) },
      { address: 0x400a, type: "float32", of: (meter) => kwh(meter.energyExport) },
    ],
    zeros: [
      [0x2000, 0x200f],
      [0x4000, 0x400b],
    ],
    abilities: { functions: [3, 4, 16] },
  },
  /** Integers in holding registers; is written by function 16 only. */
  "hiking-dds238": {
    line: { baud: 9600, format: "8N1" },
    table: "holding",
    rows: [
      { address: 0, type: "uint32", of: (meter) => tens(meter.energyImport) + tens(meter.energyExport) },
      { address: 8, type: "uint32", of: (meter) => tens(meter.energyExport) },
      { address: 10, type: "uint32", of: (meter) => tens(meter.energyImport) },
      { address: 12, type: "uint16", of: (meter) => meter.voltage * 10 },
      { address: 13, type: "uint16", of: (meter) => meter.current * 100 },
      { address: 14, type: "int16", of: (meter) => meter.power },
      { address: 15, type: "uint16", of: (meter) => meter.reactivePower ?? 0 },
      { address: 16, type: "uint16", of: (meter) => meter.powerFactor * 1000 },
      { address: 17, type: "uint16", of: (meter) => meter.frequency * 100 },
    ],
    zeros: [[0, 17]],
    abilities: { functions: [3, 16] },
    own: { both: 21, bauds: { 1: 9600, 2: 4800, 3: 2400, 4: 1200 } },
  },
  /** Integers in input registers, low word first. */
  "pzem-016": {
    line: { baud: 9600, format: "8N1" },
    table: "input",
    rows: [
      { address: 0, type: "uint16", of: (meter) => meter.voltage * 10 },
      { address: 1, type: "uint32", order: "CDAB", of: (meter) => meter.current * 1000 },
      { address: 3, type: "uint32", order: "CDAB", of: (meter) => meter.power * 10 },
      { address: 5, type: "uint32", order: "CDAB", of: (meter) => meter.energyImport },
      { address: 7, type: "uint16", of: (meter) => meter.frequency * 10 },
      { address: 8, type: "uint16", of: (meter) => meter.powerFactor * 100 },
      { address: 9, type: "uint16", of: () => 0 },
    ],
    abilities: { functions: [3, 4, 6] },
    // The register is recalled; its speed is fixed.
    own: { unit: 2 },
    aliases: [0xf8],
  },
  /** No maker's map: every value in BCD, as meters that grew out of DL/T 645 do. */
  bcd: {
    line: { baud: 2400, format: "8E1" },
    table: "holding",
    rows: [
      { address: 0, type: "bcd16", of: (meter) => meter.voltage * 10 },
      { address: 1, type: "bcd32", of: (meter) => meter.current * 1000 },
      { address: 3, type: "bcd32", of: (meter) => meter.power * 10 },
      { address: 5, type: "bcd32", of: (meter) => tens(meter.energyImport) },
      { address: 7, type: "bcd64", of: (meter) => meter.energyImport },
    ],
    abilities: { functions: [3] },
  },
} as const satisfies Record<string, Model<OnePhase>>;

export const threePhaseModels = {
  /** Floats in input registers, at addresses that mean other things on the one-phase model. */
  "eastron-sdm630": {
    line: { baud: 9600, format: "8N1" },
    table: "input",
    rows: [
      ...each((n) => ({ address: n * 2, type: "float32", of: (meter) => meter.voltage[n] })),
      ...each((n) => ({ address: 6 + n * 2, type: "float32", of: (meter) => meter.current[n] })),
      ...each((n) => ({ address: 12 + n * 2, type: "float32", of: (meter) => meter.power[n] })),
      { address: 52, type: "float32", of: (meter) => sum(meter.power) },
      { address: 62, type: "float32", of: (meter) => meter.powerFactor },
      { address: 70, type: "float32", of: (meter) => meter.frequency },
      { address: 72, type: "float32", of: (meter) => kwh(meter.energyImport) },
      { address: 74, type: "float32", of: (meter) => kwh(meter.energyExport) },
      { address: 342, type: "float32", of: (meter) => kwh(meter.energyImport) + kwh(meter.energyExport) },
    ],
    zeros: [[0, 107]],
    abilities: { functions: [3, 4, 16] },
    own: { ...eastronOwn, bauds: { ...eastronOwn.bauds, 3: 19_200, 4: 38_400 } },
  },
  /** Floats that hold raw steps: 2301.5 is 230.15 V. */
  "chint-dtsu666": {
    line: { baud: 9600, format: "8N1" },
    table: "holding",
    rows: [
      ...each((n) => ({ address: 0x2006 + n * 2, type: "float32", of: (meter) => meter.voltage[n] * 10 })),
      ...each((n) => ({ address: 0x200c + n * 2, type: "float32", of: (meter) => meter.current[n] * 1000 })),
      { address: 0x2012, type: "float32", of: (meter) => sum(meter.power) * 10 },
      ...each((n) => ({ address: 0x2014 + n * 2, type: "float32", of: (meter) => meter.power[n] * 10 })),
      { address: 0x202a, type: "float32", of: (meter) => meter.powerFactor * 1000 },
      { address: 0x2044, type: "float32", of: (meter) => meter.frequency * 100 },
      { address: 0x101e, type: "float32", of: (meter) => kwh(meter.energyImport) },
      { address: 0x1028, type: "float32", of: (meter) => kwh(meter.energyExport) },
    ],
    zeros: [
      [0x2000, 0x2045],
      [0x101e, 0x1029],
    ],
    abilities: { functions: [3, 16] },
  },
  /** 16- and 32-bit integers. */
  "acrel-adw300": {
    line: { baud: 9600, format: "8N1" },
    table: "holding",
    rows: [
      ...each((n) => ({ address: 20 + n, type: "uint16", of: (meter) => meter.voltage[n] * 10 })),
      ...each((n) => ({ address: 26 + n, type: "uint16", of: (meter) => meter.current[n] * 100 })),
      ...each((n) => ({ address: 30 + n * 2, type: "int32", of: (meter) => meter.power[n] })),
      { address: 36, type: "int32", of: (meter) => sum(meter.power) },
      { address: 62, type: "int32", of: (meter) => tens(meter.energyImport) },
      { address: 64, type: "int32", of: (meter) => tens(meter.energyExport) },
    ],
    zeros: [[20, 65]],
    abilities: { functions: [3, 16] },
  },
  /** Floats in kW, energy as 64-bit Wh; nothing between the values may be read. */
  "schneider-iem3000": {
    line: { baud: 19_200, format: "8E1" },
    table: "holding",
    rows: [
      ...each((n) => ({ address: 2999 + n * 2, type: "float32", of: (meter) => meter.current[n] })),
      ...each((n) => ({ address: 3027 + n * 2, type: "float32", of: (meter) => meter.voltage[n] })),
      { address: 3059, type: "float32", of: (meter) => sum(meter.power) / 1000 },
      { address: 3109, type: "float32", of: (meter) => meter.frequency },
      { address: 3203, type: "int64", of: (meter) => meter.energyImport },
      { address: 3207, type: "int64", of: (meter) => meter.energyExport ?? 0 },
    ],
    abilities: { functions: [3, 16] },
  },
} as const satisfies Record<string, Model<ThreePhase>>;

/** @param source asked at every request */
export function onePhaseMeter(
  model: OnePhaseModel,
  source: () => OnePhase,
  options: ModbusDeviceOptions,
): ModbusSlave {
  return meter<OnePhase>(onePhaseModels[model], source, options);
}

/** @param source asked at every request */
export function threePhaseMeter(
  model: ThreePhaseModel,
  source: () => ThreePhase,
  options: ModbusDeviceOptions,
): ModbusSlave {
  return meter<ThreePhase>(threePhaseModels[model], source, options);
}

function meter<Values>(
  model: Model<Values>,
  source: () => Values,
  options: ModbusDeviceOptions,
): ModbusSlave {
  return modbusDevice(options, model, (bank, slave) => {
    if (model.own !== undefined) bank.add(...ownFields(slave, model.own, model.line.baud));
    for (const table of [model.table, model.also]) {
      if (table === undefined) continue;
      bank.add(...fieldsOf(model.rows, source, table));
      for (const [first, last] of model.zeros ?? []) bank.zeros(table, first, last);
    }
  });
}

/** One row for each phase. */
function each(row: (n: 0 | 1 | 2) => Row<ThreePhase>): Row<ThreePhase>[] {
  return [row(0), row(1), row(2)];
}
