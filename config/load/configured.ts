/**
 * A profile's entry with its names as they were meant, and as it reads for given option values: the variant laid over
 * it, each `$name` replaced.
 */
import type { Text } from "../schema/vocabulary.ts";
import { type Findings, suggest } from "./findings.ts";
import { tellIssues } from "./issues.ts";
import type { Loading } from "./loading.ts";
import { distance, nearest, nearestAll } from "./nearest.ts";
import { type Declared, hasExample, optionName, type Values, variantOption } from "./options.ts";
import { narrowed } from "./plain.ts";
import { keysOf } from "./schema-keys.ts";
import { profileShape } from "./shape/profile.ts";
import { braced, laidOver, seeNames, substitute } from "./substitute.ts";
import { noBraces } from "./syntax-complaint.ts";
import type { Entry, Mapping, Node, Scalar } from "./tree.ts";

/** Pairs of names that are compared with each other; beyond it each is told where it is used. */
const maxCompared = 10_000;

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

/**
 * With the keys `options`, `variants` and `points` for those that are misspelt, told: what uses what they hold finds it.
 * @param key of the profile
 * @returns the same object when there are none
 */
export function keysAsMeant(body: Mapping, key: Scalar, { findings, kinds }: Loading): Mapping {
  const driver = body.entries.get("driver")?.value;
  const own = kinds.filter((kind) => driver?.type === "scalar" && kind.driver === driver.text);
  const schemas = (own.length > 0 ? own : kinds).map(({ profile }) => profile);
  const known = [profileShape, ...schemas].flatMap(keysOf);
  const mend = (mapping: Mapping, anchor: Scalar, wanted: readonly string[]) => {
    const written = [...mapping.entries.keys()];
    const free = known.filter((name) => !written.includes(name));
    const names = meantNames(written, (name) => {
      const near = known.includes(name) ? undefined : nearest(name, free);
      return near !== undefined && wanted.includes(near) ? [near] : [];
    });
    const issue = { code: "unrecognized_keys" as const, keys: [...names.keys()], path: [], message: "" };
    tellIssues([issue], { schema: profileShape, root: mapping, anchor, alsoKnown: known }, findings);
    return renamed(mapping, names, findings);
  };
  return eachVariant(
    mend(body, key, ["options", "variants", "points"]),
    (variant, name) => mend(variant, name, ["points"]),
    findings,
  );
}

/**
 * With the names of options and variants that all the others use, for those that only their declaration spells
 * otherwise, told.
 * @returns the same object when there are none
 */
export function namesAsMeant(body: Mapping, findings: Findings): Mapping {
  const options = changed(body, "options", findings, (declared) => {
    const used = namesSaid(body).options;
    return declaredAsUsed(declared, used, { zh: "选项", en: "option" }, findings, (name) =>
      optionName.test(name),
    );
  });
  return changed(options, "variants", findings, (declared) => {
    const used = namesSaid(options).variants;
    return declaredAsUsed(declared, used, { zh: "变体", en: "variant" }, findings);
  });
}

/** @param possible what may be a name */
function declaredAsUsed(
  declared: Mapping,
  used: ReadonlyMap<string, number>,
  noun: Text,
  findings: Findings,
  possible: (name: string) => boolean = () => true,
): Mapping {
  const unused = [...declared.entries.keys()].filter((name) => !used.has(name));
  if (unused.length * used.size > maxCompared) return declared;
  const names = meantNames(unused, (name) => {
    // One place against one: then it is told where it is used, as every reference.
    const least = possible(name) ? 2 : 1;
    const free = [...used].filter(([other, times]) => !declared.entries.has(other) && times >= least);
    const others = free.map(([other]) => other);
    const near = nearestAll(name, others);
    return near.length > 0 ? near : others.filter((other) => distance(name, other) === 1);
  });
  for (const [name, near] of names) {
    const key = declared.entries.get(name)?.key;
    if (key === undefined || findings.silent(key)) continue;
    findings.error(
      "misspelt-name",
      key,
      {
        zh: `${noun.zh} “${name}” 没有用到，用到的 “${near}” 却没有声明`,
        en: `nothing uses the ${noun.en} "${name}", and "${near}" is used and not declared`,
      },
      { zh: `是不是 “${near}”？`, en: `did you mean "${near}"?` },
    );
  }
  return renamed(declared, names, findings);
}

