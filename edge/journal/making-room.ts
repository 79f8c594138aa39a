/**
 * Which rows may make room when there are more than the quota (R11). Pure.
 *
 * Holds: a seq may go only when some uplink still waits for it and no uplink may have it in flight unconfirmed,
 * which are those within `window` of its `next`. What all have settled goes another way (clearing.ts).
 */
export interface Place {
  uplink: string;
  next: number;
}

export interface Span {
  first: number;
  last: number;
  /** Uplinks that would have got them. */
  losers: string[];
}

/** @param head highest committed seq of the epoch; without any place nobody waits, and everything may go */
export function spans(head: number, window: number, places: readonly Place[]): Span[] {
  if (places.length === 0) return [{ first: 1, last: head, losers: [] }];
  const cuts = new Set<number>([head + 1]);
  for (const { next } of places) for (const cut of [next, next + window]) if (cut <= head) cuts.add(cut);
  const sorted = [...cuts].sort((a, b) => a - b);
  const found: Span[] = [];
  for (const [index, first] of sorted.slice(0, -1).entries()) {
    const inFlight = places.some(({ next }) => next <= first && first < next + window);
    const losers = places.filter(({ next }) => next + window <= first).map(({ uplink }) => uplink);
    if (!inFlight && losers.length > 0)
      found.push({ first, last: (sorted[index + 1] as number) - 1, losers });
  }
  return found;
}
