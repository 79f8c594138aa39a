/**
 * The points of one device as they will run.
 */
import type { z } from "zod";
import type { CataloguePoint } from "../catalogue/point.ts";
import type { DevicePlan } from "../schema/kind.ts";
import type { CounterPlan, PointPlan } from "../schema/plan.ts";
import type { Device } from "./device.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import {
  type PointSettings,
  precedence,
  type SchoolDefaults,
  type Settled,
  settlePoint,
} from "./point-settings.ts";
import { present } from "./present.ts";
import type { Profile } from "./profile.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import type { overrideShape } from "./shape/device.ts";
import type { Place } from "./source.ts";

type Override = Exclude<z.output<typeof overrideShape>, "off">;

export interface PlannedPoint {
  plan: PointPlan;
  source: unknown;
}

/** As a driver gets them: what is inferred is none of its business. */
export const sourcesOf = (points: ReadonlyMap<string, PlannedPoint>): DevicePlan["points"] =>
  [...points].flatMap(([id, { plan, source }]) =>
    plan.inferred === undefined ? [{ id, source, everyMs: plan.everyMs }] : [],
  );

/** null: something is wrong, told. */
export function planPoints(
  device: Device,
  profile: Profile,
  defaults: SchoolDefaults,
  loading: Loading,
): Map<string, PlannedPoint> | null {
  const { common, body, key } = device;
  let ok = !body.entries.has("points") || common.value.points !== undefined;
  const overrides = Object.entries(common.value.points ?? {});
  for (const [id, override] of overrides) ok = checkOverride(id, override, device, profile, loading) && ok;
  if (!profile.ok || !ok) return null;
  const points = new Map<string, PlannedPoint>();
  for (const point of profile.points.values()) {
    const settings = settlePoint(point, device, profile, defaults);
    if (settings.off.value) continue;
    points.set(point.id, { plan: planPoint(point, settings, device, loading), source: point.source });
  }
  if (points.size === 0 && profile.points.size > 0)
    loading.findings.warning(
      "no-points",
      placeOf(body, ["points"], key, loading.findings),
      { zh: `${device.id} 的测点全部关了`, en: `all points of ${device.id} are off` },
      { zh: "整台不用时写 stage: off 和 why", en: "write stage: off and why when the device is not used" },
    );
  return points;
}

function checkOverride(
  id: string,
  override: "off" | Override,
  device: Device,
  profile: Profile,
  loading: Loading,
): boolean {
  const { findings } = loading;
  const { body, key } = device;
  const { holder, silent } = locate(body, ["points", id], key, findings);
  const point = profile.points.get(id);
  if (point === undefined) {
    if (!profile.ok || silent) return true;
    findings.error(
      "unknown-point",
      holder,
      { zh: `型号 ${profile.id} 没有测点 “${id}”`, en: `the profile ${profile.id} has no point "${id}"` },
      suggest(
        id,
        [...profile.points.keys()],
        { zh: "测点", en: "points" },
        { has: (other) => Object.hasOwn(device.common.value.points ?? {}, other) },
      ),
    );
    return false;
  }
  if (override === "off") return true;
  let ok = true;
  for (const name of ["offset", "scale"] as const) {
    if (override[name] === undefined) continue;
    const place = placeOf(body, ["points", id, name], key, findings);
    if (point.catalogue.type !== "number") {
      ok = false;
      findings.error(
        "not-a-number-point",
        place,
        { zh: `${id} 不是数值，不能有 ${name}`, en: `${id} is no number: it has no ${name}` },
        { zh: "删掉它", en: "remove it" },
      );
    } else if (override.why === undefined) {
      ok = false;
      findings.error(
        "missing-why",
        place,
        { zh: `修正 ${name} 要写原因`, en: `${name} needs a reason` },
        { zh: "加上 why: 日期和对比的标准仪器", en: "add why: date, and what it was compared with" },
      );
    }
  }
  return ok;
}

function planPoint(
  { id, catalogue, settings, sentinels, ratio, enum: words, inferred }: ProfilePointPlan,
  { period, deadband, maxSilence, scale, offset }: PointSettings,
  { key }: Device,
  loading: Loading,
): PointPlan {
  if (maxSilence.value < period.value) tellShortSilence(id, later(maxSilence, period) ?? key, loading);
  const range = settings.range ?? catalogue.range;
  const kind = settings.kind ?? catalogue.kind;
  // What the device's own correction makes of it is no number that the unit shows.
  const shown = Number(((ratio * scale.value) / (settings.scale ?? 1)).toPrecision(15));
  return {
    id,
    kind,
    type: catalogue.type,
    ...(catalogue.unit === undefined ? {} : { unit: catalogue.unit }),
    level: Math.max(settings.level ?? 1, catalogue.level),
    ...(range === undefined ? {} : { range }),
    scale: scale.value,
    offset: offset.value,
    sentinels,
    ...(words === undefined ? {} : { enum: words }),
    warmUpMs: settings.warmUp ?? 0,
    everyMs: period.value,
    ...(settings.optional === true ? { optional: true as const } : {}),
    ...(settings.onChange === true ? { onChange: true as const } : {}),
    ...(settings.assumed === true || inferred !== undefined ? { assumed: true as const } : {}),
    ...present({ inferred }),
    deadband: deadband.value === "off" ? null : deadband.value,
    maxSilenceMs: maxSilence.value,
    ...(kind === "counter" && catalogue.type === "number"
      ? { counter: counterPlan(catalogue, shown, settings.rollOver) }
      : {}),
  };
}

function counterPlan(
  { unit = "", display, perHour }: CataloguePoint,
  ratio: number,
  rollOver: number | undefined,
): CounterPlan {
  const factor = display?.factor ?? 1;
  return {
    ratio,
    ...(rollOver === undefined ? {} : { rollOver }),
    noise: 2 / (10 ** (display?.decimals ?? 0) * factor),
    ...(perHour === undefined ? {} : { perHour }),
    display: { unit: display?.unit ?? unit, factor },
  };
}

/** Where the last word was said of two that do not fit together. */
function later(a: Settled<number>, b: Settled<number>): Place | undefined {
  const [first, second] = [a.from[0], b.from[0]];
  const overruled = precedence[second?.layer ?? "built-in"] > precedence[first?.layer ?? "built-in"];
  return (overruled ? second : first)?.place;
}

function tellShortSilence(id: string, place: Place, loading: Loading): void {
  loading.findings.warning(
    "silence-below-period",
    place,
    { zh: `${id} 的 maxSilence 比 period 还短`, en: `the maxSilence of ${id} is shorter than its period` },
    {
      zh: "每个值都会存；把这个测点的 maxSilence 写成 period 的几倍",
      en: "every value is stored: give this point a maxSilence of several periods",
    },
  );
}
