/**
 * Reads what a camera is asked.
 *
 * Holds: pure; what is not well-formed, declares a document type or is deeper than 40 is null, never a throw.
 */
export interface Element {
  /** Without its prefix. */
  name: string;
  namespace: string;
  attributes: ReadonlyMap<string, string>;
  /** All text directly inside, trimmed. */
  text: string;
  children: Element[];
  /** Prefixes that are known inside it. */
  scope: ReadonlyMap<string, string>;
}

interface Open {
  element: Element;
  tag: string;
}

const word = "[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?";
const token = new RegExp(
  `<!--[\\s\\S]*?-->|<\\?[\\s\\S]*?\\?>|<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>|` +
    `<(/?)(${word})((?:\\s+${word}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>|([^<]+)`,
  "y",
);
const maxDepth = 40;

/** @returns the root, or null: this is no document that a camera reads */
export function readXml(source: string): Element | null {
  const open: Open[] = [];
  let root: Element | null = null;
  token.lastIndex = 0;
  for (let at = 0; at < source.length; at = token.lastIndex) {
    token.lastIndex = at;
    const [all, data, ends, tag, attributes = "", empty, text] = token.exec(source) ?? [];
    if (all === undefined) return null;
    const inside = open.at(-1);
    if (text !== undefined || data !== undefined) {
      if (inside !== undefined) inside.element.text += data ?? plain(text ?? "");
      else if ((data ?? text ?? "").trim() !== "") return null;
      continue;
    }
    if (tag === undefined) continue;
    if (ends === "/") {
      if (inside?.tag !== tag) return null;
      inside.element.text = inside.element.text.trim();
      open.pop();
      continue;
    }
    if ((inside === undefined && root !== null) || open.length >= maxDepth) return null;
    const begun = begin(tag, attributes, inside?.element.scope ?? new Map());
    if (begun === null) return null;
    root ??= begun.element;
    inside?.element.children.push(begun.element);
    if (empty !== "/") open.push(begun);
  }
  return open.length === 0 ? root : null;
}

function begin(tag: string, written: string, outer: ReadonlyMap<string, string>): Open | null {
  const scope = new Map(outer);
  const attributes = new Map<string, string>();
  for (const [, name = "", , double, single] of written.matchAll(
    new RegExp(`(${word})\\s*=\\s*("([^"]*)"|'([^']*)')`, "g"),
  )) {
    const value = plain(double ?? single ?? "");
    if (name === "xmlns") scope.set("", value);
    else if (name.startsWith("xmlns:")) scope.set(name.slice(6), value);
    else attributes.set(name.replace(/^.*:/, ""), value);
  }
  const [prefix, name] = tag.includes(":") ? tag.split(":") : ["", tag];
  const namespace = scope.get(prefix ?? "");
  if (name === undefined || (namespace === undefined && prefix !== "")) return null;
  return {
    tag,
    element: { name, namespace: namespace ?? "", attributes, text: "", children: [], scope },
  };
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const plain = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (all, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? all;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });

/** The first of that name below, at any depth. */
export function find(element: Element | null | undefined, name: string): Element | undefined {
  for (const child of element?.children ?? []) {
    const found = child.name === name ? child : find(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
