/**
 * What earlier subscriptions of ours may have brought a topic. The broker keeps them with our session, also those of
 * files that were changed while we were not there, and nobody can ask it which they are. A topic that two subscriptions
 * match may come twice, and one that none of today's match comes for nothing.
 *
 * Holds: nothing that is wanted today is named; each filter is named once, and no more than `2 * maxFilters` on one connection.
 */

/** As long and as deep as a topic in the files may be, filled in. */
const maxLength = 400;
const maxLevels = 16;
/** Most topics that came of which something is named. */
const maxTopics = 1_000;
const maxFilters = 4_000;

export class Earlier {
  readonly #topics = new Set<string>();
  readonly #named = new Set<string>();

  /**
   * Filters to unsubscribe from when a session is taken up again: what matches a topic of today, too.
   * @param wanted today's filters
   */
  beside(topics: Iterable<string>, wanted: ReadonlySet<string>): string[] {
    return this.#anew([...topics].flatMap(filtersMatching), wanted, maxFilters);
  }

  /**
   * The same, of a topic that came.
   * @param resumed the session is older than the connection: it may hold wildcards, too
   */
  behind(topic: string, wanted: ReadonlySet<string>, resumed: boolean): string[] {
    if (this.#topics.has(topic) || this.#topics.size >= maxTopics || topic.length > maxLength) return [];
    this.#topics.add(topic);
    return this.#anew(resumed ? filtersMatching(topic) : [topic], wanted, 2 * maxFilters);
  }

  #anew(filters: readonly string[], wanted: ReadonlySet<string>, most: number): string[] {
    const named: string[] = [];
    for (const filter of filters) {
      if (this.#named.size >= most) break;
      if (wanted.has(filter) || this.#named.has(filter)) continue;
      this.#named.add(filter);
      named.push(filter);
    }
    return named;
  }
}

/** The topic itself, and every filter with one wildcard that matches it. Those with two are not worth their number. */
export function filtersMatching(topic: string): string[] {
  const levels = topic.split("/");
  if (levels.length > maxLevels) return [topic];
  const plus = levels.map((_, at) => levels.with(at, "+").join("/"));
  const hash = [...levels.keys(), levels.length].map((depth) => [...levels.slice(0, depth), "#"].join("/"));
  return [topic, ...plus, ...hash];
}
