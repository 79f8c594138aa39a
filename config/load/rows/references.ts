/**
 * Which parameters a piece of a template or a row refers to.
 */
import { type Findings, suggest } from "../findings.ts";
import type { Node, Scalar } from "../node.ts";
import { wordsOf } from "./reference.ts";

interface Param {
  name: string;
  /** For people. */
  text?: string;
}

/** Names in the order in which they stand. Tells every `$name` that is no parameter. */
export function checkReferences(
  node: Node,
  params: ReadonlyMap<string, Param>,
  findings: Findings,
): string[] {
  if (node.type === "list") return node.items.flatMap((item) => checkReferences(item, params, findings));
  if (node.type === "mapping")
    return [...node.entries.values()].flatMap(({ value }) => checkReferences(value, params, findings));
  if (!node.text.includes("$") || findings.silent(node)) return [];
  const { pieces, unknown } = wordsOf(node.text, params);
  for (const { name, at } of unknown.slice(0, 8)) tellUnknown(name, inside(node, at), params, findings);
  if (unknown.length > 0) findings.silence(node);
  return pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece.name]));
}

function tellUnknown(
  name: string,
  place: { source: Scalar["source"]; offset: number },
  params: ReadonlyMap<string, Param>,
  findings: Findings,
): void {
  const bare = name.replace(/^\{|\}$/g, "");
  const byText = [...params.values()].find((param) => param.text === bare || param.name === bare);
  findings.error(
    "unknown-param",
    place,
    { zh: `没有参数 “$${name}”`, en: `there is no parameter "$${name}"` },
    byText === undefined
      ? suggest(
          `$${name}`,
          [...params.keys()].map((known) => `$${known}`),
          { zh: "参数", en: "parameters" },
        )
      : { zh: `写成 $${byText.name}`, en: `write $${byText.name}` },
  );
}

/** The place of a sign in a scalar, where the file has the text just so; else the scalar's. */
function inside({ source, offset, text }: Scalar, at: number): { source: Scalar["source"]; offset: number } {
  const quote = /["']/.test(source.text[offset] ?? "") ? 1 : 0;
  const same = source.text.startsWith(text, offset + quote);
  return { source, offset: same ? offset + quote + at : offset };
}
