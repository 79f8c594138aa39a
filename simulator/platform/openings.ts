/**
 * The openings of a gateway's journal, from its events `journal.opened {previous, previousHead, cause}` (R2).
 * Two epochs with one `previous` are a fork: a disk was rolled back, cloned or restored.
 */
import { z } from "zod";
import { epochPattern, type SchoolRecord } from "../../config/schema/record.ts";

export interface Fork {
  school: string;
  gateway: string;
  previous: string;
  epochs: string[];
}

const openedSchema = z.object({ previous: z.string().regex(epochPattern) });

export class Openings {
  #forks = new Map<string, Fork>();

  /** Looks at a stored record; anything but an opening with a predecessor is ignored. */
  note(record: SchoolRecord): void {
    if (record.point !== "journal.opened" || record.seq !== 1 || typeof record.value !== "string") return;
    const previous = previousOf(record.value);
    if (previous === null) return;
    const { school, gateway, epoch } = record;
    const key = `${school}/${gateway}/${previous}`;
    const heirs = this.#forks.get(key) ?? { school, gateway, previous, epochs: [] };
    if (!heirs.epochs.includes(epoch)) heirs.epochs.push(epoch);
    this.#forks.set(key, heirs);
  }

  forks(): Fork[] {
    return [...this.#forks.values()].filter((heirs) => heirs.epochs.length > 1);
  }

  copy(): Openings {
    const other = new Openings();
    other.#forks = new Map(
      [...this.#forks].map(([key, fork]) => [key, { ...fork, epochs: [...fork.epochs] }]),
    );
    return other;
  }
}

function previousOf(text: string): string | null {
  try {
    const read = openedSchema.safeParse(JSON.parse(text));
    return read.success ? read.data.previous : null;
  } catch {
    return null;
  }
}
