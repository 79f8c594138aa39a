/**
 * What is publicly known of Modbus devices, where that collection lies beside the project, and how its words read in
 * ours. The profiles were written by hand from the same sources: comparing both finds a slip of the pen.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../../../shared/devices");
const captures = join(import.meta.dirname, "../../../../shared/captures/modbus_rtu.json");

export const present = existsSync(folder) && existsSync(captures);

export interface PointFacts {
  key: string;
  address: number;
  /** Reads it, or writes it where it cannot be read. */
  fc: number;
  type: string;
  scale: number;
  unit: string;
  access: string;
  wordOrder?: string;
  writeFc?: number[];
  note?: string;
  enum?: Record<string, string | number>;
  range?: [number, number];
}

export interface DeviceFacts {
  id: string;
  verified: "two-sources" | "one-source" | "recalled";
  line: {
    protocol?: string;
    baud: number;
    parity: "none" | "even" | "odd";
    dataBits: number;
    stopBits: number;
    defaultUnitId: number;
    addressBase: number;
    baudNote?: string;
  };
  points: PointFacts[];
  quirks: string[];
}

export const modbusFacts: readonly DeviceFacts[] = (present ? readdirSync(folder) : [])
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as DeviceFacts)
  .filter(({ line }) => line?.protocol?.startsWith("modbus") === true);

export interface Capture {
  id: string;
  role: string;
  hex: string;
  crc_ok: boolean;
  decoded: Record<string, number | boolean | number[]> | null;
}

/** Published frames. */
export const captured: readonly Capture[] = present
  ? (JSON.parse(readFileSync(captures, "utf8")) as { items: Capture[] }).items
  : [];

const phases = ["a", "b", "c"] as const;

const words: Readonly<Record<string, readonly string[]>> = {
  pm2_5: ["pm25"],
  tvoc: ["tvoc_ppb"],
  energy_import: ["energy"],
  reactive_power: ["power_reactive"],
  apparent_power: ["power_apparent"],
  illuminance_65k: ["illuminance"],
  illuminance_200k: ["illuminance"],
  room_temperature: ["temperature"],
  target_temperature: ["ac_setpoint"],
  mode: ["ac_mode", "ac_power"],
  fan: ["fan_speed"],
};

/** The points of the catalogue that are this one of the facts. */
export function pointsOf(key: string): readonly string[] {
  const [, quantity, phase] = /^(voltage|current|power)_l([123])$/.exec(key) ?? [];
  if (quantity !== undefined) return [`${quantity}_${phases[Number(phase) - 1]}`];
  const [, relay] = /^relay(\d)$/.exec(key) ?? [];
  if (relay !== undefined) return [`switch_${relay}`];
  return words[key] ?? [key];
}

/** Settings and commands: nothing to read as a point. */
export const settings: ReadonlySet<string> = new Set([
  "device_address",
  "unit_id",
  "baud",
  "baud_code",
  "address_and_baud",
  "uart",
  "temperature_correction",
  "humidity_correction",
  "ack",
  "special_command",
  "abc_period",
  "all_on_off",
  "toggle_all",
]);

/** No source says what their numbers mean. */
export const unexplained: ReadonlySet<string> = new Set([
  "senseair-s8 meter_status",
  "pzem-004t alarm",
  "onokom-air-ac activity",
]);

/** The catalogue's unit of each unit, and what one of it is in that. */
export const units: Readonly<Record<string, readonly [ucum: string | undefined, factor: number]>> = {
  "": [undefined, 1],
  V: ["V", 1],
  A: ["A", 1],
  W: ["W", 1],
  VA: ["V.A", 1],
  var: ["V.A{reactive}", 1],
  Hz: ["Hz", 1],
  kWh: ["kW.h", 1],
  Wh: ["kW.h", 0.001],
  "°C": ["Cel", 1],
  "%RH": ["%", 1],
  ppm: ["[ppm]", 1],
  ppb: ["[ppb]", 1],
  "µg/m³": ["ug/m3", 1],
  lx: ["lx", 1],
};

/** Nothing but the notes says that the settings as delivered are only guessed. */
export const isGuessed = ({ line, quirks }: DeviceFacts): boolean =>
  [line.baudNote ?? "", ...quirks].some(
    (note) => /baud|8N1|factory/.test(note) && /recalled|not confirmed/.test(note),
  );
