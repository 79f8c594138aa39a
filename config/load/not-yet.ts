/**
 * What is accepted although this version does not act on it: told once each, never silently.
 */
import type { Findings } from "./findings.ts";
import type { Place, WholeFile } from "./source.ts";
import type { Mapping } from "./tree.ts";

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

  /** Notes those of `names` that the entry has. */
  noteKeys(where: string, body: Mapping, names: readonly string[]): void {
    for (const name of names) {
      const entry = body.entries.get(name);
      if (entry !== undefined) this.note(where, name, entry.key);
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
