import type { Draft } from "../gateway/contract/index.ts";

/** Rows as the wire has them, for tests of the journal alone. */
export function plainRow(draft: Draft, seq: number, series: number, t: number): string {
  const row = [seq, series, t, draft.value, draft.quality];
  return JSON.stringify(draft.deviceTime === undefined ? row : [...row, draft.deviceTime]);
}
