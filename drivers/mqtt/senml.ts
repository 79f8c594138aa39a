/**
 * SenML in JSON (RFC 8428): a pack → its records with every base field resolved. Pure.
 *
 * Holds: the structure is taken whole or not at all; a value that is not what its field may hold is a fault of
 * its record alone. Names, units and texts of a pack never leave in a fault.
 * Never taken: opaque data (`vd`), and names that say personal data of level 9; the whole pack is refused.
 */
import { maxTextLength } from "../../config/schema/vocabulary.ts";
import type { MqttFaultCode } from "./faults.ts";
import { isForbiddenName } from "./forbidden.ts";
import { exact } from "./raw.ts";
import { add } from "./units.ts";

/** Most records of one pack. */
export const maxRecords = 500;
/** Longest resolved name, characters. */
const maxName = 256;
/** Times below it are relative to now, s (4.5.3). */
const absoluteFrom = 2 ** 28;
/** Furthest instant that a Date can hold, ms. */
const maxMs = 8.64e15;
/** Version that is meant when none is said (4.4). */
const usualVersion = 10;
/** The same with secondary units (RFC 9100, feature 4). */
const withSecondaryUnits = 26;

/** One value of one name at one time; what it does not have is absent. */
export interface SenmlRecord {
  /** Base name and name. */
  name: string;
  unit?: string;
  value?: number | string | boolean;
  sum?: number;
  /** Why `value` or `sum` is not there although the pack has it. */
  fault?: MqttFaultCode;
  /** Wall ms UTC by the device's own clock; null: no instant at all. */
  timeMs?: number | null;
  /** Its time is counted from now instead: so many ms before it. Neither of the two: now. */
  ageMs?: number;
}

export type Pack = { records: SenmlRecord[] } | { fault: MqttFaultCode };

/** 4.5.1: letters, digits and - : . / _, the first a letter or digit. */
export const usableName = (name: string) =>
  name.length <= maxName && /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/.test(name);

/**
 * What a record measures: its name without the base name that a unit has for itself. That is all up to the last
 * colon, as in `urn:dev:mac:0024befffe804ff1:temperature`, wherever the pack divides base name and name.
 */
export const ownName = (name: string) => name.slice(name.lastIndexOf(":") + 1);

interface Bases {
  bn: string;
  bt: number;
  bu: string | undefined;
  bv: number | undefined;
  bs: number | undefined;
}

type Fields = Record<string, unknown>;

const texts = ["bn", "bu", "n", "u"];
const numbers = ["bt", "bv", "bs", "t", "ut"];
const values = ["v", "vs", "vb", "vd"];

export function readPack(document: unknown): Pack {
  if (!Array.isArray(document) || document.length === 0 || document.length > maxRecords) return broken;
  const bases: Bases = { bn: "", bt: 0, bu: undefined, bv: undefined, bs: undefined };
  const records: SenmlRecord[] = [];
  let version = usualVersion;
  for (const [index, fields] of document.entries()) {
    if (!isFields(fields)) return broken;
    const fault = faultOf(fields);
    if (fault !== null) return { fault };
    const { bver } = fields;
    if (index === 0 && bver !== undefined) version = bver as number;
    else if (bver !== undefined && bver !== version) return broken; // 4.4: one version in a pack
    if (version > usualVersion && version !== withSecondaryUnits) return { fault: "mqtt.senml-newer" };
    const record = resolve(fields, bases);
    if (record === null) continue;
    if (!usableName(record.name)) return broken;
    // What a unit calls itself (the letters of a MAC address) is no word.
    if (isForbiddenName(ownName(record.name))) return { fault: "mqtt.forbidden" };
    records.push(record);
  }
  return { records };
}

const broken: Pack = { fault: "mqtt.senml" };

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is wrong with a record's structure. */
function faultOf(fields: Fields): MqttFaultCode | null {
  if (Object.hasOwn(fields, "vd")) return "mqtt.forbidden";
  // 4.4: a field that ends in _ must be understood.
  if (Object.keys(fields).some((name) => name.endsWith("_"))) return "mqtt.senml-newer";
  const { bver } = fields;
  const sound =
    texts.every((name) => fields[name] === undefined || typeof fields[name] === "string") &&
    numbers.every((name) => fields[name] === undefined || Number.isFinite(fields[name])) &&
    (bver === undefined || (Number.isSafeInteger(bver) && (bver as number) > 0)) &&
    values.filter((name) => Object.hasOwn(fields, name)).length <= 1;
  return sound ? null : "mqtt.senml";
}

/** Moves the bases on; null when the record has nothing but bases, or no value. */
function resolve(fields: Fields, bases: Bases): SenmlRecord | null {
  const {
    bn,
    bt,
    bu,
    bv,
    bs,
    n = "",
    u,
    t = 0,
  } = fields as Partial<Bases> & { n?: string; u?: string; t?: number };
  if (bn !== undefined) bases.bn = bn;
  if (bt !== undefined) bases.bt = bt;
  if (bu !== undefined) bases.bu = bu;
  if (bv !== undefined) bases.bv = bv;
  if (bs !== undefined) bases.bs = bs;
  if (Object.keys(fields).every((name) => name.startsWith("b"))) return null;
  const said = { ...recordValue(fields, bases), ...recordSum(fields, bases) };
  if (said.value === undefined && said.sum === undefined && said.fault === undefined) return null;
  const unit = u ?? bases.bu;
  return {
    name: `${bases.bn}${n}`,
    ...(unit === undefined ? {} : { unit }),
    ...said,
    ...timeOf(add(bases.bt, t)),
  };
}

/** 4.5.4: what is missing of value and base value is zero; a record with a sum needs no value. */
function recordValue(fields: Fields, { bv }: Bases): Pick<SenmlRecord, "value" | "fault"> {
  const { v, vs, vb, s } = fields;
  if (vs !== undefined) {
    const fits = typeof vs === "string" && vs.length <= maxTextLength && vs.isWellFormed();
    return fits ? { value: vs } : { fault: "mqtt.type" };
  }
  if (vb !== undefined) return typeof vb === "boolean" ? { value: vb } : { fault: "mqtt.type" };
  if (v === undefined) return bv === undefined || s !== undefined ? {} : number(bv);
  return typeof v === "number" ? number(add(v, bv ?? 0)) : { fault: "mqtt.type" };
}

const number = (value: number): Pick<SenmlRecord, "value" | "fault"> =>
  exact(value) ? { value } : { fault: "mqtt.number" };

function recordSum({ s }: Fields, { bs }: Bases): Pick<SenmlRecord, "sum" | "fault"> {
  if (s === undefined && bs === undefined) return {};
  if (s !== undefined && typeof s !== "number") return { fault: "mqtt.type" };
  const sum = add(s ?? 0, bs ?? 0);
  return exact(sum) ? { sum } : { fault: "mqtt.number" };
}

/** What is counted from now stays so: the machine's clock may itself be wrong. */
function timeOf(seconds: number): Pick<SenmlRecord, "timeMs" | "ageMs"> {
  if (seconds === 0) return {};
  const ms = Math.round(seconds * 1000);
  if (!(Math.abs(ms) <= maxMs)) return { timeMs: null };
  return seconds >= absoluteFrom ? { timeMs: ms } : { ageMs: -ms };
}
