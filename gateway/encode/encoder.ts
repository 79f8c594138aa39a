/**
 * Rows and batches as text (R3, R8). A row's text is final: the journal stores it and the batch carries
 * the very same characters, so a batch is joined, never re-encoded.
 *
 * Never happens: a row with a number that JSON cannot carry, or with a raw tab or line break in it.
 */
import { createHash, randomBytes } from "node:crypto";
import { maxTextLength, type Series, type Value } from "../../config/schema/vocabulary.ts";
import type { Batch, Draft, Encoder, Slice } from "../contract/index.ts";

/** A draft that cannot be a row: the part that made it is wrong, and trying again does not help. */
export class EncodeError extends Error {
  readonly code: "not-a-value" | "not-finite" | "text-too-long" | "out-of-range";
  readonly retry = "never";
  constructor(code: EncodeError["code"], detail: string) {
    super(detail);
    this.name = "EncodeError";
    this.code = code;
  }
}

export interface EncoderParts {
  /** 10 digits. */
  school: string;
  gateway: string;
  /** Wall ms UTC, or null while the gateway's clock is unknown. */
  wallMs(): number | null;
  /** n random bytes; absent: the system's. */
  random?: (n: number) => Uint8Array;
}

/**
 * Makes the encoder of one gateway.
 *
 * `row` throws `EncodeError` for what must never reach it: a number that is not finite, a text above 256
 * characters, a quality outside 0 to 255. `batch` may give more than `maxBatchBytes` when many series meet:
 * an uplink answers `tooLarge` to that, and the sender halves.
 */
export function createEncoder({ school, gateway, wallMs, random = randomBytes }: EncoderParts): Encoder {
  const sender = `{"v":1,"school":${JSON.stringify(school)},"gateway":${JSON.stringify(gateway)}`;
  return {
    row: rowText,
    batch(slice) {
      const nonce = Buffer.from(random(16)).toString("hex");
      const text = `${sender},${header(slice, wallMs(), nonce)},"rows":[${join(slice.rows)}]}`;
      const bytes = Buffer.from(text, "utf8");
      const batch: Batch = {
        id: batchId(bytes),
        lane: slice.lane,
        epoch: slice.epoch,
        rows: slice.rows.length,
        bytes,
      };
      return slice.range === undefined ? batch : { ...batch, range: slice.range };
    },
  };
}

/** The name of a batch: hex SHA-256 over its uncompressed body. */
export function batchId(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

/** `[seq, series, t, value, quality, deviceTime?]`; t = ms since the epoch began. */
function rowText(draft: Draft, seq: number, series: number, t: number): string {
  const { value, quality, deviceTime } = draft;
  if (!Number.isInteger(quality) || quality < 0 || quality > 255) {
    throw new EncodeError("out-of-range", "a quality is a whole number from 0 to 255");
  }
  if (!(t >= 0)) throw new EncodeError("out-of-range", "a row's time is not before its epoch");
  const start = `[${seq},${series},${number(t)},${valueText(value)},${quality}`;
  return deviceTime === undefined ? `${start}]` : `${start},${number(deviceTime)}]`;
}

function valueText(value: Value): string {
  switch (typeof value) {
    case "number":
      return number(value);
    case "boolean":
      return value ? "true" : "false";
    case "string":
      if (value.length > maxTextLength) {
        throw new EncodeError("text-too-long", `a text has at most ${maxTextLength} characters`);
      }
      return JSON.stringify(value);
    default:
      if (value === null) return "null";
      throw new EncodeError("not-a-value", "a value is a number, a boolean, a text or null");
  }
}

/** The shortest text that reads back as the same bits; JSON has a negative zero though JavaScript does not write it. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new EncodeError("not-finite", "a number is finite");
  return Object.is(value, -0) ? "-0" : String(value);
}

function header(slice: Slice, at: number | null, nonce: string): string {
  const { lane, epoch, range, head, base, baseQuality, gaps } = slice;
  const claim = range === undefined ? {} : { first: range[0], last: range[1] };
  const series: Record<string, Series> = {};
  for (const [number, shared] of slice.series) series[number] = shared;
  const fields = { lane, epoch, ...claim, head, at, base, baseQuality, nonce, gaps, series };
  return JSON.stringify(fields).slice(1, -1);
}

function join(rows: Slice["rows"]): string {
  let text = "";
  for (const row of rows) text += text === "" ? row.text : `,${row.text}`;
  return text;
}