/** How often each option and each variant is named, other than where it is declared. */
function namesSaid(body: Mapping): { options: Map<string, number>; variants: Map<string, number> } {
  const options = new Map<string, number>();
  const variants = new Map<string, number>();
  const count = (names: Map<string, number>, name: string, times = 1) =>
    names.set(name, (names.get(name) ?? 0) + times);
  for (const layer of layersOf(body))
    seeNames(open(layer), ({ text }, names) => {
      const inBraces = braced.exec(text)?.[1];
      for (const name of inBraces === undefined ? names : [...names, inBraces]) count(options, name);
    });
  const chosen = (node: Node | undefined) => {
    if (node?.type === "scalar") count(variants, node.text.trim());
  };
  const vectors = body.entries.get("vectors")?.value;
  for (const vector of vectors?.type === "list" ? vectors.items : []) {
    const given = vector.type === "mapping" ? mappingAt(vector, "with") : undefined;
    for (const name of given?.entries.keys() ?? []) count(options, name);
    chosen(given?.entries.get(variantOption)?.value);
  }
  chosen(mappingAt(mappingAt(body, "options"), variantOption)?.entries.get("default")?.value);
  // Any number of variants is one certain use of the option that chooses them.
  if (body.entries.has("variants")) count(options, variantOption, 2);
  return { options, variants };
}

/** For each name what it was meant to be, of what it `may` be; no two are meant to be the same. */
export function meantNames(
  names: readonly string[],
  may: (name: string) => readonly string[],
): Map<string, string> {
  const found = new Map<string, string>();
  const taken = new Set<string>();
  // Those that leave no choice come first.
  const choices = names.map((name) => ({ name, near: may(name) }));
  for (const { name, near } of choices.sort((a, b) => a.near.length - b.near.length)) {
    const free = near.find((other) => !taken.has(other));
    if (free === undefined) continue;
    taken.add(free);
    found.set(name, free);
  }
  return found;
}

/** With other names for some of its entries, which keep their places; the same object without any. */
export function renamed(mapping: Mapping, names: ReadonlyMap<string, string>, findings: Findings): Mapping {
  if (names.size === 0) return mapping;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of mapping.entries) entries.set(names.get(name) ?? name, entry);
  return copied(mapping, entries, findings);
}

/** With what stands at `name` changed, if that is a mapping; the same object when that stays the same. */
export function changed(
  mapping: Mapping,
  name: string,
  findings: Findings,
  change: (below: Mapping, key: Scalar) => Mapping,
): Mapping {
  const entry = mapping.entries.get(name);
  if (entry?.value.type !== "mapping") return mapping;
  const value = change(entry.value, entry.key);
  if (value === entry.value) return mapping;
  return copied(mapping, new Map(mapping.entries).set(name, { key: entry.key, value }), findings);
}

/** With each variant changed; the same object when all stay the same. */
export function eachVariant(
  body: Mapping,
  change: (variant: Mapping, key: Scalar) => Mapping,
  findings: Findings,
): Mapping {
  return changed(body, "variants", findings, (variants) => {
    const entries = new Map<string, Entry>();
    let same = true;
    for (const [name, { key, value }] of variants.entries) {
      const now = value.type === "mapping" ? change(value, key) : value;
      same &&= now === value;
      entries.set(name, { key, value: now });
    }
    return same ? variants : copied(variants, entries, findings);
  });
}

/** What has been told of a mapping is not told of its copy. */
function copied(mapping: Mapping, entries: Map<string, Entry>, findings: Findings): Mapping {
  const copy = { ...mapping, entries };
  if (findings.silent(mapping)) findings.silence(copy);
  return copy;
}

function mappingAt(mapping: Mapping | undefined, name: string): Mapping | undefined {
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
const open = (layer: Mapping): Mapping => narrowed(layer, (name) => !fixed.has(name));

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
