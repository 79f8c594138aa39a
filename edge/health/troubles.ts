/** What was wrong with what one device said, by code; bounded, and forgotten when it stays away. */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { Finding } from "./verdict.ts";

/** More kinds than this push out the one that is longest away. */
const maxKinds = 8;

interface Trouble {
  first: number;
  last: number;
  times: number;
  /** It may be why nothing comes: a refused password, personal data. */
  blocks: boolean;
  /** Nothing to tell while data flow. */
  explainsOnly: boolean;
  /** It must go on for so long before it is told, ms. */
  patienceMs: number;
  /** Between the last two, ms; 0 after the first. */
  gapMs: number;
  facts: Finding["facts"];
}

export class Troubles {
  /** The most recent last. */
  #kinds = new Map<string, Trouble>();

  /** @param viewMs how long one stays in view; a later one of its kind begins anew */
  add(
    code: string,
    trouble: Pick<Trouble, "blocks" | "explainsOnly" | "patienceMs" | "facts">,
    viewMs: number,
    now: number,
  ): void {
    const known = this.#kinds.get(code);
    const again = known !== undefined && now - known.last <= viewMs;
    this.#kinds.delete(code);
    const times = again ? known.times + 1 : 1;
    const gapMs = again ? now - known.last : 0;
    this.#kinds.set(code, { ...trouble, first: again ? known.first : now, last: now, times, gapMs });
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

  /**
   * Those of the last `viewMs`. What kept data away is put right, and told no more, once good data came after it
   * and it stayed away for longer than it used to.
   * @param lastGood monotonic ms of the newest good value. @param quietMs least time that it must stay away
   */
  recent(viewMs: number, lastGood: number | null, quietMs: number, now: number): Finding[] {
    return [...this.#kinds]
      .filter(([, trouble]) => {
        const { explainsOnly, blocks, last, gapMs } = trouble;
        if (explainsOnly || !ripe(trouble) || now - last > viewMs) return false;
        const good = lastGood !== null && lastGood > last;
        return !(blocks && good && now - last > Math.max(quietMs, 2 * gapMs));
      })
      .map(([code, trouble]) => finding(code, trouble));
  }
}

const ripe = ({ first, last, patienceMs }: Trouble) => last - first >= patienceMs;

function finding(code: string, { first, times, facts }: Trouble): Finding {
  const row = reasonFor(code, "E119");
  return { code: row.code, state: "degraded", since: first, facts: { ...facts, code, times } };
}
