/**
 * A template's words for one row: parameters replaced, the row's own words laid over them by key.
 *
 * Every text that comes out is known by where it was written and by what it was made of.
 * Never happens: what is made grows without bound; a broken value is told again by what was made of it.
 */
import type { Findings } from "../findings.ts";
import type { Entry, Made, Mapping, Node, Scalar } from "../node.ts";
import { placeText } from "../tree.ts";
import { type Reference, wordsOf } from "./reference.ts";
import type { RoomRow } from "./row.ts";
import type { Template } from "./template.ts";

/** Longest text that is put together, in UTF-16 units. */
const maxText = 1000;

export interface Filling {
  template: Template;
  row: RoomRow;
  findings: Findings;
  /** Values that may still be made in this load; a long text counts as several. */
  budget: { left: number };
}

type Layer = "template" | "row";

/** One entry of the template or the row, for the row. */
export const filledEntry = (entry: Entry, layer: Layer, filling: Filling): Entry => ({
  key: keyOf(entry.key, layer, filling),
  value: filled(entry.value, layer, filling),
});

/** A key as it stands, with its layer. */
export const keyOf = (key: Scalar, layer: Layer, { row, findings }: Filling): Scalar =>
  layer === "template"
    ? { ...key, layer, made: { row: row.made, of: [key] } }
    : like(key, { ...key, layer }, findings);

/** The row's mapping over the template's: maps by key, everything else replaced. */
export function laidOver(under: Mapping, over: Mapping, filling: Filling): Mapping {
  const entries = new Map<string, Entry>();
  for (const [name, entry] of under.entries) {
    const other = over.entries.get(name);
    if (other === undefined) entries.set(name, filledEntry(entry, "template", filling));
    else if (entry.value.type === "mapping" && other.value.type === "mapping")
      entries.set(name, {
        key: keyOf(other.key, "row", filling),
        value: laidOver(entry.value, other.value, filling),
      });
    else entries.set(name, filledEntry(other, "row", filling));
  }
  for (const [name, entry] of over.entries)
    if (!entries.has(name)) entries.set(name, filledEntry(entry, "row", filling));
  const made: Mapping = {
    ...under,
    entries,
    layer: "template",
    made: { row: filling.row.made, of: [under] },
  };
  return like(over, made, filling.findings);
}

export function filled(node: Node, layer: Layer, filling: Filling): Node {
  const { budget, row, findings } = filling;
  budget.left -= 1;
  if (node.type === "scalar") return filledText(node, layer, filling);
  const base = layer === "template" ? { layer, made: { row: row.made, of: [node] } } : { layer };
  const made: Node =
    node.type === "list"
      ? { ...node, ...base, items: node.items.map((item) => filled(item, layer, filling)) }
      : {
          ...node,
          ...base,
          entries: new Map(
            [...node.entries].map(([name, entry]) => [name, filledEntry(entry, layer, filling)]),
          ),
        };
  return like(node, made, findings);
}

/** What is said about `from` has been said about `to`. */
function like<N extends Node>(from: Node, to: N, findings: Findings): N {
  if (findings.silent(from)) findings.silence(to);
  return to;
}

function filledText(words: Scalar, layer: Layer, filling: Filling): Scalar {
  const { template, row, findings, budget } = filling;
  const { pieces } = wordsOf(words.text, template.params);
  const references = pieces.filter((piece) => typeof piece !== "string");
  if (references.length === 0)
    return layer === "template"
      ? { ...words, layer, made: { row: row.made, of: [words] } }
      : like(words, { ...words, layer }, findings);
  const values = references.map(({ name }) => row.values.get(name)).filter((value) => value !== undefined);
  const made: Made = { row: row.made, of: [words, ...values] };
  for (const { name } of references) template.used.add(name);
  const [only] = values;
  const [first] = references;
  if (pieces.length === 1 && first?.plus === undefined && only !== undefined) {
    // A broken value must not lead further, to a link of another kind for instance.
    const text = findings.silent(only) ? "" : only.text;
    if (!row.given.has(only)) return { ...only, text, layer: "template", made };
    return { ...only, text, layer: "row", made: { ...made, words, uses: used(words, template) } };
  }
  if (layer === "template") {
    const uses = used(words, template);
    const value = values.find((candidate) => row.given.has(candidate));
    if (value !== undefined) made.varying = { value, uses };
  }
  const { heading: _, ...bare } = words;
  const result: Scalar = { ...bare, text: "", layer, made };
  for (const [index, piece] of pieces.entries()) {
    result.text +=
      typeof piece === "string" ? piece : textOf(piece, pieces[index + 1], pieces.length, result, filling);
    if (result.text.length > maxText) return tooLong(result, findings);
  }
  budget.left -= result.text.length >> 6;
  return result;
}

/** Counts one more use. */
function used(words: Scalar, template: Template): { count: number } {
  const uses = template.uses.get(words) ?? { count: 0 };
  uses.count += 1;
  template.uses.set(words, uses);
  return uses;
}

function tooLong(result: Scalar, findings: Findings): Scalar {
  result.text = "";
  findings.error(
    "text-too-long",
    result,
    {
      zh: `填好参数后超过 ${maxText} 个字符`,
      en: `with its parameters it is longer than ${maxText} characters`,
    },
    { zh: "缩短", en: "shorten it" },
  );
  findings.silence(result);
  return result;
}

/** The value for a reference; `$room-KEY` alone is the id of a device of this row, so its room is as in ids. */
function textOf(
  { name, plus }: Reference,
  next: string | Reference | undefined,
  count: number,
  result: Scalar,
  { template, row, findings }: Filling,
): string {
  const value = row.values.get(name);
  const text = value?.text ?? "";
  if (plus === undefined) {
    const device = name === template.room && count === 2 && typeof next === "string" && next.startsWith("-");
    const key = device ? next.slice(1) : "";
    return device && (template.devices.has(key) || row.devices.has(key)) ? text.toLowerCase() : text;
  }
  if (/^\d{1,9}$/.test(text)) return String(Number(text) + plus);
  const at = value === undefined ? "" : placeText(value);
  findings.error(
    "not-a-number",
    result,
    {
      zh: `$${name}+${plus} 要加，但 ${name} 的值 “${text}” 不是整数（${at}）`,
      en: `$${name}+${plus} adds to ${name}, whose value "${text}" is no whole number (${at})`,
    },
    { zh: "换参数，或去掉 +", en: "use another parameter, or leave out the +" },
  );
  findings.silence(result);
  return text;
}
