/**
 * Spares: units in the cupboard. They hold no position.
 */
import type { Spare } from "../schema/plan.ts";
import type { Device } from "./device.ts";
import { read } from "./entry.ts";
import type { Loading } from "./loading.ts";
import { present } from "./present.ts";
import type { Profile } from "./profile.ts";
import { unknownProfile } from "./profiles.ts";
import { spareShape } from "./shape/device.ts";
import { type Node, placeText } from "./tree.ts";

/** @param rows items of all `spares` sections; what is wrong is told and left out */
export function readSpares(
  rows: readonly Node[],
  profiles: ReadonlyMap<string, Profile>,
  devices: ReadonlyMap<string, Device>,
  loading: Loading,
): Spare[] {
  const { findings } = loading;
  const mounted = new Map<string, Device>();
  for (const device of devices.values()) {
    const { serial, expect } = device.common.value;
    for (const number of [serial, expect?.serial]) if (number !== undefined) mounted.set(number, device);
  }
  const seen = new Map<string, Node>();
  const spares: Spare[] = [];
  for (const node of rows) {
    const row = read(spareShape, node, node, findings);
    if (row === null || node.type !== "mapping") continue;
    const { profile, serial } = row.value;
    const written = node.entries.get("profile")?.value;
    if (!profiles.has(profile) && written?.type === "scalar") unknownProfile(written, profiles, loading);
    spares.push(present(row.value));
    if (serial === undefined) continue;
    const at = node.entries.get("serial")?.value ?? node;
    const first = seen.get(serial);
    seen.set(serial, first ?? node);
    const device = mounted.get(serial);
    if (first !== undefined) {
      const place = placeText(first);
      findings.error(
        "serial-twice",
        at,
        { zh: `序列号 ${serial} 在 ${place} 已经是备件`, en: `${serial} is a spare at ${place} already` },
        { zh: "删掉一处，或核对铭牌", en: "remove one of them, or look at the nameplate" },
      );
    } else if (device !== undefined)
      findings.warning(
        "spare-mounted",
        at,
        { zh: `序列号 ${serial} 已装在 ${device.id} 上`, en: `${serial} is mounted at ${device.id}` },
        { zh: "装上的设备不再是备件：删掉这一行", en: "what is mounted is no spare: remove this row" },
      );
  }
  return spares;
}
