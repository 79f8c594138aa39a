/** Batches as a gateway makes them, what a platform says to them, and errors looked at closely: for tests of uplinks. */
import { expect } from "vitest";
import { type Batch, type Slice, UplinkError } from "../../gateway/contract/index.ts";
import { createEncoder } from "../../gateway/encode/encoder.ts";

export const never = new AbortController().signal;
const encoder = createEncoder({ school: "2133000001", gateway: "gw1", wallMs: () => Date.UTC(2026, 8, 1) });
const co2 = {
  device: "301-air",
  point: "co2",
  space: "2133000001-01-JX1-F03-301",
  unit: "[ppm]",
  kind: "measurement",
  level: 2,
  source: "jxct-air-board",
} as const;

/** A batch of one epoch with these values, from seq `first`. */
export function batchOf(values: (number | string)[], more: Partial<Slice> = {}, first = 1): Batch {
  const rows = values.map((value, n) => ({
    seq: first + n,
    series: 1,
    text: encoder.row({ series: co2, class: "T", value, quality: 0 }, first + n, 1, n * 1000),
  }));
  const slice: Slice = {
    id: `slice-${first}`,
    lane: "live",
    epoch: "0123456789abcdef0123",
    base: Date.UTC(2026, 8, 1),
    baseQuality: 0,
    head: first + values.length - 1,
    range: [first, first + values.length - 1],
    rows,
    series: new Map([[1, co2]]),
    gaps: [],
    ...more,
  };
  if (slice.lane === "early" || slice.lane === "retry") delete slice.range;
  return encoder.batch(slice);
}

/** The receipt that takes every row of a batch, as a platform sends it. */
export function takes(batch: Batch, more: object = {}): object {
  return { v: 1, batch: batch.id, taken: batch.rows, rejected: [], next: 4, at: 1_790_000_000_000, ...more };
}

/** The error with which `work` fails: an `UplinkError`, or the test does. */
export async function failure(work: Promise<unknown>): Promise<UplinkError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(UplinkError);
  return outcome as UplinkError;
}

/** An error as a careless log would print it: all own properties, stack and causes. */
export function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((key) => {
    const value = (error as unknown as Record<string, unknown>)[key];
    if (value instanceof Error) return everything(value);
    return typeof value === "object" ? "" : `${key}=${String(value)}`;
  });
  return own.join("\n");
}
