/**
 * The points of one device model: each is a point of the catalogue, found where the kind's `source` says.
 */
import { type CataloguePoint, cataloguePoints } from "../catalogue/points.ts";
import type { Kind } from "../schema/kind.ts";
import type { Value } from "../schema/vocabulary.ts";
import { changed, eachVariant, layersOf, meantNames, renamed } from "./configured.ts";
import { readCommon, readRest } from "./entry.ts";
import { type Findings, suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { nearestAll } from "./nearest.ts";
import { type ProfilePoint, profilePointShape } from "./shape/profile.ts";
import type { Mapping } from "./tree.ts";

export interface ProfilePointPlan {
  id: string;
  catalogue: CataloguePoint;
  settings: Partial<ProfilePoint>;
  /** Where the kind finds it. */
  source: unknown;
  sentinels: readonly Value[];
  enum?: ReadonlyMap<string, string | boolean>;
  /** The profile's entry, for places. */
  body: Mapping;
  /** The whole profile, for places. */
  whole: Mapping;
}

/**
 * With the points that others lay over them, or that they are laid over, for those whose id is misspelt in the profile
 * or in one of its variants, told: each then has what the others say of it.
 * @returns the same object when there are none
 */
export function pointsAsMeant(profile: Mapping, findings: Findings): Mapping {
  const layers = layersOf(profile);
  const idsOf = (layer: Mapping) => {
    const points = layer.entries.get("points")?.value;
    return points?.type === "mapping" ? [...points.entries.keys()] : [];
  };
  const known = new Set(layers.flatMap(idsOf).filter((id) => cataloguePoints.has(id)));
  const mend = (layer: Mapping) =>
    changed(layer, "points", findings, (points) => {
      const free = [...known].filter((id) => !points.entries.has(id));
      const strange = [...points.entries.keys()].filter((id) => !cataloguePoints.has(id));
      const names = meantNames(strange, (id) => nearestAll(id, free));
      for (const id of names.keys()) tellUnknown(id, points, free, findings);
      return renamed(points, names, findings);
    });
  return layers.length === 1 ? profile : eachVariant(mend(profile), mend, findings);
}

function tellUnknown(id: string, points: Mapping, known: readonly string[], findings: Findings): void {
  const key = points.entries.get(id)?.key;
  if (key === undefined || findings.silent(key)) return;
  findings.error(
    "unknown-point",
    key,
    { zh: `目录里没有测点 “${id}”`, en: `the catalogue has no point "${id}"` },
    () => suggest(id, known, { zh: "测点", en: "points" }, points.entries),
  );
}

export function readProfilePoints(
  profile: Mapping,
  kind: Kind,
  loading: Loading,
): { points: Map<string, ProfilePointPlan>; ok: boolean } {
  const points = new Map<string, ProfilePointPlan>();
  const content = profile.entries.get("points")?.value;
  if (content?.type !== "mapping") return { points, ok: false };
  let ok = true;
  for (const [id, { key, value }] of content.entries) {
    const catalogue = cataloguePoints.get(id);
    if (catalogue === undefined) tellUnknown(id, content, [...cataloguePoints.keys()], loading.findings);
    if (value.type !== "mapping") {
      ok = false;
      if (!loading.findings.silent(value))
        loading.findings.error(
          "wrong-shape",
          key,
          { zh: `“${id}” 后面应当是 { 名字: 内容 }`, en: `name: content pairs must stand behind "${id}"` },
          { zh: "检查缩进和括号", en: "check the indentation and the brackets" },
        );
      continue;
    }
    const named = { key, body: value };
    const common = readCommon(profilePointShape, [], named, [kind.source], loading.findings);
    const source = readRest(kind.source, profilePointShape, named, loading.findings);
    if (catalogue === undefined || !common.ok || source === null) {
      ok = false;
      continue;
    }
    const plan: ProfilePointPlan = {
      id,
      catalogue,
      settings: common.value,
      source: source.value,
      sentinels: sentinelsOf(common.value.sentinels ?? [], catalogue),
      body: value,
      whole: profile,
    };
    const words = enumOf(common.value.enum, catalogue);
    if (words !== undefined) plan.enum = words;
    ok = fitsCatalogue(plan, key, loading) && ok;
    points.set(id, plan);
  }
  return { points, ok };
}

/** What a profile may not say against the catalogue; false: told. */
function fitsCatalogue(
  { id, catalogue, settings, source, body }: ProfilePointPlan,
  key: { source: Mapping["source"]; offset: number },
  loading: Loading,
): boolean {
  let ok = true;
  const tell = (
    code: string,
    path: string[],
    what: { zh: string; en: string },
    fix: { zh: string; en: string },
  ) => {
    ok = false;
    loading.findings.error(code, placeOf(body, path, key, loading.findings), what, fix);
  };
  const number = catalogue.type === "number";
  if (settings.unit !== undefined && settings.unit !== catalogue.unit)
    tell(
      "other-unit",
      ["unit"],
      {
        zh: `目录里 ${id} 的单位是 ${catalogue.unit ?? "（无）"}`,
        en: `the catalogue has ${id} in ${catalogue.unit ?? "no unit"}`,
      },
      { zh: "用 scale 和 offset 换算成目录的单位", en: "convert to it with scale and offset" },
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

/** Raw values: numbers and booleans where the text is one and the point is no text. */
function sentinelsOf(written: string | readonly string[], catalogue: CataloguePoint): Value[] {
  const words = typeof written === "string" ? [written] : written;
  return words.map((word): Value => {
    if (word === "null") return null;
    if (catalogue.type === "text") return word;
    if (word === "true" || word === "false") return word === "true";
    return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(word) ? Number(word) : word;
  });
}

function enumOf(
  words: Record<string, string> | undefined,
  catalogue: CataloguePoint,
): ReadonlyMap<string, string | boolean> | undefined {
  if (words === undefined) return undefined;
  const value = (word: string) => (catalogue.type === "boolean" ? word === "true" : word);
  return new Map(Object.entries(words).map(([raw, word]) => [raw, value(word)]));
}
