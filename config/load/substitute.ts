/**
 * `$name` in a tree of texts: the names that are used, and the tree with their values. Places stay. Pure but for silence.
 *
 * Never happens: a key is substituted; a value that holds a `$` is substituted again.
 */
import type { Findings } from "./findings.ts";
import type { Entry, Mapping, Node, Scalar } from "./tree.ts";

const name = /\$([a-z][a-z0-9_]*)/g;

/** The same with braces: not ours, but what people know from elsewhere. */
export const braced = /\$\{\s*([a-z][a-z0-9_]*)\s*\}/;

/** Calls `see` for each scalar below `node` and the names in it. Notes are texts for people: they are left alone. */
export function seeNames(node: Node, see: (scalar: Scalar, names: readonly string[]) => void): void {
  if (node.type === "list") for (const item of node.items) seeNames(item, see);
  else if (node.type === "mapping") {
    for (const [key, { value }] of node.entries) if (key !== "note") seeNames(value, see);
  } else if (node.text.includes("$"))
    see(
      node,
      [...node.text.matchAll(name)].map(([, found = ""]) => found),
    );
}

/** The tree with each known `$name` replaced by its value; what holds none is the same object. */
export function substitute<N extends Node>(
  node: N,
  values: ReadonlyMap<string, string>,
  findings: Findings,
): N {
  return replaced(node, values, findings) as N;
}

function replaced(node: Node, values: ReadonlyMap<string, string>, findings: Findings): Node {
  if (node.type === "scalar") {
    if (!node.text.includes("$") || findings.silent(node)) return node;
    const text = node.text.replace(name, (all, found: string) => values.get(found) ?? all);
    return text === node.text ? node : { ...node, text };
  }
  if (node.type === "list") {
    const items = node.items.map((item) => replaced(item, values, findings));
    return items.every((item, index) => item === node.items[index])
      ? node
      : quiet(node, { ...node, items }, findings);
  }
  let changed = false;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    const value = key === "note" ? entry.value : replaced(entry.value, values, findings);
    changed ||= value !== entry.value;
    entries.set(key, value === entry.value ? entry : { key: entry.key, value });
  }
  return changed ? quiet(node, { ...node, entries }, findings) : node;
}

/** Laid over each other: maps merge by key, everything else is taken from `upper`. */
export function laidOver(lower: Mapping, upper: Mapping, findings: Findings): Mapping {
  const entries = new Map(lower.entries);
  for (const [key, entry] of upper.entries) {
    const below = entries.get(key)?.value;
    const value =
      below?.type === "mapping" && entry.value.type === "mapping"
        ? laidOver(below, entry.value, findings)
        : entry.value;
    entries.set(key, { key: entry.key, value });
  }
  return quiet(upper, quiet(lower, { ...lower, entries }, findings), findings);
}

/** What has been told of a node is not told of its copy. */
function quiet<N extends Node>(node: Node, copy: N, findings: Findings): N {
  if (findings.silent(node)) findings.silence(copy);
  return copy;
}
