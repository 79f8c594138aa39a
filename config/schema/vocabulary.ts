/**
 * The words every part shares: what a value, a series and a reason are.
 * Pure types and the zod schemas that guard them; nothing here does I/O.
 */
import { z } from "zod";

export { Quality, TimeQuality } from "./quality.ts";

/** A text for people, always in both languages. */
export interface Text {
  zh: string;
  en: string;
}

/** What a point can say: a finite number, a boolean, a text of at most 256 characters, or "no value". */
export type Value = number | boolean | string | null;

/** Both ends included. */
export type SeqRange = readonly [first: number, last: number];

/** Longest text that may be a value; anything longer is a blob and never becomes a record. */
export const maxTextLength = 256;

export const valueSchema = z
  .union([z.number(), z.boolean(), z.string().max(maxTextLength), z.null()])
  .describe("A finite number, a boolean, a text of at most 256 characters, or null for no value");

export const recordKinds = ["measurement", "state", "event", "alarm", "derived", "counter"] as const;
export type RecordKind = (typeof recordKinds)[number];

/** Everything a row does not repeat: who says what, where, in which unit, at which data level. */
export interface Series {
  device: string;
  point: string;
  space: string;
  /** UCUM code; present exactly for numbers. */
  unit?: string | undefined;
  kind: RecordKind;
  /** Data level 1 to 4; 9 never becomes a record. */
  level: number;
  /** What produced it: profile id of the device, or the part of the gateway. */
  source: string;
  /** Present and true for data of simulated devices; their rows' quality has bit 7. */
  simulated?: true | undefined;
}

export const seriesSchema = z
  .strictObject({
    device: z.string().min(1).max(64).describe("Device id: names a position, not hardware"),
    point: z.string().min(1).max(64).describe("Point id"),
    space: z
      .string()
      .max(64)
      .describe("Space where the device was bound at that time; empty for the gateway itself"),
    unit: z.string().max(16).optional().describe("UCUM unit, present for numbers"),
    kind: z.enum(recordKinds),
    level: z.int().min(1).max(4).describe("Data level; 1 public, 2 internal, 3 sensitive, 4 personal"),
    simulated: z.literal(true).optional().describe("Data of a simulated device"),
    source: z.string().max(64).describe("Profile of the device, or the part of the gateway that produced it"),
  })
  .describe("What the rows of one series have in common");

/** Eviction class (R11): T = measurement, derived, counter samples; K = alarm, event, access, loss, opening, audit, command. */
export type RecordClass = "T" | "K";

export const healthStates = ["ok", "degraded", "down", "off", "unknown"] as const;
export type HealthState = (typeof healthStates)[number];

/** One statement about the health of one subject; `code` is a row of config/catalogue/reasons. */
export interface Reason {
  level: "gateway" | "bus" | "device" | "point";
  subject: string;
  state: HealthState;
  code: string;
  /** Wall ms UTC. */
  since: number;
  facts: Record<string, Value>;
  /** Subject of the reason that explains this one. */
  root?: string | undefined;
}
