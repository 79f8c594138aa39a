/**
 * Test vectors of the folder's own device models, run through the code that reads a device: each must give the values
 * that stand beside it.
 */
import type { Kind } from "../schema/kind.ts";
import type { Text, Value } from "../schema/vocabulary.ts";
import { Findings } from "./findings.ts";
import type { Loading, Meaning } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import { nobody } from "./models.ts";
import { planPoints, sourcesOf } from "./points.ts";
import { type Profile, profileWith } from "./profile.ts";
import type { Mapping } from "./tree.ts";
import { unitShown } from "./unit-shown.ts";
import type { Vector } from "./vectors.ts";

export function runVectors(profile: Profile, loading: Loading): void {
  const { kinds, meaning } = loading;
  const kind = kinds.find(({ driver, readVector }) => driver === profile.driver && readVector !== undefined);
  const list = profile.body.entries.get("vectors")?.value;
  if (kind?.readVector === undefined || meaning === undefined || !profile.ok || list?.type !== "list") return;
  for (const [index, vector] of profile.vectors.entries()) {
    const node = list.items[index];
    const own = profileWith(profile, vector.values, loading);
    if (node?.type === "mapping" && own !== null)
      run({ profile: own, kind, readVector: kind.readVector }, vector, node, meaning, loading);
  }
}

interface Model {
  profile: Profile;
  kind: Kind;
  readVector: NonNullable<Kind["readVector"]>;
}

function run(
  { profile, kind, readVector }: Model,
  vector: Vector,
  node: Mapping,
  meaning: Meaning,
  loading: Loading,
): void {
  const { findings } = loading;
  const id = "vector";
  const scratch = { ...loading, findings: new Findings() };
  const points = planPoints(nobody(profile), profile, { value: {} }, scratch);
  if (points === null) return;
  const { samples, faults, problem } = readVector(
    {
      id,
      profile: profile.settings,
      points: sourcesOf(points),
    },
    vector,
  );
  if (problem !== undefined) {
    const { key, what, fix } = problem;
    findings.error("vector-frame", placeOf(node, [key], profile.key, findings), what, fix);
    return;
  }
  const plans = new Map([...points].map(([point, { plan }]) => [point, plan]));
  const meant = meaning(
    {
      device: id,
      profile: profile.id,
      space: "",
      simulated: false,
      stage: "on",
      buffered: false,
      points: plans,
    },
    samples,
  );
  for (const [point, expected] of vector.expect) {
    const { node: at, holder } = locate(node, ["expect", point], profile.key, findings);
    const place = at?.type === "scalar" ? at : holder;
    const fault = faults.find((one) => one.point === point)?.what ?? meant.faults.get(point);
    const value = meant.values.get(point);
    if (fault === undefined && value === expected) continue;
    const unit = unitOf(profile, point);
    const keys = keysOf(profile, kind, point);
    if (fault !== undefined || value === undefined)
      findings.error(
        "vector-value",
        place,
        {
          zh: `${point} 应为 ${said(expected, unit)}，读不出来：${fault?.zh ?? "这一帧里没有它"}`,
          en: `${point} should be ${said(expected, unit)}, and cannot be read: ${fault?.en ?? "it is not in this frame"}`,
        },
        {
          zh: `核对 ${keys.zh}，或从 expect 里删掉`,
          en: `compare ${keys.en}, or remove it from expect`,
        },
      );
    else
      findings.error(
        "vector-value",
        place,
        {
          zh: `${point} 应为 ${said(expected, unit)}，按这个型号读出来是 ${said(value, unit)}`,
          en: `${point} should be ${said(expected, unit)}, and this profile reads ${said(value, unit)}`,
        },
        {
          zh: `对照手册核对 ${keys.zh}；都对就改 expect`,
          en: `compare ${keys.en} with the manual; if all is right, mend expect`,
        },
      );
  }
}

/** What the profile says of a point, and where its kind looks for it without words: whichever of it may be wrong. */
function keysOf({ points, settings }: Profile, kind: Kind, id: string): Text {
  const point = points.get(id);
  if (point === undefined) return { zh: id, en: id };
  const places = Object.keys(kind.placeOf?.(point.source, settings) ?? {});
  const keys = [...new Set([...places, ...point.body.entries.keys()])];
  return { zh: `${id} 的 ${keys.join("、")}`, en: `${keys.join(", ")} of ${id}` };
}

function unitOf({ points }: Profile, id: string): string {
  const point = points.get(id);
  return point === undefined ? "" : unitShown(point.catalogue);
}

const said = (value: Value, unit: string) => {
  if (value === null) return "null";
  return typeof value === "number" && unit !== "" ? `${value} ${unit}` : String(value);
};
