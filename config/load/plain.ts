/**
 * A tree as the plain value that a zod schema reads: texts, lists and objects without a prototype.
 */
import type { Entry, Mapping, Node } from "./tree.ts";

/** Objects have no prototype: a key such as `constructor` is only a key. */
export function plain(node: Node): unknown {
  if (node.type === "scalar") return node.text;
  if (node.type === "list") return node.items.map(plain);
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, { value }] of node.entries) object[name] = plain(value);
  return object;
}

/** The same mapping with only those entries that `keep` wants. */
export function narrowed(mapping: Mapping, keep: (name: string) => boolean): Mapping {
  const entries = new Map<string, Entry>();
  for (const [name, entry] of mapping.entries) if (keep(name)) entries.set(name, entry);
  return { ...mapping, entries };
}
