/**
 * Which parameters a piece of a template or a row refers to.
 */
import { type Findings, suggest } from "../findings.ts";
import type { Node, Scalar } from "../node.ts";
import { type Slip, wordsOf } from "./reference.ts";

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
  if (!/[$￥¥＄]/.test(node.text) || findings.silent(node)) return [];
  const { pieces, unknown } = wordsOf(node.text, params);
  for (const { name, at, slip } of unknown.slice(0, 8))
    if (slip === undefined) tellUnknown(name, inside(node, at), params, findings);
    else tellSlip(slip, name, inside(node, at), findings);
  if (unknown.length > 0) findings.silence(node);
  return pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece.name]));
}

function tellSlip(
  slip: Slip,
  name: string,
  place: { source: Scalar["source"]; offset: number },
  findings: Findings,
): void {
  const what = {
    twice: { zh: `“$$${name}” 多了一个 $`, en: `"$$${name}" has one $ too many` },
    "other-sign": { zh: `“${name}” 前面不是英文的 $`, en: `no ASCII $ stands before "${name}"` },
    "too-much": { zh: `“$${name}+” 后面最多 6 位数字`, en: `"$${name}+" takes at most 6 digits` },
  }[slip];
  const fix = {
    twice: { zh: `写成 $${name}`, en: `write $${name}` },
    "other-sign": { zh: `改成英文 $：$${name}`, en: `write $${name}` },
    "too-much": { zh: "改小，或直接写结果", en: "add less, or write the result" },
  }[slip];
  findings.error("bad-param", place, what, fix);
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
