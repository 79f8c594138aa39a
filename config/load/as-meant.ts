/**
 * A profile's entry with its names as they were meant: keys, options, variants and points that are misspelt, told, so
 * that what uses them finds them.
 */
import type { Text } from "../schema/vocabulary.ts";
import { layersOf, mappingAt, open } from "./configured.ts";
import type { Findings } from "./findings.ts";
import { tellIssues } from "./issues.ts";
import type { Loading } from "./loading.ts";
import { distance, nearest, nearestAll } from "./nearest.ts";
import { optionName, variantOption } from "./options.ts";
import { keysOf } from "./schema-keys.ts";
import { profileShape } from "./shape/profile.ts";
import { braced, seeNames } from "./substitute.ts";
import type { Entry, Mapping, Node, Scalar } from "./tree.ts";

/** Pairs of names that are compared with each other; beyond it each is told where it is used. */
const maxCompared = 10_000;

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
