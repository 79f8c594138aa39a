/**
 * How an explained value is shown: as people write it, with the lines where it stands. Pure.
 *
 * Never happens: a secret's text is shown.
 */
import { SecretRef } from "../schema/scalar.ts";
import type { Node } from "./node.ts";
import { type Layer, type Origin, writer } from "./point-settings.ts";
import { mayHoldSecret } from "./secret-line.ts";
import { createSource, type Place, position } from "./source.ts";

/** Who said a value. `link`: the link that the device hangs on. */
export interface ShownOrigin {
  layer: Layer | "link";
  /** Absent for what is part of this program. */
  file?: string;
  /** From 1. */
  line?: number;
}

export interface Shown {
  /** The key as people write it. */
  name: string;
  /** The point that it is a setting of; absent: of the device. */
  point?: string;
  /** As people write it; empty: none. Of a secret its name alone. */
  value: string;
  /** What the number of a dead band or an offset is in. */
  unit?: string;
  /** Usually one; several where the value is made of several. */
  from: readonly ShownOrigin[];
}

/** Of a template's words with a row's value in them: both. */
export function shownOrigin({ layer, place }: Origin): ShownOrigin[] {
  if (place === undefined) return [{ layer }];
  const { words, varying } = place.made ?? {};
  if (words !== undefined) return [shownAt("template", words), shownAt("row", place)];
  return [shownAt(layer, place), ...(varying === undefined ? [] : [shownAt("row", varying.value)])];
}

export const shownAt = (layer: ShownOrigin["layer"], { source, offset }: Place): ShownOrigin => ({
  layer,
  file: source.file,
  line: position(source, offset).line,
});

/** Who wrote what stands behind a key, each once: a map may be of several. */
export function writersOf(node: Node): ShownOrigin[] {
  const parts =
    node.type === "list"
      ? node.items
      : node.type === "mapping"
        ? [...node.entries.values()].map(({ value }) => value)
        : [];
  const found = parts.length === 0 ? shownOrigin(writer(node)) : parts.flatMap(writersOf);
  return [...new Map(found.map((origin) => [JSON.stringify(origin), origin])).values()];
}

/** What stands behind a key as one line of YAML; what may be a secret is blotted out. */
export function writtenAs(name: string, node: Node): string {
  if (node.type === "list") return `[${node.items.map((item) => writtenAs(name, item)).join(", ")}]`;
  if (node.type === "mapping") {
    const pairs = [...node.entries].map(([key, { value }]) => `${key}: ${writtenAs(key, value)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  const line = createSource("", `${name}: ${node.text.replaceAll("\n", " ")}`);
  return node.source.clear.has(node.text) || mayHoldSecret(line, 1, false) ? "***" : node.text;
}

/** A value of a protocol that people would write in one word, or a list of such; undefined: another. */
export function oneWord(value: unknown): string | undefined {
  if (value instanceof SecretRef) return `secret:${value.name}`;
  if (Array.isArray(value)) {
    const items = value.map(oneWord);
    return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}
