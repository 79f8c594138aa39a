/** Batches written by hand: plain objects of the published shape, as JSON. */
import { createHash } from "node:crypto";

export const school = "2133000001";
export const gateway = "gw1";
export const epochA = "a".repeat(20);
export const epochB = "b".repeat(20);

export const co2 = {
  device: "301-air",
  point: "co2",
  space: "2133000001-01-JX1-F03-301",
  unit: "[ppm]",
  kind: "measurement",
  level: 2,
  source: "air",
};

/** A row of series 1 whose value is its seq. */
export function row(seq: number, value: unknown = seq, ...more: number[]): unknown[] {
  return [seq, 1, seq * 1000, value, 0, ...more];
}

export function rows(first: number, last: number): unknown[][] {
  return Array.from({ length: last - first + 1 }, (_, index) => row(first + index));
}

let nonce = 0;

/** A live claim of nothing, with `more` on top; every call has another nonce. */
export function body(more: Record<string, unknown> = {}): object {
  nonce += 1;
  return {
    v: 1,
    school,
    gateway,
    lane: "live",
    epoch: epochA,
    first: 1,
    last: 0,
    head: 0,
    at: 1_790_000_000_000,
    base: 1_790_000_000_000,
    baseQuality: 0,
    nonce: nonce.toString(16).padStart(32, "0"),
    gaps: [],
    series: { 1: co2 },
    rows: [],
    ...more,
  };
}

/** A claim of [first, last] that is full of rows. */
export function claim(first: number, last: number, more: Record<string, unknown> = {}): object {
  return body({ first, last, head: last, rows: rows(first, last), ...more });
}

/** Rows without a claim. */
export function unclaimed(
  lane: "early" | "retry",
  head: number,
  list: unknown[][],
  more: object = {},
): object {
  const { first: _first, last: _last, ...rest } = body({ lane, head, rows: list }) as Record<string, unknown>;
  return { ...rest, ...more };
}

export function bytes(batch: object): Buffer {
  return Buffer.from(JSON.stringify(batch));
}

export function idOf(batch: Uint8Array): string {
  return createHash("sha256").update(batch).digest("hex");
}
