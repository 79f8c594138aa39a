/**
 * A point of a profile that its device does not say: it is on or off by the power of the meter or plug in front.
 */
import { cataloguePoints } from "../catalogue/points.ts";
import type { Kind } from "../schema/kind.ts";
import { type Common, type Named, tellStrangers } from "./entry.ts";
import type { Findings } from "./findings.ts";
import { tellMissing } from "./issues.ts";
import { placeOf } from "./locate.ts";
import type { ProfilePointPlan } from "./profile-point.ts";
import { keysOf } from "./schema-keys.ts";
import { type ProfilePoint, profilePointShape } from "./shape/profile.ts";
import type { Mapping } from "./tree.ts";

/** All that such a point may say; how raw values are read means nothing to it. */
const allowed = ["from", "on", "off", "quality", "period", "deadband", "maxSilence", "level", "kind", "note"];
/** And these nothing without `from`. */
const only = ["on", "off", "quality"];
/** Off below this share of `on`, unless it is said. */
const offShare = 0.6;

/** null: something is wrong with it, told. */
export function readInferred(
  id: string,
  named: Pick<Named, "key" | "body">,
  { value, ok: sound, meant }: Common<ProfilePoint>,
  kind: Kind,
  findings: Findings,
): NonNullable<ProfilePointPlan["inferred"]> | null {
  const { key, body } = named;
  let ok = sound;
  const known = [...keysOf(profilePointShape), ...keysOf(kind.source)];
  for (const [name, entry] of body.entries) {
    if (!known.includes(name)) ok = false;
    if (allowed.includes(name) || !known.includes(name) || findings.silent(entry.key)) continue;
    ok = false;
    findings.error(
      "not-inferred-key",
      entry.key,
      {
        zh: `${id} 由电表推断，不从设备读：“${name}” 没有意义`,
        en: `${id} is inferred from the meter and not read from the device: "${name}" means nothing`,
      },
      { zh: "删掉它；要从设备读就删掉 from", en: "remove it, or remove from if the device says the point" },
    );
  }
  tellStrangers(profilePointShape, [kind.source], named, findings);
  const type = cataloguePoints.get(id)?.type;
  if (type !== undefined && type !== "boolean") {
    ok = false;
    findings.error(
      "not-a-switch",
      placeOf(body, ["from"], key, findings),
      {
        zh: `目录里 ${id} 不是开关量，功率只能说明开还是关`,
        en: `the catalogue has ${id} as no true or false, and power tells only whether something is on`,
      },
      {
        zh: "换成开关量测点，例如 display_on 或 ac_power",
        en: "use a point that is true or false, such as display_on or ac_power",
      },
    );
  }
  const { on: onW, off: offW } = value;
  if (!body.entries.has("on") && !meant.has("on")) {
    ok = false;
    tellMissing("on", key, findings, profilePointShape.shape.on.description);
  }
  if (onW === undefined) return null;
  if (offW !== undefined && offW >= onW) {
    ok = false;
    findings.error(
      "off-above-on",
      placeOf(body, ["off"], key, findings),
      { zh: "off 的功率不低于 on 的：同一功率既开又关", en: "off is not below on: one power would be both" },
      {
        zh: "off 写得比 on 低，或删掉 off（按 on 的 60 %）",
        en: "let off be below on, or remove it: then it is 60 % of on",
      },
    );
  }
  return ok ? { onW, offW: offW ?? Number((onW * offShare).toPrecision(12)) } : null;
}

/** Keys of an inferred point at one that the device says. @returns whether there were any, told */
export function tellUninferred(body: Mapping, findings: Findings): boolean {
  let told = false;
  for (const name of only) {
    const entry = body.entries.get(name);
    if (entry === undefined) continue;
    told = true;
    if (findings.silent(entry.key)) continue;
    findings.error(
      "needs-from",
      entry.key,
      {
        zh: `没有 from: power-meter，“${name}” 不起作用`,
        en: `without from: power-meter, "${name}" has no effect`,
      },
      name === "quality"
        ? {
            zh: "要由电表推断就加上 from: power-meter；设备只复述命令就写 assumed: true",
            en: "add from: power-meter if the meter tells it, or write assumed: true if the device repeats what it was told",
          }
        : { zh: "加上 from: power-meter，或删掉它", en: "add from: power-meter, or remove it" },
    );
  }
  return told;
}
