/**
 * The points of one device model: each is a point of the catalogue, found where the kind's `source` says.
 */
import { type CataloguePoint, cataloguePoints } from "../catalogue/points.ts";
import type { Kind } from "../schema/kind.ts";
import type { Value } from "../schema/vocabulary.ts";
import { changed, eachVariant, meantNames, renamed } from "./as-meant.ts";
import { layersOf } from "./configured.ts";
import { readCommon, readRest, tellStrangers } from "./entry.ts";
import { type Findings, suggest } from "./findings.ts";
import { fitsCatalogue, fitsRaw } from "./fits-catalogue.ts";
import { readInferred, tellUninferred } from "./inferred-point.ts";
import type { Loading } from "./loading.ts";
import { nearestAll } from "./nearest.ts";
import { present } from "./present.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import { profilePointShape } from "./shape/profile.ts";
import type { Mapping } from "./tree.ts";

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

/**
 * @param settings what the kind's `profile` schema gave; undefined: something in it is wrong
 */
export function readProfilePoints(
  profile: Mapping,
  kind: Kind,
  settings: unknown,
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
    if (common.meant.has("from")) {
      // What else is missing of it cannot be known.
      tellStrangers(profilePointShape, [kind.source], named, loading.findings);
      ok = false;
      continue;
    }
    const isInferred = value.entries.has("from");
    const inferred = isInferred ? readInferred(id, named, common, kind, loading.findings) : undefined;
    if (!isInferred && tellUninferred(value, loading.findings)) ok = false;
    const source = isInferred
      ? { value: undefined }
      : readRest(kind.source, profilePointShape, named, loading.findings);
    if (catalogue === undefined || !common.ok || source === null || inferred === null) {
      ok = false;
      continue;
    }
    const plan: ProfilePointPlan = {
      id,
      catalogue,
      settings: common.value,
      source: source.value,
      sentinels: sentinelsOf(common.value.sentinels ?? [], catalogue),
      ratio: ratioOf(value),
      body: value,
      whole: profile,
      ...present({ inferred }),
    };
    const words = enumOf(common.value.enum, catalogue);
    if (words !== undefined) plan.enum = words;
    // What is read there may hang on what the whole profile says.
    const raw = settings === undefined || isInferred ? undefined : kind.rawOf?.(source.value, settings);
    ok = fitsCatalogue(plan, key, loading) && ok;
    if (raw !== undefined) ok = fitsRaw(plan, raw, kind.sourceOf, key, loading) && ok;
    points.set(id, plan);
  }
  return { points, ok };
}

/** Of `0.01*$ct*$pt` what the options make: the rest is how the unit writes its own number. */
function ratioOf(point: Mapping): number {
  const scale = point.entries.get("scale")?.value;
  if (scale?.type !== "scalar") return 1;
  const written = scale.source.text.slice(scale.offset, scale.end).split("*");
  const ratio = scale.text
    .split("*")
    .reduce((all, factor, at) => (written[at]?.includes("$") === true ? all * Number(factor) : all), 1);
  return Number(ratio.toPrecision(15));
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
