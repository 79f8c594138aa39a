/**
 * Options of a device model: what its profile declares, and the values that a device gives them under `with`.
 */
import type { Text } from "../schema/vocabulary.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import { nearest } from "./nearest.ts";
import { plain } from "./plain.ts";
import { type OptionShape, profileShape } from "./shape/profile.ts";
import type { Place } from "./source.ts";
import type { Mapping, Scalar } from "./tree.ts";

export interface Option extends OptionShape {
  /** Where it is declared. */
  key: Scalar;
}
export type Options = ReadonlyMap<string, Option>;
export type Values = ReadonlyMap<string, string>;

/** Each is read whole. */
const maxVariants = 32;

/** The option that chooses one of a profile's `variants`. */
export const variantOption = "variant";

/** The options of a profile. What has the wrong shape is left out: whoever reads the profile's own keys tells it. */
export function readOptions(body: Mapping, loading: Loading): { options: Options; ok: boolean } {
  const options = new Map<string, Option>();
  const { findings } = loading;
  let ok = true;
  const tell = (code: string, place: Place, what: Text, fix: Text) => {
    ok = false;
    findings.error(code, place, what, fix);
  };
  const shape = profileShape.shape.options.unwrap().valueType;
  const content = body.entries.get("options")?.value;
  for (const [name, { key, value }] of content?.type === "mapping" ? content.entries : []) {
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(name)) {
      if (!findings.silent(key))
        tell(
          "bad-option-name",
          key,
          { zh: `“${name}” 不能作选项名`, en: `"${name}" cannot name an option` },
          {
            zh: "只用小写字母、数字和 _，以字母开头，例如 ct",
            en: "use lower-case letters, digits and _, a letter first, such as ct",
          },
        );
      continue;
    }
    const { data } = shape.safeParse(plain(value));
    if (data === undefined || value.type !== "mapping") {
      ok = false;
      continue;
    }
    const option: Option = { ...data, key };
    options.set(name, option);
    if (option.range !== undefined && option.choices !== undefined)
      tell(
        "range-and-choices",
        value.entries.get("choices")?.key ?? key,
        { zh: `选项 ${name} 同时有 range 和 choices`, en: `the option ${name} has both range and choices` },
        { zh: "只留一个", en: "keep one of them" },
      );
    else if (option.default !== undefined && name !== variantOption && !fits(option.default, option))
      tell(
        "option-value",
        placeOf(value, ["default"], key, findings),
        { zh: `缺省值 “${option.default}” 不可用`, en: `the default "${option.default}" is not allowed` },
        allowed(option),
      );
  }
  const variants = body.entries.get("variants");
  if (variants?.value.type !== "mapping") return { options, ok };
  const declared = options.get(variantOption);
  const choices = [...variants.value.entries.keys()];
  if (choices.length > maxVariants) {
    tell(
      "too-many-variants",
      variants.key,
      { zh: `变体超过 ${maxVariants} 个`, en: `there are more than ${maxVariants} variants` },
      { zh: "分成几个型号", en: "make it several profiles" },
    );
    choices.length = maxVariants;
  }
  const option: Option = {
    text: declared?.text ?? { zh: "用哪张寄存器表", en: "which of its register maps" },
    key: declared?.key ?? variants.key,
    choices,
  };
  options.set(variantOption, option);
  const preset = declared?.default;
  if (preset !== undefined && choices.includes(preset)) option.default = preset;
  else if (preset !== undefined)
    tell(
      "option-value",
      option.key,
      { zh: `缺省值 “${preset}” 不在 variants 里`, en: `the default "${preset}" is none of the variants` },
      allowed(option),
    );
  return { options, ok };
}

/** Values that stand in for a device's while the profile itself is read; one set for each variant. */
export function examples(options: Options): Values[] {
  const base = new Map(
    [...options].map(([name, { default: preset, choices, range }]) => [
      name,
      preset ?? choices?.[0] ?? String(range?.[0] ?? 1),
    ]),
  );
  const variants = options.get(variantOption)?.choices;
  if (variants === undefined || variants.length === 0) return [base];
  return variants.map((variant) => new Map([...base, [variantOption, variant]]));
}

/**
 * The values of all options.
 * @param body what has the `with`
 * @returns null: something is wrong, told
 */
export function optionValues(
  { id, options }: { id: string; options: Options },
  given: Readonly<Record<string, string>>,
  body: Mapping,
  anchor: Scalar,
  loading: Loading,
): Values | null {
  const { findings } = loading;
  const values = new Map<string, string>();
  const meant = new Set<string | undefined>();
  let ok = true;
  for (const [name, raw] of Object.entries(given)) {
    const written = raw.trim();
    const { node, holder, silent } = locate(body, ["with", name], anchor, findings);
    const option = options.get(name);
    if (option !== undefined && fits(written, option)) {
      values.set(name, written);
      continue;
    }
    ok = false;
    if (silent) continue;
    if (option === undefined) {
      const free = [...options.keys()].filter((other) => !Object.hasOwn(given, other));
      meant.add(nearest(name, free));
      findings.error(
        "unknown-option",
        holder,
        { zh: `型号 ${id} 没有选项 “${name}”`, en: `the profile ${id} has no option "${name}"` },
        options.size === 0
          ? { zh: "这个型号没有选项：删掉它", en: "this profile has no options: remove it" }
          : suggest(
              name,
              [...options.keys()],
              { zh: "选项", en: "options" },
              { has: (other) => Object.hasOwn(given, other) },
            ),
      );
    } else
      findings.error(
        "option-value",
        node ?? holder,
        {
          zh: `选项 ${name}（${option.text.zh}）不能是 “${written}”`,
          en: `the option ${name} (${option.text.en}) cannot be "${written}"`,
        },
        allowed(option),
      );
  }
  const written = body.entries.get("with")?.value;
  if (written !== undefined && written.type !== "mapping") return null;
  for (const [name, option] of options) {
    if (values.has(name)) continue;
    if (written?.entries.has(name) === true) {
      ok = false;
      continue;
    }
    if (option.default !== undefined) values.set(name, option.default);
    else {
      ok = false;
      if (!meant.has(name)) tellMissing(id, name, option, placeOf(body, ["with"], anchor, findings), loading);
    }
  }
  return ok ? values : null;
}

function tellMissing(id: string, name: string, option: Option, place: Place, { findings }: Loading): void {
  const { zh, en } = allowed(option);
  findings.error(
    "missing-option",
    place,
    {
      zh: `型号 ${id} 必须写选项 ${name}（${option.text.zh}）`,
      en: `the profile ${id} needs the option ${name} (${option.text.en})`,
    },
    { zh: `加上 with: { ${name}: … }；${zh}`, en: `add with: { ${name}: … }; ${en}` },
  );
}

function fits(written: string, { range, choices }: OptionShape): boolean {
  if (written === "" || written.length > 64) return false;
  if (choices !== undefined) return choices.includes(written);
  if (range === undefined) return true;
  const value = Number(written);
  return /^[+-]?\d+(?:\.\d+)?$/.test(written) && value >= range[0] && value <= range[1];
}

function allowed({ range, choices }: OptionShape): Text {
  if (choices !== undefined)
    return { zh: `可写：${choices.join(", ")}`, en: `write one of: ${choices.join(", ")}` };
  if (range !== undefined)
    return {
      zh: `写 ${range[0]} 到 ${range[1]} 之间的数`,
      en: `write a number from ${range[0]} to ${range[1]}`,
    };
  return { zh: "写 1 到 64 个字符", en: "write 1 to 64 characters" };
}
