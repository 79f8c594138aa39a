/**
 * From a path in a plain value back to the place in the file.
 */
import type { Findings } from "./findings.ts";
import type { Place } from "./source.ts";
import type { Mapping, Node } from "./tree.ts";

export interface Located {
  /** What stands at the path; absent: it is missing. */
  node?: Node;
  /** Last key of the path that is written, else the anchor. */
  holder: Place;
  /** The name that the path ends with. */
  name: string;
  /** Something on the way has been told as broken. */
  silent: boolean;
}

/** @param anchor place of the entry that `root` is the content of: what misses a key is shown there */
export function locate(root: Node, path: readonly PropertyKey[], anchor: Place, findings: Findings): Located {
  let node: Node | undefined = root;
  let holder = anchor;
  let silent = findings.silent(root);
  for (const step of path) {
    let next: Node | undefined;
    if (node?.type === "mapping") {
      const entry = node.entries.get(String(step));
      if (entry !== undefined) {
        holder = entry.key;
        silent ||= findings.silent(entry.key);
      }
      next = entry?.value;
    } else if (node?.type === "list") {
      next = node.items[Number(step)];
      if (next !== undefined) holder = next;
    }
    if (next !== undefined) silent ||= findings.silent(next);
    node = next;
  }
  const name = String(path.at(-1) ?? "");
  return node === undefined ? { holder, name, silent } : { node, holder, name, silent };
}

/** The place of `name`'s value, else of the key, else the anchor. */
export function placeOf(mapping: Mapping, path: readonly string[], anchor: Place, findings: Findings): Place {
  const { node, holder } = locate(mapping, path, anchor, findings);
  return node === undefined || node.type !== "scalar" ? holder : node;
}
