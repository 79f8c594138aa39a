/** Drafts, rows and slices for tests of the encoder and of the decoder. */
import type { Series, Value } from "../../../config/schema/vocabulary.ts";
import type { Draft, Slice } from "../../../gateway/contract/index.ts";
import { createEncoder } from "../../../gateway/encode/encoder.ts";

export const encoder = createEncoder({
  school: "2133000001",
  gateway: "gw1",
  wallMs: () => 1_790_000_000_123,
});
export const series: Series = {
  device: "301-air",
  point: "co2",
  space: "2133000001-01-JX1-F03-301",
  unit: "[ppm]",
  kind: "measurement",
  level: 2,
  source: "jxct-air-board",
};
export const draft = (value: unknown, more: Partial<Draft> = {}): Draft => ({
  series,
  class: "T",
  value: value as Value,
  quality: 0,
  ...more,
});
export const slice = (rows: Slice["rows"], more: Partial<Slice> = {}): Slice => ({
  id: "s",
  lane: "live",
  epoch: "0123456789abcdef0123",
  base: 1_780_000_000_000,
  baseQuality: 0,
  head: 1000,
  range: [1, rows.length],
  rows,
  series: new Map([[1, series]]),
  gaps: [],
  ...more,
});
export const row = (seq: number, value: Value = 1, s = 1) => ({
  seq,
  series: s,
  text: encoder.row(draft(value), seq, s, 0),
});
