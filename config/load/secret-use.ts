/**
 * Every use of a secret in an entry is checked at its place: all that miss are told at once.
 */
import type { Loading } from "./loading.ts";
import type { Node } from "./tree.ts";

/** Tells each `secret:NAME` below `node` that cannot be had. */
export function checkSecrets(node: Node, loading: Loading): void {
  if (node.type === "list") for (const item of node.items) checkSecrets(item, loading);
  else if (node.type === "mapping")
    for (const { value } of node.entries.values()) checkSecrets(value, loading);
  else {
    const name = /^secret:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(node.text)?.[1];
    if (name === undefined) return;
    const found = loading.secrets.find(name);
    if (typeof found !== "string") {
      found.fill(0);
      return;
    }
    const { what, fix } = loading.secrets.complaint(name, found);
    loading.findings.error(`secret-${found}`, node, what, fix);
  }
}
