/**
 * A profile's entry as it reads for given option values: the variant laid over it, each `$name` replaced.
 */
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { type Options, type Values, variantOption } from "./options.ts";
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

/** @param values of all options */
export function configured(body: Mapping, values: Values, loading: Loading): Mapping {
  const { findings } = loading;
  const variants = body.entries.get("variants")?.value;
  const chosen = values.get(variantOption);
  const upper =
    variants?.type === "mapping" && chosen !== undefined ? variants.entries.get(chosen)?.value : undefined;
  const whole =
    upper?.type === "mapping"
      ? laidOver(
          body,
          narrowed(upper, (name) => !fixed.has(name)),
          findings,
        )
      : body;
  const open = substitute(
    narrowed(whole, (name) => !fixed.has(name)),
    values,
    findings,
  );
  const entries = new Map(whole.entries);
  for (const [name, entry] of open.entries) entries.set(name, entry);
  return { ...whole, entries };
}

/** Tells names that no option has, options that nothing names, and keys that a variant cannot change. */
export function checkNames(body: Mapping, options: Options, loading: Loading): boolean {
  const { findings } = loading;
  const used = new Set([variantOption]);
  let ok = true;
  const look = (mapping: Mapping) =>
    seeNames(
      narrowed(mapping, (name) => !fixed.has(name)),
      (scalar, names) => {
        if (findings.silent(scalar)) return;
        const inBraces = braced.exec(scalar.text)?.[1];
        if (inBraces !== undefined) {
          ok = false;
          used.add(inBraces);
          findings.error("syntax", scalar, noBraces.what, noBraces.fix);
        }
        if (inBraces !== undefined || names.some((name) => !options.has(name))) findings.silence(scalar);
        for (const name of names) {
          used.add(name);
          if (options.has(name)) continue;
          ok = false;
          findings.error(
            "unknown-option",
            scalar,
            { zh: `型号没有声明选项 “${name}”`, en: `the profile declares no option "${name}"` },
            options.size === 0
              ? { zh: `在 options: 里加上 ${name}`, en: `declare ${name} below options:` }
              : suggest(name, [...options.keys()], { zh: "选项", en: "options" }),
          );
        }
      },
    );
  look(body);
  const variants = body.entries.get("variants")?.value;
  for (const { value } of variants?.type === "mapping" ? variants.entries.values() : []) {
    if (value.type !== "mapping") continue;
    look(value);
    for (const [name, { key }] of value.entries) {
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
