/** Frames of sensors as the tests make them, byte by byte from their manuals, and devices as the loader gives them. */
import type { SerialDevice, SerialSensorLink, SerialSource } from "../../../drivers/serial/fields.ts";
import { profileSchema, sourceSchema } from "../../../drivers/serial/fields.ts";
import type { SerialJob } from "../../../drivers/serial/plan.ts";
import { serialKind } from "../../../drivers/serial/schema.ts";

export const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));

export const link: SerialSensorLink = { device: "/dev/ttyS4", baud: 9600, format: "8N1" };

/** Plantower: 42 4D, the length of the rest, 13 words, their sum. */
export function pms(...words: number[]): Uint8Array {
  const frame = [0x42, 0x4d, 0, 28];
  for (let index = 0; index < 13; index++) {
    const word = words[index] ?? 0;
    frame.push(word >> 8, word & 255);
  }
  let sum = 0;
  for (const byte of frame) sum += byte;
  return Uint8Array.of(...frame, sum >> 8, sum & 255);
}

export function sds(pm25: number, pm10: number): Uint8Array {
  const data = [pm25 & 255, pm25 >> 8, pm10 & 255, pm10 >> 8, 0x12, 0x34];
  let sum = 0;
  for (const byte of data) sum += byte;
  return Uint8Array.of(0xaa, 0xc0, ...data, sum & 255, 0xab);
}

export const mhzAsked = bytes("FF 01 86 00 00 00 00 00 79");
export function mhz(co2: number, temperature = 20): Uint8Array {
  const data = [0x86, co2 >> 8, co2 & 255, temperature + 40, 0, 0, 0];
  let sum = 0;
  for (const byte of data) sum += byte;
  return Uint8Array.of(0xff, ...data, (256 - (sum % 256)) % 256);
}

export const written = {
  pms: { start: "42 4D 00 1C", length: "32", checksum: { kind: "sum16" } },
  sds: {
    start: "AA C0",
    length: "10",
    end: "AB",
    order: "DCBA",
    checksum: { kind: "sum8", from: "2" },
  },
  mhz: {
    ask: "FF 01 86 00 00 00 00 00 79",
    start: "FF 86",
    length: "9",
    checksum: { kind: "negsum8", from: "1" },
  },
} as const;

const word = (at: string): SerialSource => sourceSchema.parse({ at, type: "uint16" });
const points = {
  pms: { pm1: word("10"), pm25: word("12"), pm10: word("14") },
  sds: { pm25: word("2"), pm10: word("4") },
  mhz: { co2: word("2"), device_temperature: sourceSchema.parse({ at: "4" }) },
} as const;

export function sensor(model: keyof typeof written, more: Record<string, string> = {}): SerialDevice {
  return {
    id: "air",
    address: {},
    profile: profileSchema.parse({ ...written[model], ...more }),
    simulated: false,
    points: Object.entries(points[model]).map(([id, source]) => ({ id, source, everyMs: 10_000 })),
    actions: {},
  };
}

/** @throws unless the sensor has one job */
export function jobOf(device: SerialDevice, on: SerialSensorLink = link): SerialJob {
  const [job, ...others] = serialKind.plan(on, [device]) as SerialJob[];
  if (job === undefined || others.length > 0) throw new Error("one job was expected");
  return job;
}
