/**
 * Where a cable is broken, from who is silent along it. Pure.
 *
 * Holds: it is claimed only when nobody from some position on answers, two devices at least are silent since about the
 * same time, and somebody right before it has answered since: who was merely not asked again yet may be behind the
 * break as well. A single silent device has a cause of its own, and hides no break; of two breaks the nearer one is told.
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
  /** When it was first asked in vain since, monotonic ms; null: it was not, or nobody knows. */
  vainAt: number | null;
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
  const at = new Map(chain.map((space, index) => [space, index]));
  const on = members.filter(({ space }) => at.has(space));
  // Whoever fell silent at another time has another cause, and no say.
  const breaks = fallenTogether(on).flatMap(
    (fallen) => breakBy(chain, [...on.filter(answers), ...fallen]) ?? [],
  );
  const nearest = breaks.sort((a, b) => (at.get(a.from) ?? 0) - (at.get(b.from) ?? 0))[0];
  return nearest === undefined ? null : { ...nearest, silent: breaks.flatMap(({ silent }) => silent) };
}

const answers = ({ silentSince }: Member) => silentSince === null;

/** The silent ones by the moment in which they fell silent. */
function fallenTogether<M extends Member>(members: readonly M[]): M[][] {
  const silent = members
    .filter((member) => !answers(member))
    .sort((a, b) => (a.silentSince ?? 0) - (b.silentSince ?? 0));
  const together = togetherMs + Math.max(...silent.map(({ noticedMs }) => noticedMs));
  const groups: M[][] = [];
  for (const member of silent) {
    const group = groups.at(-1);
    const spreadMs = (member.silentSince ?? 0) - (group?.[0]?.silentSince ?? 0);
    if (group !== undefined && spreadMs <= together) group.push(member);
    else groups.push([member]);
  }
  return groups;
}

/** @param members those that answer, and those that fell silent together */
function breakBy<M extends Member>(chain: readonly string[], members: readonly M[]): Break<M> | null {
  const inSpace = Map.groupBy(members, ({ space }) => space);
  const places = chain.flatMap((space) => {
    const here = inSpace.get(space);
    return here === undefined ? [] : [{ space, here }];
  });
  let first = places.length;
  while (first > 0 && !places[first - 1]?.here.some(answers)) first -= 1;
  const [before, from] = [places[first - 1], places[first]];
  if (before === undefined || from === undefined) return null;
  const silent = places.slice(first).flatMap(({ here }) => here);
  if (silent.length < fewest) return null;
  // By then the cable was broken.
  const broken = Math.min(...silent.map(({ vainAt }) => vainAt ?? Number.POSITIVE_INFINITY));
  if (!before.here.some(({ heardAt }) => heardAt !== null && heardAt > broken)) return null;
  const since = Math.max(...silent.map(({ silentSince }) => silentSince ?? 0));
  return { after: before.space, from: from.space, silent, since };
}
