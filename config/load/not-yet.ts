/**
 * What is accepted although this version does not act on it: told once each, never silently.
 */
import type { Findings } from "./findings.ts";
import type { Place, WholeFile } from "./source.ts";
import type { Mapping } from "./tree.ts";

/** Keys that are read and checked and that no part of this version acts on, by where they stand. */
export const waiting = {
  device: ["power"],
  profile: ["vectors"],
  timetable: ["open", "homerooms"],
} as const;

export class NotYet {
  readonly #findings: Findings;
  readonly #seen = new Map<string, { name: string; place: Place | WholeFile; count: number }>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** @param where separates equal names in different parts of the files */
  note(where: string, name: string, place: Place | WholeFile): void {
    const key = `${where} ${name}`;
    const seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, { name, place, count: 1 });
    else seen.count += 1;
  }

  /** Notes those keys of an entry that wait. @param done those that do not wait here */
  noteKeys(where: keyof typeof waiting, body: Mapping, done: readonly string[] = []): void {
    for (const name of waiting[where]) {
      const entry = body.entries.get(name);
      if (entry === undefined || done.includes(name)) continue;
      // Counted here: the rows of a template are not counted once more.
      const { source, offset } = entry.key;
      this.note(where, name, { source, offset });
    }
  }

  tell(): void {
    for (const { name, place, count } of this.#seen.values()) {
      const more = count > 1;
      this.#findings.warning(
        "not-yet",
        place,
        {
          zh: `“${name}” 可以写，但本版本还不起作用${more ? `（共 ${count} 处）` : ""}`,
          en: `"${name}" is accepted, but this version does not act on it${more ? ` (${count} places)` : ""}`,
        },
        { zh: "可以留着，不影响运行", en: "it may stay: nothing depends on it" },
      );
    }
    this.#seen.clear();
  }
}
