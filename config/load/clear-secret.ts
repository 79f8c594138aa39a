/**
 * Secrets that somebody wrote in clear: which texts and lines of a file must never be shown.
 */
import { alternatives, below, isSecret, type Schema } from "./schema-keys.ts";
import { position } from "./source.ts";
import type { Node } from "./tree.ts";

/** Also with parameters that are told as wrong: `secret:$$room-air`. */
const reference = /^secret:[A-Za-z0-9$][A-Za-z0-9._$+-]{0,63}$/;

/** Marks every text that stands where `schema` wants a secret and is no reference to one. */
export function hideClearSecrets(schema: Schema, node: Node): void {
  if (isSecret(schema)) {
    hide(node);
    return;
  }
  if (node.type === "scalar") return;
  const children: [PropertyKey, Node][] =
    node.type === "list"
      ? node.items.map((item, index) => [index, item])
      : [...node.entries].map(([name, entry]) => [name, entry.value]);
  for (const inner of alternatives(schema)) {
    for (const [name, child] of children)
      for (const under of below(inner, name)) hideClearSecrets(under, child);
  }
}

/** Nothing of this node's text is ever shown. */
export function hide(node: Node): void {
  if (node.type === "list") for (const item of node.items) hide(item);
  else if (node.type === "mapping") for (const { value } of node.entries.values()) hide(value);
  else if (!reference.test(node.text)) {
    const { source } = node;
    const last = position(source, Math.max(node.offset, node.end - 1)).line;
    for (let line = position(source, node.offset).line; line <= last; line += 1) source.hidden.add(line);
    if (node.text !== "") source.clear.add(node.text);
    for (const piece of node.made?.of ?? [])
      if (piece.source !== source || piece.offset !== node.offset) hide(piece);
  }
}
