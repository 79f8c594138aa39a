/**
 * Rows of one series and epoch as few bytes: columns, of times the differences, deflated with a checksum. Pure.
 *
 * Holds: what is read is what was written, bit for bit (a negative zero aside), or `readChunk` throws.
 */
import { deflateSync, inflateSync } from "node:zlib";
import type { Value } from "../../config/schema/vocabulary.ts";

/** `t` = whole ms since the epoch began; `deviceTime` = wall ms UTC by the device. */
export interface ChunkRow {
  t: number;
  value: Value;
  quality: number;
  deviceTime?: number;
}

/** A series has few rows in a part: a small window is enough and costs less to begin. */
const deflating = { level: 6, windowBits: 12, memLevel: 5, chunkSize: 1024 };
/** Far above what a part can hold of one series. */
const maxBytes = 64 * 1024 * 1024;

type Columns = [
  times: number[],
  values: Value[],
  qualities: number[] | number,
  deviceTimes?: (number | null)[],
];

export function writeChunk(rows: readonly ChunkRow[]): Buffer {
  const [first] = rows;
  const steady = first !== undefined && rows.every(({ quality }) => quality === first.quality);
  const columns: Columns = [
    differences(rows.map(({ t }) => t)),
    rows.map(({ value }) => value),
    steady ? first.quality : rows.map(({ quality }) => quality),
  ];
  if (rows.some(({ deviceTime }) => deviceTime !== undefined))
    columns.push(rows.map(({ deviceTime, t }) => (deviceTime === undefined ? null : deviceTime - t)));
  return deflateSync(JSON.stringify(columns), deflating);
}

/** @throws when it was not written like this */
export function readChunk(bytes: Uint8Array): ChunkRow[] {
  const text = inflateSync(bytes, { maxOutputLength: maxBytes }).toString("utf8");
  const [times, values, qualities, deviceTimes] = JSON.parse(text) as Columns;
  let t = 0;
  return times.map((difference, at) => {
    t += difference;
    const shift = deviceTimes?.[at] ?? null;
    return {
      t,
      value: values[at] ?? null,
      quality: typeof qualities === "number" ? qualities : (qualities[at] ?? 0),
      ...(shift === null ? {} : { deviceTime: shift + t }),
    };
  });
}

function differences(numbers: readonly number[]): number[] {
  return numbers.map((number, at) => number - (numbers[at - 1] ?? 0));
}
