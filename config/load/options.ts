/**
 * Options of a device model: what its profile declares, and the values that a device gives them under `with`.
 */
import type { Text } from "../schema/vocabulary.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import { nearest } from "./nearest.ts";
import { plain } from "./plain.ts";
import { keysOf } from "./schema-keys.ts";
import { type OptionShape, profileShape } from "./shape/profile.ts";
import type { Place } from "./source.ts";
import type { Mapping, Node, Scalar } from "./tree.ts";

export interface Option extends OptionShape {
  /** Where it is declared. */
  key: Scalar;
  /** Of its own keys, those that could not be read (told): with them any value may be right. */
  unread: ReadonlySet<string>;
}
export type Options = ReadonlyMap<string, Option>;
export type Values = ReadonlyMap<string, string>;

export interface Declared {
  options: Options;
  /** `options` can be read: a name that is not among them is declared nowhere. */
  whole: boolean;
  /** Nothing was wrong. */
  ok: boolean;
}

/** Each is read whole. */
const maxVariants = 32;

/** What may name an option. */
export const optionName = /^[a-z][a-z0-9_]{0,31}$/;

/** The option that chooses one of a profile's `variants`. */
export const variantOption = "variant";

const optionShape = profileShape.shape.options.unwrap().valueType;
const optionKeys = keysOf(optionShape);
const whatCannotBeRead: ReadonlySet<string> = new Set(optionKeys);

/**
 * The options of a profile. What has the wrong shape is told by whoever reads the profile's own keys; its name is known
 * all the same.
 */
export function readOptions(body: Mapping, loading: Loading): Declared {
  const options = new Map<string, Option>();
  const { findings } = loading;
  let ok = true;
  const tell = (code: string, place: Place, what: Text, fix: Text) => {
    ok = false;
    findings.error(code, place, what, fix);
  };
  const content = body.entries.get("options")?.value;
  const whole = content === undefined || content.type === "mapping";
  for (const [name, { key, value }] of content?.type === "mapping" ? content.entries : []) {
    const option = readOption(name, key, value);
    options.set(name, option);
    if (!optionShape.safeParse(plain(value)).success) ok = false;
    if (!optionName.test(name)) {
      option.unread = whatCannotBeRead;
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
    } else if (value.type === "mapping" && option.range !== undefined && option.choices !== undefined)
      tell(
        "range-and-choices",
        value.entries.get("choices")?.key ?? key,
        { zh: `选项 ${name} 同时有 range 和 choices`, en: `the option ${name} has both range and choices` },
        { zh: "只留一个", en: "keep one of them" },
      );
    else if (
      value.type === "mapping" &&
      option.default !== undefined &&
      name !== variantOption &&
      !fits(option.default, option)
    ) {
      tell(
        "option-value",
        placeOf(value, ["default"], key, findings),
        { zh: `缺省值 “${option.default}” 不可用`, en: `the default "${option.default}" is not allowed` },
        allowed(option),
      );
      forgetDefault(option);
    }
  }
  const variants = body.entries.get("variants");
  if (variants === undefined) return { options, whole, ok };
  const declared = options.get(variantOption);
  const option: Option = {
    text: declared?.text ?? { zh: "用哪张寄存器表", en: "which of its register maps" },
    key: declared?.key ?? variants.key,
    unread: new Set(declared?.unread.has("default") === true || !whole ? ["default"] : []),
  };
  options.set(variantOption, option);
  if (variants.value.type !== "mapping") {
    option.unread = whatCannotBeRead;
    return { options, whole, ok: false };
  }
  const choices = [...variants.value.entries.keys()];
  if (choices.length > maxVariants) {
    tell(
      "too-many-variants",
      variants.key,
      { zh: `变体超过 ${maxVariants} 个`, en: `there are more than ${maxVariants} variants` },
      { zh: "分成几个型号", en: "make it several profiles" },
    );
    choices.length = maxVariants;
    option.unread = whatCannotBeRead;
  }
  option.choices = choices;
  const preset = declared?.default;
  if (preset === undefined) return { options, whole, ok };
  option.default = preset;
  if (!choices.includes(preset)) {
    tell(
      "option-value",
      option.key,
      { zh: `缺省值 “${preset}” 不在 variants 里`, en: `the default "${preset}" is none of the variants` },
      allowed(option),
    );
    forgetDefault(option);
  }
  return { options, whole, ok };
}

/** As much of one option as can be read, misspelt keys as they were probably meant. */
function readOption(name: string, key: Scalar, node: Node): Option {
  const nothing = { zh: name, en: name };
  if (node.type !== "mapping") return { text: nothing, key, unread: whatCannotBeRead };
  const written = plain(node) as Record<string, unknown>;
  const unread = new Set<string>();
  for (const strange of Object.keys(written).filter((other) => !optionKeys.includes(other))) {
    const absent = optionKeys.filter((other) => !Object.hasOwn(written, other));
    const near = nearest(strange, absent);
    if (near !== undefined) written[near] = written[strange];
    // It may stand for any.
    else for (const other of absent) unread.add(other);
  }
  const lenient = optionShape.partial().strip();
  for (const { path } of lenient.safeParse(written).error?.issues ?? []) {
    unread.add(String(path[0]));
    delete written[String(path[0])];
  }
  const { text = nothing, ...rest } = lenient.parse(written);
  return { ...rest, text, key, unread };
}

function forgetDefault(option: Option): void {
  delete option.default;
  option.unread = new Set([...option.unread, "default"]);
}

/** False: what stands in for its value while the profile is read may be none that it can have. */
export const hasExample = ({ default: preset, unread }: Option): boolean =>
  preset !== undefined || !["default", "range", "choices"].some((name) => unread.has(name));

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
 * @returns null: something is wrong, told here or where the option is declared
 */
export function optionValues(
  { id, options, whole = true }: Pick<Declared, "options"> & { id: string; whole?: boolean },
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
    if (silent || (option === undefined && !whole)) continue;
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
      if (!meant.has(name) && !option.unread.has("default"))
        tellMissing(id, name, option, placeOf(body, ["with"], anchor, findings), loading);
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

function fits(written: string, { range, choices, unread }: Option): boolean {
  if (unread.has("range") || unread.has("choices")) return true;
  if (written === "" || written.length > 64) return false;
  if (choices !== undefined) return choices.includes(written);
  if (range === undefined) return true;
  const value = Number(written);
  return /^[+-]?\d+(?:\.\d+)?$/.test(written) && value >= range[0] && value <= range[1];
}

function allowed({ range, choices, unread }: Option): Text {
  if (unread.has("range") || unread.has("choices"))
    return {
      zh: "可写什么，要等型号里这个选项改好",
      en: "what it may be is known when the profile's option is mended",
    };
  if (choices !== undefined)
    return { zh: `可写：${choices.join(", ")}`, en: `write one of: ${choices.join(", ")}` };
  if (range !== undefined)
    return {
      zh: `写 ${range[0]} 到 ${range[1]} 之间的数`,
      en: `write a number from ${range[0]} to ${range[1]}`,
    };
  return { zh: "写 1 到 64 个字符", en: "write 1 to 64 characters" };
}
