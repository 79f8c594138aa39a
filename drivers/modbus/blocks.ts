/**
 * Which points are read together: the cheapest way to cover spans of registers (or bits) with requests. Pure.
 *
 * Of all ways to share the spans out, one that is cheapest keeps them in the order of their starts: a span inside
 * two blocks can always go to the later one, or to the one that contains the other. So it is enough to know, for
 * each start of the list, the cheapest way up to there.
 */

/** `count` registers from `from`. */
export interface Span {
  from: number;
  count: number;
}

export interface Terms {
  /** Most of them in one request. A span that is longer has a request of its own all the same. */
  most: number;
  /** Most in a row that are read although no span needs them. */
  gap: number;
  /** What a request of so many costs; more for more. */
  cost(count: number): number;
}

/** Differences below this are none: sums of binary fractions are not exact. */
const nothing = 1e-9;

/**
 * The spans as blocks, by their indices, both in rising order. Of equally cheap ways the one that reads less.
 * @param known spans that may be read along for nothing as far as `gap` goes: they exist in the device
 */
export function blocksOf(spans: readonly Span[], terms: Terms, known: readonly Span[] = []): number[][] {
  const order = [...spans.keys()].sort((a, b) => fromOf(a) - fromOf(b) || endOf(a) - endOf(b) || a - b);
  const walls = wallsOf([...spans, ...known], terms.gap);
  const cheapest: { cost: number; start: number }[] = [{ cost: 0, start: 0 }];
  for (let end = 1; end <= order.length; end++) {
    let best = { cost: Number.POSITIVE_INFINITY, start: end - 1 };
    let reach = 0;
    for (let start = end - 1; start >= 0; start--) {
      const from = fromOf(order[start] ?? 0);
      reach = Math.max(reach, endOf(order[start] ?? 0));
      const count = reach - from;
      if (start < end - 1 && (count > terms.most || walls.some((wall) => from < wall && wall < reach))) break;
      const cost = (cheapest[start]?.cost ?? 0) + terms.cost(count);
      if (cost < best.cost - nothing) best = { cost, start };
    }
    cheapest.push(best);
  }
  const blocks: number[][] = [];
  for (let end = order.length; end > 0; end = cheapest[end]?.start ?? 0)
    blocks.unshift(order.slice(cheapest[end]?.start ?? 0, end).sort((a, b) => a - b));
  return blocks;

  function fromOf(index: number): number {
    return spans[index]?.from ?? 0;
  }
  function endOf(index: number): number {
    return fromOf(index) + (spans[index]?.count ?? 0);
  }
}

/** A place within each gap that is too wide to be read along; the ends of spans never lie there. */
function wallsOf(spans: readonly Span[], most: number): number[] {
  const walls: number[] = [];
  let end: number | undefined;
  for (const { from, count } of spans.toSorted((a, b) => a.from - b.from)) {
    if (end !== undefined && from - end > most) walls.push((end + from) / 2);
    end = Math.max(end ?? 0, from + count);
  }
  return walls;
}

/** The span that covers all of them. */
export function hullOf(spans: readonly Span[]): Span {
  const from = Math.min(...spans.map((span) => span.from));
  return { from, count: Math.max(...spans.map((span) => span.from + span.count)) - from };
}
