/**
 * The questions of a search in their order. Those that tell apart who answered at once come next; once such were in vain
 * twice in a row, it is noise that nobody tells apart, and no more are asked.
 */
import type { Seek } from "../../config/schema/kind.ts";
import type { Found } from "../../drivers/contract/index.ts";

const mostVain = 2;

/** Questions that one answer asks for. */
interface Group {
  /** What is told when they find nobody. */
  first: Found;
  left: number;
  hasFound: boolean;
  /** What they could not tell apart either. */
  unclear: Found | null;
}

export class Questions {
  readonly #waiting: { seek: Seek; group: Group | null }[];
  #current: Group | null = null;
  #vain = 0;

  constructor(seeks: readonly Seek[]) {
    this.#waiting = seeks.map((seek) => ({ seek, group: null }));
  }

  /** null: all are asked. */
  next(): Seek | null {
    const next = this.#waiting.shift();
    this.#current = next?.group ?? null;
    return next?.seek ?? null;
  }

  get left(): readonly Seek[] {
    return this.#waiting.map(({ seek }) => seek);
  }

  /** Takes what the last question found. @returns who is told of now */
  heard(found: readonly Found[]): Found[] {
    const told: Found[] = [];
    const group = this.#current;
    for (const one of found) {
      if (group !== null && isNobody(one)) {
        group.unclear ??= one;
        continue;
      }
      if (group !== null) group.hasFound = true;
      const { further = [] } = one;
      // What is below such a group is bounded: it has no further ones of its own.
      if (further.length === 0 || group !== null || this.#vain >= mostVain) {
        told.push(one);
        continue;
      }
      const own: Group = { first: one, left: further.length, hasFound: false, unclear: null };
      this.#waiting.unshift(...further.map((seek) => ({ seek, group: own })));
    }
    if (group === null) return told;
    group.left -= 1;
    if (group.left > 0) return told;
    this.#vain = group.hasFound ? 0 : this.#vain + 1;
    const rest = group.hasFound ? group.unclear : group.first;
    return rest === null ? told : [...told, rest];
  }
}

/** Somebody answered, and not even at which address is known. */
export const isNobody = ({ address }: Pick<Found, "address">): boolean => Object.keys(address).length === 0;
