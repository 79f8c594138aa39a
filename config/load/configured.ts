/**
 * A profile's entry as it reads for given option values: the variant laid over it, each `$name` replaced.
 */
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { type Declared, hasExample, type Values, variantOption } from "./options.ts";
import { narrowed } from "./plain.ts";
import { braced, laidOver, seeNames, substitute } from "./substitute.ts";
import { noBraces } from "./syntax-complaint.ts";
import type { Mapping } from "./tree.ts";

/** Keys about the profile as a whole: no variant changes them and no option is put into them. */
const fixed: ReadonlySet<string> = new Set([
  "profile",
  "text",
  "proof",
  "capture",
  "driver",
  "options",
  "variants",
  "vectors",
  "products",
  "note",
]);

export function mappingAt(mapping: Mapping | undefined, name: string): Mapping | undefined {
  const node = mapping?.entries.get(name)?.value;
  return node?.type === "mapping" ? node : undefined;
}

/** The profile itself and its variants, as far as they can be read. */
export const layersOf = (body: Mapping): Mapping[] => [
  body,
  ...[...(mappingAt(body, "variants")?.entries.values() ?? [])].flatMap(({ value }) =>
    value.type === "mapping" ? [value] : [],
  ),
];

/** What options are put into, and what variants are laid over. */
export const open = (layer: Mapping): Mapping => narrowed(layer, (name) => !fixed.has(name));

/** What these values lay over the profile; null: something that cannot be read. */
function upperOf(body: Mapping, values: Values): Mapping | null | undefined {
  const variants = body.entries.get("variants");
  const chosen = values.get(variantOption);
  if (variants === undefined) return undefined;
  if (variants.value.type !== "mapping") return null;
  const upper = variants.value.entries.get(chosen ?? "")?.value;
  if (upper === undefined) return undefined;
  return upper.type === "mapping" ? upper : null;
}

/** False: the variant that these values choose cannot be read, so that points may miss what is there. */
export const isComplete = (body: Mapping, values: Values): boolean => upperOf(body, values) !== null;

/**
 * What a device reads that chose these values.
 * @param values of all options
 */
export function configured(body: Mapping, values: Values, { findings }: Loading): Mapping {
  const upper = upperOf(body, values);
  const whole = upper ? laidOver(body, open(upper), findings) : body;
  const entries = new Map(whole.entries);
  for (const [name, entry] of substitute(open(whole), values, findings).entries) entries.set(name, entry);
  return { ...whole, entries };
}

/** Tells names that no option has, options that nothing names, and keys that a variant cannot change. */
export function checkNames(body: Mapping, { options, whole }: Declared, loading: Loading): boolean {
  const { findings } = loading;
  const used = new Set([variantOption]);
  let ok = true;
  const look = (mapping: Mapping) =>
    seeNames(open(mapping), (scalar, names) => {
      if (findings.silent(scalar)) return;
      const inBraces = braced.exec(scalar.text)?.[1];
      if (inBraces !== undefined) {
        ok = false;
        used.add(inBraces);
        findings.error("syntax", scalar, noBraces.what, noBraces.fix);
      }
      const usable = names.map((name) => options.get(name)).every((option) => option && hasExample(option));
      if (inBraces !== undefined || !usable) findings.silence(scalar);
      for (const name of names) {
        used.add(name);
        if (options.has(name)) continue;
        ok = false;
        if (!whole) continue;
        findings.error(
          "unknown-option",
          scalar,
          { zh: `型号没有声明选项 “${name}”`, en: `the profile declares no option "${name}"` },
          options.size === 0
            ? { zh: `在 options: 里加上 ${name}`, en: `declare ${name} below options:` }
            : () => suggest(name, [...options.keys()], { zh: "选项", en: "options" }),
        );
      }
    });
  for (const layer of layersOf(body)) {
    look(layer);
    if (layer === body) continue;
    for (const [name, { key }] of layer.entries) {
      if (!fixed.has(name) || name === "note" || findings.silent(key)) continue;
      ok = false;
      findings.error(
        "not-in-variant",
        key,
        {
          zh: `“${name}” 属于整个型号，不能写在变体里`,
          en: `"${name}" is of the whole profile, not of a variant`,
        },
        { zh: "移到型号的最外层，或删掉", en: "move it to the top of the profile, or remove it" },
      );
    }
  }
  for (const [name, { key }] of options)
    if (ok && !used.has(name))
      findings.warning(
        "option-unused",
        key,
        { zh: `选项 ${name} 声明了却没有用到`, en: `the option ${name} is declared and not used` },
        {
          zh: `在需要的地方写 $${name}，或删掉这个选项`,
          en: `write $${name} where it is meant, or remove the option`,
        },
      );
  return ok;
}
