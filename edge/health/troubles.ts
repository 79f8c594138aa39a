/** What was wrong with what one subject said, by code; bounded, and forgotten when it stays away. */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { Finding } from "./verdict.ts";

/** More kinds than this push out the one that is longest away. */
const maxKinds = 8;

export interface Trouble {
  readonly first: number;
  readonly last: number;
  readonly times: number;
  /** It may be why nothing comes: a refused password, personal data. */
  readonly blocks: boolean;
  /** Nothing to tell while data flow. */
  readonly explainsOnly: boolean;
  /** It must go on for so long before it is told, ms. */
  readonly patienceMs: number;
  /** Between the last two, ms; 0 after the first. */
  readonly gapMs: number;
  /** The longest that it stayed away, ms. */
  readonly longestGapMs: number;
  /** It came where an answer was due, as may happen on any line now and then. */
  readonly garbles: boolean;
  /** Good readings before the first. */
  readonly readings: number;
  readonly facts: Finding["facts"];
}

/** What must be known when one is added. */
export type NewTrouble = Pick<
  Trouble,
  "blocks" | "explainsOnly" | "patienceMs" | "garbles" | "readings" | "facts"
>;

export class Troubles {
  /** The most recent last. */
  #kinds = new Map<string, Trouble>();

  /** @param viewMs how long one stays in view; a later one of its kind begins anew */
  add(code: string, trouble: NewTrouble, viewMs: number, now: number): void {
    const known = this.#kinds.get(code);
    const again = known !== undefined && now - known.last <= viewMs ? known : null;
    this.#kinds.delete(code);
    const gapMs = again === null ? 0 : now - again.last;
    this.#kinds.set(code, {
      ...trouble,
      readings: again?.readings ?? trouble.readings,
      ...{ first: again?.first ?? now, last: now, times: (again?.times ?? 0) + 1, gapMs },
      longestGapMs: Math.max(again?.longestGapMs ?? 0, gapMs),
    });
    const oldest = this.#kinds.keys().next().value;
    if (this.#kinds.size > maxKinds && oldest !== undefined) this.#kinds.delete(oldest);
  }

  /**
   * The latest that may be why nothing came since `since`, as a reason to be down.
   * @param withStrangers whether those that only explain count
   */
  blocking(since: number, withStrangers: boolean): Finding | null {
    const [code, trouble] =
      [...this.#kinds]
        .filter(([, t]) => t.blocks && t.last >= since && ripe(t) && (withStrangers || !t.explainsOnly))
        .at(-1) ?? [];
    return code === undefined || trouble === undefined ? null : { ...finding(code, trouble), state: "down" };
  }

  /** Those that are told, and not over. */
  recent(isOver: (trouble: Trouble) => boolean): Finding[] {
    return [...this.#kinds]
      .filter(([, trouble]) => !trouble.explainsOnly && ripe(trouble) && !isOver(trouble))
      .map(([code, trouble]) => finding(code, trouble));
  }
}

const ripe = ({ first, last, patienceMs }: Trouble) => last - first >= patienceMs;

function finding(code: string, { first, times, facts }: Trouble): Finding {
  const row = reasonFor(code, "E119");
  return { code: row.code, state: "degraded", since: first, facts: { ...facts, code, times } };
}
