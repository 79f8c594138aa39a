/**
 * Which rows may make room when there are more than the quota (R11). Pure.
 *
 * Holds: a seq may go only when some uplink still waits for it and none has it in flight.
 * What all have settled goes another way (clearing.ts).
 */
import type { Weight } from "./wire.ts";

export interface Place {
  uplink: string;
  /** First seq that it has not settled. */
  next: number;
  /** Seqs from `next` up to here are not to be touched. */
  busyTo: number;
}

export interface Span {
  first: number;
  last: number;
  /** Uplinks that would have got them. */
  losers: string[];
}

/** @param head highest committed seq of the epoch; without any place nobody waits, and everything may go */
export function spans(head: number, places: readonly Place[]): Span[] {
  if (places.length === 0) return [{ first: 1, last: head, losers: [] }];
  const cuts = new Set<number>([head + 1]);
  for (const { next, busyTo } of places) for (const cut of [next, busyTo + 1]) if (cut <= head) cuts.add(cut);
  const sorted = [...cuts].sort((a, b) => a - b);
  const found: Span[] = [];
  for (const [index, first] of sorted.slice(0, -1).entries()) {
    const isBusy = places.some(({ next, busyTo }) => next <= first && first <= busyTo);
    const losers = places.filter(({ next }) => next <= first).map(({ uplink }) => uplink);
    if (!isBusy && losers.length > 0) found.push({ first, last: (sorted[index + 1] as number) - 1, losers });
  }
  return found;
}

/** Adds a weight to that of its series. */
export function weighIn(all: Map<number, Weight>, { s, count, fromT, toT }: Weight): void {
  const known = all.get(s);
  if (known === undefined) all.set(s, { s, count, fromT, toT });
  else Object.assign(known, { count: known.count + count, toT });
}
