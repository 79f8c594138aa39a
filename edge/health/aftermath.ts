/**
 * What silenced devices in common, held on to while they come back: they are asked one after the other, and who was not
 * asked again yet is silent for no cause of its own.
 *
 * Holds: it is held only from when the first of them is back, and of each that is left until it was asked in vain as
 * often as makes one silent, at most as long as it may go unnoticed; a silence that has grown is a new one.
 */
import type { InVain } from "./facts.ts";
import type { Finding } from "./verdict.ts";

export class Aftermath {
  #told: {
    finding: Finding;
    silenced: ReadonlySet<string>;
    backAt: number | null;
  } | null = null;

  /**
   * @param found what is found to silence devices in common now, if anything is
   * @param silent those of the line that are silent, how they were asked, and the longest time that it may go
   *   unnoticed, ms
   * @returns the cause of before, and whom it still silences, while they come back; null: what is found holds
   */
  hold(
    found: { finding: Finding; silenced: readonly string[] } | null,
    silent: readonly { id: string; noticedMs: number; inVain: InVain | null }[],
    now: number,
  ): { finding: Finding; silenced: ReadonlySet<string> } | null {
    const told = this.#told;
    const left = silent.filter(({ id }) => told?.silenced.has(id));
    if (told !== null && left.length > 0 && left.length < told.silenced.size) {
      const backAt = told.backAt ?? now;
      told.backAt = backAt;
      const isDue = ({ noticedMs, inVain }: (typeof silent)[number]) =>
        now - backAt > noticedMs || (inVain?.enough ?? backAt) > backAt;
      const still = new Set(left.filter((one) => !isDue(one)).map(({ id }) => id));
      const hasGrown = found?.silenced.some((id) => !still.has(id)) ?? false;
      if (still.size > 0 && !hasGrown) return { finding: told.finding, silenced: still };
    }
    const ids = new Set(found?.silenced);
    this.#told = found === null ? null : { finding: found.finding, silenced: ids, backAt: null };
    return null;
  }
}
