/**
 * Which filters take in all that another one matches. A tree over the levels of those with a wildcard: each question
 * walks down it once, however many there are, since all of them are asked whenever a connection opens. Pure.
 */
interface Level {
  below: Map<string, Level>;
  /** A filter ends here. */
  ends: boolean;
}

const level = (): Level => ({ below: new Map(), ends: false });

export class Covering {
  readonly #root = level();

  constructor(filters: Iterable<string>) {
    for (const filter of filters) {
      let at = this.#root;
      for (const word of filter.split("/")) {
        const next = at.below.get(word) ?? level();
        at.below.set(word, next);
        at = next;
      }
      at.ends = true;
    }
  }

  /** True iff one of them, other than `filter` itself, covers it. */
  hasOther(filter: string): boolean {
    return covered(this.#root, filter.split("/"), 0, true);
  }
}

/** @param same the way down to here is the filter's own */
function covered(at: Level, levels: readonly string[], depth: number, same: boolean): boolean {
  const word = levels[depth];
  const isOwnHash = same && word === "#";
  if (at.below.has("#") && !isOwnHash) return true;
  if (word === undefined) return at.ends && !same;
  if (word === "#") return false;
  const own = at.below.get(word);
  if (own !== undefined && covered(own, levels, depth + 1, same)) return true;
  const any = word === "+" ? undefined : at.below.get("+");
  return any !== undefined && covered(any, levels, depth + 1, false);
}
