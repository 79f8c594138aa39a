/**
 * What silenced devices in common, held on to while they come back: they are asked one after the other, and who was not
 * asked again yet is silent for no cause of its own.
 *
 * Holds: it is held only from when the first of them is back, and at most as long as any of them may go unnoticed;
 * a silence that has grown is a new one.
 */
import type { Finding } from "./verdict.ts";

export class Aftermath {
  #told: {
    finding: Finding;
    silenced: ReadonlySet<string>;
    noticedMs: number;
    backAt: number | null;
  } | null = null;

  /**
   * @param found what is found to silence devices in common now, if anything is
   * @param silent those of the line that are silent, with the longest time that this may go unnoticed, ms
   * @returns the cause of before, and whom it still silences, while they come back; null: what is found holds
   */
  hold(
    found: { finding: Finding; silenced: readonly string[] } | null,
    silent: readonly { id: string; noticedMs: number }[],
    now: number,
  ): { finding: Finding; silenced: ReadonlySet<string> } | null {
    const told = this.#told;
    const left = silent.filter(({ id }) => told?.silenced.has(id));
    if (told !== null && left.length > 0 && left.length < told.silenced.size) {
      told.backAt ??= now;
      if (now - told.backAt <= told.noticedMs)
        return { finding: told.finding, silenced: new Set(left.map(({ id }) => id)) };
    }
    const ids = new Set(found?.silenced);
    const noticedMs = Math.max(0, ...silent.filter(({ id }) => ids.has(id)).map((each) => each.noticedMs));
    this.#told = found === null ? null : { finding: found.finding, silenced: ids, noticedMs, backAt: null };
    return null;
  }
}
