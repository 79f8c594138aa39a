/**
 * Devices that speak by themselves, more seldom than the school's defaults say: each would be taken for silent.
 */

import type { DevicePoints } from "../schema/plan.ts";
import type { Device } from "./device.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import type { Defaults } from "./school.ts";
import { spoken } from "./shape/measure.ts";
import type { Mapping } from "./tree.ts";

interface Planned {
  device: Device;
  points: DevicePoints;
}

const named = (ids: readonly string[]) => {
  const few = ids.slice(0, 3);
  const more = ids.length - few.length;
  return {
    zh: `${few.join("、")}${more > 0 ? ` 等 ${ids.length} 台` : ""}`,
    en: `${few.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
  };
};

/** Once for each model, at the period of the defaults. */
export function tellSeldom(
  planned: Iterable<Planned>,
  { value, body }: { value: Defaults; body?: Mapping },
  { findings }: Loading,
): void {
  const everyMs = value.period;
  if (everyMs === undefined || body === undefined) return;
  const found = new Map<string, { ms: number; devices: string[] }>();
  for (const { device, points } of planned) {
    if (device.off || device.link?.kind?.speaks !== true) continue;
    const ms = seldomMs({ device, points }, everyMs);
    if (ms === null) continue;
    const known = found.get(points.profile);
    found.set(points.profile, { ms, devices: [...(known?.devices ?? []), device.id] });
  }
  const key = body.entries.get("period");
  if (key === undefined) return;
  const place = placeOf(body, ["period"], key.key, findings);
  for (const [profile, { ms, devices }] of found) {
    const who = named(devices);
    findings.warning(
      "period-below-model",
      place,
      {
        zh: `${profile} 约 ${spoken(ms)} 才说一次，period ${spoken(everyMs)} 会把 ${who.zh} 当成没有声音`,
        en: `${profile} speaks about every ${spoken(ms)}: with a period of ${spoken(everyMs)} ${who.en} will be taken for silent`,
      },
      {
        zh: `删掉这里的 period，改在需要的设备或模板里写；或给这些设备写 period: ${spoken(ms)}`,
        en: `remove period here and write it at the devices or templates that need it, or period: ${spoken(ms)} at these`,
      },
    );
  }
}

/** The shortest time after which the model says one of its points, where the defaults made it shorter; null: they did not. */
function seldomMs({ device, points }: Planned, everyMs: number): number | null {
  const { profile, common } = device;
  if (profile === undefined || common.value.period !== undefined) return null;
  const own = [...points.points.values()].flatMap((plan) => {
    const written = profile.points.get(plan.id)?.settings.period ?? profile.periodMs;
    if (plan.inferred !== undefined) return [];
    const regular = plan.kind !== "event" && plan.kind !== "alarm" && plan.onChange !== true;
    return regular && plan.everyMs === everyMs && written !== undefined ? written : [];
  });
  const shortest = Math.min(...own);
  return own.length > 0 && shortest > everyMs ? shortest : null;
}
