/**
 * A point of a profile against the catalogue, and against what its source gives.
 */
import type { Kind, Raw } from "../schema/kind.ts";
import type { Text } from "../schema/vocabulary.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import type { Mapping } from "./tree.ts";
import { unitShown } from "./unit-shown.ts";

/** What a profile may not say against the catalogue; false: told. */
export function fitsCatalogue(
  { id, catalogue, settings, source, body, ratio }: ProfilePointPlan,
  key: { source: Mapping["source"]; offset: number },
  loading: Loading,
): boolean {
  let ok = true;
  const tell = (code: string, path: string[], what: Text, fix: Text) => {
    ok = false;
    loading.findings.error(code, placeOf(body, path, key, loading.findings), what, fix);
  };
  const number = catalogue.type === "number";
  if (settings.unit !== undefined && ![catalogue.unit, unitShown(catalogue)].includes(settings.unit))
    tell(
      "other-unit",
      ["unit"],
      {
        zh: `目录里 ${id} 的单位是 ${unitShown(catalogue) || "（无）"}`,
        en: `the catalogue has ${id} in ${unitShown(catalogue) || "no unit"}`,
      },
      {
        zh: "删掉 unit，用 scale 和 offset 换算成目录的单位",
        en: "remove unit, and convert to the catalogue's with scale and offset",
      },
    );
  if (settings.level !== undefined && settings.level < catalogue.level)
    tell(
      "level-lowered",
      ["level"],
      {
        zh: `数据级别只能提高：目录里 ${id} 是 ${catalogue.level} 级`,
        en: `a level can only be raised: ${id} has ${catalogue.level} in the catalogue`,
      },
      {
        zh: `写 ${catalogue.level} 或更高，或删掉 level`,
        en: `write ${catalogue.level} or more, or remove level`,
      },
    );
  if (settings.range !== undefined && catalogue.range !== undefined) {
    const [low, high] = catalogue.range;
    if (settings.range[0] < low || settings.range[1] > high)
      tell(
        "wider-range",
        ["range"],
        {
          zh: `超出目录里的物理范围 ${low}..${high}`,
          en: `this goes beyond the physical range ${low}..${high} of the catalogue`,
        },
        { zh: "缩小范围，检查单位", en: "narrow it, and check the unit" },
      );
  }
  for (const name of ["scale", "offset", "range"])
    if (!number && body.entries.has(name))
      tell(
        "not-a-number-point",
        [name],
        { zh: `${id} 不是数值，不能有 ${name}`, en: `${id} is no number: it has no ${name}` },
        { zh: "删掉它", en: "remove it" },
      );
  if (settings.rollOver !== undefined) {
    const kind = settings.kind ?? catalogue.kind;
    if (kind !== "counter" || !number)
      tell(
        "not-a-counter",
        ["rollOver"],
        { zh: `${id} 不是累计量，不会计满归零`, en: `${id} is no counter: it has no rollOver` },
        { zh: "删掉 rollOver", en: "remove rollOver" },
      );
    else if (settings.range !== undefined && settings.range[1] < settings.rollOver * ratio)
      tell(
        "roll-over-beyond-range",
        ["rollOver"],
        {
          zh: `${id} 计满归零的数超出自己的 range，最后一段会被当成坏值`,
          en: `${id} rolls over beyond its own range: its last readings would count as bad`,
        },
        {
          zh: "放宽 range（按乘了变比后的值）或改小 rollOver（按表上显示的数，不乘变比）",
          en: "widen range (of the value, after ct) or lower rollOver (as the unit shows it, before ct)",
        },
      );
  }
  if (settings.enum !== undefined && number)
    tell(
      "not-a-word-point",
      ["enum"],
      { zh: `${id} 是数值，不能用 enum`, en: `${id} is a number and has no enum` },
      { zh: "删掉 enum，或换一个测点", en: "remove the enum, or choose another point" },
    );
  if (settings.enum !== undefined && catalogue.type === "boolean")
    for (const [raw, value] of Object.entries(settings.enum))
      if (value !== "true" && value !== "false")
        tell(
          "not-a-choice",
          ["enum", raw],
          { zh: `${id} 只有 true 和 false`, en: `${id} is either true or false` },
          { zh: "写 true 或 false", en: "write true or false" },
        );
  if (catalogue.identity === true && (source as { digest?: unknown } | null)?.digest !== true)
    tell(
      "identity-in-clear",
      [],
      {
        zh: `${id} 涉及个人，只能以摘要离开设备驱动`,
        en: `${id} names a person: it may leave the driver as a digest only`,
      },
      { zh: "加上 digest: true", en: "add digest: true" },
    );
  return ok;
}

