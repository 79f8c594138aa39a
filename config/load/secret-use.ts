/**
 * Every use of a secret in an entry is checked at its place: all that miss are told at once.
 */
import type { Loading } from "./loading.ts";
import type { Node } from "./tree.ts";

/**
 * Tells each `secret:NAME` below `node` that cannot be had.
 * @param wrong a value that has been told: nothing is said of a name made of it
 */
export function checkSecrets(node: Node, loading: Loading, wrong?: Node): void {
  if (node.type === "list") for (const item of node.items) checkSecrets(item, loading, wrong);
  else if (node.type === "mapping")
    for (const { value } of node.entries.values()) checkSecrets(value, loading, wrong);
  else if (wrong === undefined || !madeOf(node, wrong)) {
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

const madeOf = ({ made }: Node, { source, offset }: Node): boolean =>
  made?.of.some((piece) => piece.source === source && piece.offset === offset) ?? false;
