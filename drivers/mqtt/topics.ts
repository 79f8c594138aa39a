/**
 * MQTT topic names and filters (MQTT 3.1.1, 4.7), pure.
 */

/** Longest topic in configuration or intake, characters. */
export const maxTopicLength = 256;
/** Most levels of one topic. */
const maxLevels = 16;

const placeholder = /\{[^}]*\}/g;

/**
 * What is wrong with a topic filter, in one word; null when it is usable as a list entry.
 * `{device}`, `{friendly}` and `{name}` are allowed; `$` topics, empty levels at the ends and misplaced wildcards are not.
 */
export function filterFault(
  filter: string,
): "empty" | "long" | "dollar" | "wildcard" | "placeholder" | "character" | null {
  if (filter === "" || filter.startsWith("/") || filter.endsWith("/")) return "empty";
  if (filter.length > maxTopicLength || filter.split("/").length > maxLevels) return "long";
  if (filter.startsWith("$")) return "dollar";
  for (const [word] of filter.matchAll(placeholder)) {
    if (word !== "{device}" && word !== "{friendly}" && word !== "{name}") return "placeholder";
  }
  const plain = filter.replace(placeholder, "x");
  if (/[{}]/.test(plain)) return "placeholder";
  if (/[\p{Cc}\s]/u.test(plain)) return "character";
  const levels = plain.split("/");
  for (const [index, level] of levels.entries()) {
    if (level === "+" || (level === "#" && index === levels.length - 1)) continue;
    if (/[+#]/.test(level)) return "wildcard";
  }
  return null;
}

/**
 * Fills `{device}`, `{friendly}` and `{name}`, which is the friendly name or, without one, the device's id; null when
 * `{friendly}` is wanted and there is none.
 */
export function fillTopic(pattern: string, device: string, friendly: string | undefined): string | null {
  if (pattern.includes("{friendly}") && friendly === undefined) return null;
  return pattern.replace(placeholder, (word) => (word === "{device}" ? device : (friendly ?? device)));
}

/** True iff `topic` (a name without wildcards) matches `filter`; `$` topics match no filter that starts with a wildcard (4.7.2). */
export function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, word] of wanted.entries()) {
    if (word === "#") return true;
    if (index >= levels.length || (word !== "+" && word !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** True iff some topic name matches both filters. */
export function overlap(a: string, b: string): boolean {
  const left = a.split("/");
  const right = b.split("/");
  for (let index = 0; ; index++) {
    const one = left[index];
    const two = right[index];
    if (one === undefined || two === undefined) {
      // "a/#" also matches its parent "a" (4.7.1.2).
      return one === two || one === "#" || two === "#";
    }
    if (one === "#" || two === "#") return true;
    if (one !== two && one !== "+" && two !== "+") return false;
  }
}

export const hasWildcard = (filter: string) => /[+#]/.test(filter);

/** Downlink topics: only the gateway publishes them, and only their device may subscribe. */
export const isDownlink = (topic: string) => /^ce\/v1\/[^/]*\/dn(\/|$)/.test(topic);

/** Filter of all that only the gateway publishes. */
export const anyDownlink = "ce/v1/+/dn/#";

/** The downlinks that exist for one device. */
export const downlinksOf = (device: string): string[] => [
  `ce/v1/${device}/dn/cmd`,
  `ce/v1/${device}/dn/time`,
];

/** Filters to what hangs on them; exact names are looked up, wildcards scanned. */
export class TopicTable<T> {
  readonly #exact = new Map<string, T[]>();
  readonly #wild: { filter: string; item: T }[] = [];

  add(filter: string, item: T): void {
    if (hasWildcard(filter)) this.#wild.push({ filter, item });
    else this.#exact.set(filter, [...(this.#exact.get(filter) ?? []), item]);
  }

  /** Everything whose filter matches, each once. */
  find(topic: string): readonly T[] {
    const exact = this.#exact.get(topic) ?? [];
    if (this.#wild.length === 0) return exact;
    const wild = this.#wild.filter(({ filter }) => matches(filter, topic)).map(({ item }) => item);
    return wild.length === 0 ? exact : [...new Set([...exact, ...wild])];
  }

  has(topic: string): boolean {
    return this.#exact.has(topic) || this.#wild.some(({ filter }) => matches(filter, topic));
  }
}