const valueWords: Readonly<Record<Raw["type"], Text>> = {
  number: { zh: "数", en: "a number" },
  boolean: { zh: "开关量（true 或 false）", en: "true or false" },
  text: { zh: "文字", en: "a text" },
};

/**
 * Whether what is read can become a value of the point, and whether each raw value that is named can be read; false:
 * told.
 * @param ways how a source is written to give values of a type
 */
export function fitsRaw(
  { id, catalogue, settings, body }: ProfilePointPlan,
  raw: Raw,
  ways: Kind["sourceOf"],
  key: { source: Mapping["source"]; offset: number },
  loading: Loading,
): boolean {
  let ok = true;
  const tell = (code: string, path: string[], what: Text, fix: Text) => {
    ok = false;
    loading.findings.error(code, placeOf(body, path, key, loading.findings), what, fix);
  };
  const { type } = catalogue;
  // A number has no enum: that is told already.
  const named = settings.enum !== undefined && type !== "number";
  if (raw.type !== type && !named) {
    const way = ways?.[type] ?? { zh: `要读出${valueWords[type].zh}`, en: `read ${valueWords[type].en}` };
    const listed = type === "number" ? { zh: "", en: "" } : enumWay(raw, type);
    tell(
      "other-type",
      ["type"],
      {
        zh: `目录里 ${id} 是${valueWords[type].zh}，这样读出来是${valueWords[raw.type].zh}`,
        en: `the catalogue has ${id} as ${valueWords[type].en}, and this reads ${valueWords[raw.type].en}`,
      },
      { zh: way.zh + listed.zh, en: way.en + listed.en },
    );
  }
  const words = Object.keys(settings.enum ?? {});
  const written = settings.sentinels ?? [];
  const sentinels = typeof written === "string" ? [written] : written;
  const check = (word: string, path: string[], where: string, others: readonly string[]) => {
    const meant = rawMeant(word, raw);
    if (meant === word) return;
    const twice = meant !== undefined && others.includes(meant);
    tell(
      "never-read",
      path,
      {
        zh: `${where} 的 “${word}” 永远不会等于读到的值`,
        en: `"${word}" in ${where} never equals what is read`,
      },
      meant === undefined
        ? rawChoices(raw)
        : twice
          ? {
              zh: `它就是已经写了的 ${meant}：删掉`,
              en: `it is ${meant}, which is written already: remove it`,
            }
          : { zh: `在这里读作 ${meant}：写 ${meant}`, en: `it is read as ${meant}: write ${meant}` },
    );
  };
  for (const word of named ? words : []) check(word, ["enum", word], "enum", words);
  for (const [index, word] of sentinels.entries())
    if (word !== "null") check(word, ["sentinels", String(index)], "sentinels", sentinels);
  return ok;
}

function enumWay(raw: Raw, type: "boolean" | "text"): Text {
  const [first, second] = raw.type === "boolean" ? ["false", "true"] : ["0", "1"];
  const [off, on] = type === "boolean" ? ["false", "true"] : ["off", "on"];
  const example = `enum: { "${first}": ${off}, "${second}": ${on} }`;
  return { zh: `；或加上 ${example}`, en: `; or add ${example}` };
}

/** The raw value that a word names, as it is compared; undefined: none that can be read. */
function rawMeant(word: string, raw: Raw): string | undefined {
  if (raw.type === "text") return word;
  if (raw.type === "boolean") {
    if (word === "true" || word === "1") return "true";
    return word === "false" || word === "0" ? "false" : undefined;
  }
  const value = /^(?:0[xX][0-9A-Fa-f]+|[+-]?(?:\d+\.?\d*|\.\d+))$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isNaN(value) || (raw.whole && !Number.isInteger(value))) return undefined;
  // A manual gives 0xFFFF for what a signed register reads as -1.
  const read = raw.min < 0 && value > raw.max && value <= 2 * raw.max + 1 ? value - 2 * (raw.max + 1) : value;
  if (read < raw.min || read > raw.max) return undefined;
  // A fraction, or what is too long for a double, is compared as it stands.
  return Number.isSafeInteger(read) && !/[.]/.test(word) ? String(read) : word;
}

function rawChoices(raw: Raw): Text {
  if (raw.type === "boolean") return { zh: "写 true 或 false", en: "write true or false" };
  if (raw.type === "text" || !raw.whole) return { zh: "写十进制的数", en: "write a decimal number" };
  return {
    zh: `写 ${raw.min} 到 ${raw.max} 之间的十进制整数`,
    en: `write a whole decimal number from ${raw.min} to ${raw.max}`,
  };
}
