/**
 * Where a cable is broken, from who is silent along it. Pure.
 *
 * Holds: it is claimed only when everybody from some position on is silent since about the same time, two devices
 * at least, and somebody right before it has answered since: who was merely not asked again yet may be behind the
 * break as well. A single silent device has a cause of its own.
 */

export interface Member {
  /** Long code of its space. */
  space: string;
  /** Monotonic ms since when it is silent; null: it is not. */
  silentSince: number | null;
  /** Longest time that its silence may go unnoticed, ms. */
  noticedMs: number;
  /** When it last said anything, monotonic ms; null: never. */
  heardAt: number | null;
  /** Between two questions to it, ms. */
  periodMs: number;
}

export interface Break<M extends Member> {
  /** Long codes of the last space that answers, and of the first that does not. */
  after: string;
  from: string;
  silent: readonly M[];
  since: number;
}

const fewest = 2;
/** They fall silent in one moment, and are noticed one after the other. */
const togetherMs = 60_000;

/** @param chain long codes of spaces in the order along the cable; who is elsewhere has no say */
export function breakIn<M extends Member>(chain: readonly string[], members: readonly M[]): Break<M> | null {
  const inSpace = Map.groupBy(members, ({ space }) => space);
  const places = chain.flatMap((space) => {
    const here = inSpace.get(space);
    return here === undefined ? [] : [{ space, here }];
  });
  const isSilent = ({ silentSince }: Member) => silentSince !== null;
  let first = places.length;
  while (first > 0 && places[first - 1]?.here.every(isSilent)) first -= 1;
  const [before, from] = [places[first - 1], places[first]];
  if (before === undefined || from === undefined) return null;
  const silent = places.slice(first).flatMap(({ here }) => here);
  const times = silent.map(({ silentSince }) => silentSince ?? 0);
  const spreadMs = Math.max(...times) - Math.min(...times);
  const together = togetherMs + Math.max(...silent.map(({ noticedMs }) => noticedMs));
  if (silent.length < fewest || spreadMs > together) return null;
  // Whoever of them was to answer first did not: by then the cable was broken.
  const broken = Math.min(...silent.map(({ silentSince, periodMs }) => (silentSince ?? 0) + periodMs));
  if (!before.here.some(({ heardAt }) => heardAt !== null && heardAt > broken)) return null;
  return { after: before.space, from: from.space, silent, since: Math.max(...times) };
}
