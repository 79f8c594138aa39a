/** Air sensors on RS-485: the maps of some makers, and values from whoever lends them a room. */
import type { Abilities } from "../modbus/pdu.ts";
import type { ModbusSlave } from "../modbus/slave.ts";
import {
  type FactoryLine,
  fieldsOf,
  type ModbusDeviceOptions,
  modbusDevice,
  type Row,
  steps,
} from "./modbus-map.ts";
import { fewBauds, type OwnRegisters, ownFields, ratesAs } from "./modbus-own.ts";

/** What is in the air; null or absent: the sensor says that it has no value. */
export interface AirValues {
  /** °C */
  temperature?: number | null;
  /** % relative humidity */
  humidity?: number | null;
  /** ppm */
  co2?: number | null;
  /** ppb */
  tvoc?: number | null;
  /** µg/m³ */
  pm25?: number | null;
  pm10?: number | null;
  /** dB(A) */
  noise?: number | null;
  /** kPa */
  pressure?: number | null;
  /** lx */
  illuminance?: number | null;
}

export type AirModel = keyof typeof airModels;

interface Model {
  line: FactoryLine;
  table: "holding" | "input";
  rows: readonly Row<AirValues>[];
  /** First and last register that are 0 where no value lies. */
  zeros?: readonly [number, number];
  abilities: Partial<Abilities>;
  own?: OwnRegisters;
  aliases?: readonly number[];
}

const humidity: Row<AirValues>["of"] = (air) => steps(air.humidity, 10);
const temperature: Row<AirValues>["of"] = (air) => steps(air.temperature, 10);

export const airModels = {
  /** Board with humidity, temperature, PM2.5, CO₂, TVOC, PM10 in registers 0 to 9. */
  "jxct-air-board": {
    line: { baud: 9600, format: "8N1" },
    table: "holding",
    rows: [
      { address: 0, type: "uint16", of: humidity },
      { address: 1, type: "int16", of: temperature },
      { address: 4, type: "uint16", of: (air) => steps(air.pm25, 1) },
      { address: 5, type: "uint16", of: (air) => steps(air.co2, 1) },
      { address: 6, type: "uint16", of: (air) => steps(air.tvoc, 1) },
      { address: 9, type: "uint16", of: (air) => steps(air.pm10, 1) },
    ],
    zeros: [0, 9],
    abilities: { functions: [3, 6] },
    own: { unit: 0x100, baud: 0x101, bauds: fewBauds },
  },
  /** Humidity first, then temperature. */
  "renke-ws-n01-8": {
    line: { baud: 4800, format: "8N1" },
    table: "holding",
    rows: [
      { address: 0, type: "uint16", of: humidity },
      { address: 1, type: "int16", of: temperature },
    ],
    abilities: { functions: [3, 6] },
    own: { unit: 0x7d0, baud: 0x7d1, bauds: fewBauds, from: { baud: "power" } },
  },
  /** The same family the other way round, with two stop bits. */
  "renke-ws-n01-tr": {
    line: { baud: 4800, format: "8N2" },
    table: "holding",
    rows: [
      { address: 0, type: "int16", of: temperature },
      { address: 1, type: "uint16", of: humidity },
    ],
    abilities: { functions: [3, 6] },
    own: { unit: 0x7d0, baud: 0x7d1, bauds: fewBauds, from: { baud: "power" } },
  },
  /** A weather box with everything from register 500 on. */
  "renke-multi-500": {
    line: { baud: 4800, format: "8N1" },
    table: "holding",
    rows: [
      { address: 500, type: "uint16", of: humidity },
      { address: 501, type: "int16", of: temperature },
      { address: 502, type: "uint16", of: (air) => steps(air.noise, 10) },
      { address: 503, type: "uint16", of: (air) => steps(air.pm25, 1) },
      { address: 504, type: "uint16", of: (air) => steps(air.pm10, 1) },
      { address: 505, type: "uint16", of: (air) => steps(air.pressure, 10) },
      { address: 506, type: "uint32", of: (air) => steps(air.illuminance, 1) },
      { address: 508, type: "uint16", of: (air) => steps(air.illuminance, 0.01) },
    ],
    abilities: { functions: [3, 6] },
    own: { unit: 0x7d0, baud: 0x7d1, bauds: fewBauds, from: { baud: "power" } },
  },
  /** The plainest of a large family. */
  "jxct-th": {
    line: { baud: 9600, format: "8N1" },
    table: "holding",
    rows: [
      { address: 0, type: "uint16", of: humidity },
      { address: 1, type: "int16", of: temperature },
    ],
    abilities: { functions: [3, 6] },
    own: { unit: 0x100, baud: 0x101, bauds: fewBauds },
  },
  /** Light as well; answers to 0xFF, whatever its address is. */
  "cwt-sl": {
    line: { baud: 4800, format: "8N1" },
    table: "holding",
    rows: [
      { address: 0, type: "uint16", of: humidity },
      { address: 1, type: "int16", of: temperature },
      { address: 6, type: "uint16", of: (air) => steps(air.illuminance, 1) },
    ],
    abilities: { functions: [3, 6] },
    own: { unit: 0x7d0, baud: 0x7d1, bauds: fewBauds, from: { baud: "power" } },
    aliases: [0xff],
  },
  /** Input registers; the baud register holds the rate itself. */
  "xy-md02": {
    line: { baud: 9600, format: "8N1" },
    table: "input",
    rows: [
      { address: 1, type: "int16", of: temperature },
      { address: 2, type: "uint16", of: humidity },
    ],
    abilities: { functions: [3, 4, 6, 16] },
    own: {
      unit: 0x101,
      baud: 0x102,
      bauds: ratesAs(9600, 14_400, 19_200),
      from: { unit: "power", baud: "power" },
    },
  },
  /** Sold under the same name, in hundredths. */
  "md02-x100": {
    line: { baud: 9600, format: "8N1" },
    table: "input",
    rows: [
      { address: 1, type: "int16", of: (air) => steps(air.temperature, 100) },
      { address: 2, type: "uint16", of: (air) => steps(air.humidity, 100) },
    ],
    abilities: { functions: [3, 4, 6] },
    own: { unit: 0x100, baud: 0x101, bauds: fewBauds, writeOnly: true, answersAsNew: true },
  },
  /** CO₂ in input register 3; answers to 0xFE whatever its address is. */
  "senseair-s8": {
    line: { baud: 9600, format: "8N1" },
    table: "input",
    rows: [
      { address: 0, type: "uint16", of: () => 0 },
      { address: 3, type: "int16", of: (air) => steps(air.co2, 1) },
    ],
    zeros: [0, 3],
    abilities: { functions: [3, 4, 6] },
    aliases: [0xfe],
  },
} as const satisfies Record<string, Model>;

/** @param source asked at every request */
export function modbusAir(
  model: AirModel,
  source: () => AirValues,
  options: ModbusDeviceOptions,
): ModbusSlave {
  const facts: Model = airModels[model];
  const { table, rows, zeros, own } = facts;
  return modbusDevice(options, facts, (bank, slave) => {
    bank.add(...fieldsOf(rows, source, table));
    if (zeros !== undefined) bank.zeros(table, ...zeros);
    if (own === undefined) return;
    bank.add(...ownFields(slave, own, facts.line.baud));
  });
}
