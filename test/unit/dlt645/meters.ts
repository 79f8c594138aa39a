/**
 * Meters as the tests of DL/T 645 need them: frames made here, by the standard's rules and none of the driver's code,
 * and devices as the loader gives them.
 */
import type { DriverContext, DriverFact } from "../../../drivers/contract/index.ts";
import type { DltJob } from "../../../drivers/dlt645/plan.ts";
import {
  type DltDevice,
  type DltLink,
  dltAddressSchema,
  dltKind,
  profileSchema,
  sourceSchema,
} from "../../../drivers/dlt645/schema.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

export const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
export const hex = (all: Iterable<number>): string =>
  [...all].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");

/** Digits as they are read → low byte first. */
export const low = (digits: string): number[] => [...Buffer.from(digits, "hex")].reverse();

/** A frame without wake-up. */
export function frame(meter: string, control: number, data: readonly number[]): number[] {
  const body = [0x68, ...low(meter), 0x68, control, data.length, ...data.map((byte) => (byte + 0x33) & 0xff)];
  return [...body, body.reduce((sum, byte) => sum + byte, 0) & 0xff, 0x16];
}

export const meter = "000021081234";
export const wake = [0xfe, 0xfe, 0xfe, 0xfe];
/** An answer to a read: values as digits that are read. */
export const answer = (di: string, values: readonly string[], of = meter, control = 0x91): number[] =>
  frame(of, control, [...low(di), ...values.flatMap(low)]);
export const refusal = (error: number, of = meter, control = 0xd1): number[] => frame(of, control, [error]);

export interface Asked {
  meter: string;
  control: number;
  di: string;
  /** Number of a following frame. */
  seq?: number | undefined;
}

/** What a meter is asked by these bytes; null: it is no whole request. */
export function parse(sent: Uint8Array): Asked | null {
  const start = sent.indexOf(0x68);
  const rest = [...sent.subarray(Math.max(0, start))];
  const size = rest[9] ?? -1;
  if (start !== 4 || rest.length !== 12 + size || rest[7] !== 0x68 || rest.at(-1) !== 0x16) return null;
  const sum = rest.slice(0, -2).reduce((all, byte) => all + byte, 0) & 0xff;
  if (sum !== rest.at(-2)) return null;
  const data = rest.slice(10, 10 + size).map((byte) => (byte - 0x33) & 0xff);
  const text = (some: number[]) => Buffer.from(some.reverse()).toString("hex").toUpperCase();
  return {
    meter: text(rest.slice(1, 7)),
    control: rest[8] ?? 0,
    di: text(data.slice(0, 4)),
    seq: data[4],
  };
}

type Written = Record<string, string>;

/** A meter as the loader gives it. */
export function device(
  id: string,
  points: Record<string, Written & { everyMs?: string }>,
  more: { meter?: string; expect?: string; serial?: string; answer?: string } = {},
): DltDevice {
  const { meter: number = meter, expect, answer: longest, ...profile } = more;
  return {
    id,
    address: dltAddressSchema.parse({ meter: number, ...(longest === undefined ? {} : { answer: longest }) }),
    profile: profileSchema.parse(profile),
    simulated: false,
    ...(expect === undefined ? {} : { expect }),
    points: Object.entries(points).map(([point, { everyMs = "60000", ...source }]) => ({
      id: point,
      source: sourceSchema.parse(source),
      everyMs: Number(everyMs),
    })),
    actions: {},
  };
}

export const voltage = { di: "02010100", format: "XXX.X" };
export const energy = { di: "00010000", format: "XXXXXX.XX" };
export const phase = (item: number) => ({ di: "0201FF00", format: "XXX.X", item: String(item) });

export const link: DltLink = { device: "/dev/ttyS4", baud: 2400, format: "8E1" };
export const jobsOf = (devices: DltDevice[], of: DltLink = link): DltJob[] =>
  dltKind.plan(of, devices) as DltJob[];

export interface World {
  clock: FakeClock;
  context: DriverContext;
  facts: DriverFact[];
}

export function world(clock = new FakeClock()): World {
  const facts: DriverFact[] = [];
  return {
    clock,
    facts,
    context: {
      clock,
      log: recordingLog(),
      secret: () => new Uint8Array(),
      digest: (identity) => identity,
      self: "2133000001-gw1-dlt",
      trace: () => {},
      report: (fact) => void facts.push(fact),
    },
  };
}
