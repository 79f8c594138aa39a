/**
 * The points of one device as they will run: catalogue < profile < defaults < device; within one level a point beats its device.
 */
import type { z } from "zod";
import type { PointPlan } from "../schema/plan.ts";
import type { Device } from "./devices.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { locate, placeOf } from "./locate.ts";
import type { ProfilePointPlan } from "./profile-points.ts";
import type { Profile } from "./profiles.ts";
import type { Defaults } from "./school.ts";
import type { overrideShape } from "./shape/device.ts";
import type { Deadband } from "./shape/measure.ts";
import type { Place } from "./source.ts";
import type { Mapping } from "./tree.ts";

type Override = Exclude<z.output<typeof overrideShape>, "off">;

const minute = 60_000;
const ordinaryPeriodMs = minute;
const ordinarySilenceMs = 15 * minute;

export interface PlannedPoint {
  plan: PointPlan;
  source: unknown;
}

/** null: something is wrong, told. */
export function planPoints(
  device: Device,
  profile: Profile,
  defaults: { value: Defaults; body?: Mapping },
  loading: Loading,
): Map<string, PlannedPoint> | null {
  const { common, body, key } = device;
  let ok = !body.entries.has("points") || common.value.points !== undefined;
  const overrides = Object.entries(common.value.points ?? {});
  for (const [id, override] of overrides) ok = checkOverride(id, override, device, profile, loading) && ok;
  if (!profile.ok || !ok) return null;
  const points = new Map<string, PlannedPoint>();
  for (const point of profile.points.values()) {
    const written = common.value.points?.[point.id];
    if (written === "off" || written?.off === true) continue;
    points.set(point.id, {
      plan: planPoint(point, written, device, profile, defaults, loading),
      source: point.source,
    });
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
  point: ProfilePointPlan,
  override: Override | undefined,
  device: Device,
  profile: Profile,
  defaults: { value: Defaults; body?: Mapping },
  loading: Loading,
): PointPlan {
  const { id, catalogue, settings } = point;
  const school = defaults.value.points?.[id];
  const everyMs =
    override?.period ??
    device.common.value.period ??
    school?.period ??
    defaults.value.period ??
    settings.period ??
    profile.periodMs ??
    ordinaryPeriodMs;
  const written = override?.maxSilence ?? school?.maxSilence ?? settings.maxSilence;
  if (written !== undefined && written < everyMs) {
    const place =
      override?.maxSilence !== undefined
        ? placeOf(device.body, ["points", id, "maxSilence"], device.key, loading.findings)
        : school?.maxSilence !== undefined && defaults.body !== undefined
          ? placeOf(defaults.body, ["points", id, "maxSilence"], device.key, loading.findings)
          : placeOf(point.body, ["maxSilence"], profile.key, loading.findings);
    tellShortSilence(id, place, loading);
  }
  const deadband: Deadband =
    override?.deadband ?? school?.deadband ?? settings.deadband ?? catalogue.deadband ?? "off";
  const { scale = 1, offset = 0 } = settings;
  const { scale: trim = 1, offset: shift = 0 } = override ?? {};
  const range = settings.range ?? catalogue.range;
  return {
    id,
    kind: settings.kind ?? catalogue.kind,
    type: catalogue.type,
    ...(catalogue.unit === undefined ? {} : { unit: catalogue.unit }),
    level: Math.max(settings.level ?? 1, catalogue.level),
    ...(range === undefined ? {} : { range }),
    scale: scale * trim,
    offset: offset * trim + shift,
    sentinels: point.sentinels,
    ...(point.enum === undefined ? {} : { enum: point.enum }),
    warmUpMs: settings.warmUp ?? 0,
    everyMs,
    ...(settings.optional === true ? { optional: true as const } : {}),
    deadband: deadband === "off" ? null : deadband,
    maxSilenceMs: written ?? Math.max(catalogue.maxSilenceMs ?? ordinarySilenceMs, everyMs),
  };
}

function tellShortSilence(id: string, place: Place, loading: Loading): void {
  loading.findings.warning(
    "silence-below-period",
    place,
    { zh: `${id} 的 maxSilence 比 period 还短`, en: `the maxSilence of ${id} is shorter than its period` },
    {
      zh: "每个值都会存；把 maxSilence 改成 period 的几倍",
      en: "every value is stored: make it several periods",
    },
  );
}
