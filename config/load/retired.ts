/**
 * Earlier ids: a device that was renamed says `was`, and nothing else ever gets that id.
 */
import type { Device } from "./device.ts";
import type { Named } from "./entry.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { placeText } from "./tree.ts";

/** @param others links: they share the ids of devices */
export function checkRetired(
  devices: ReadonlyMap<string, Device>,
  others: ReadonlyMap<string, Named>,
  { findings }: Loading,
): void {
  const claimed = new Map<string, Device>();
  for (const device of devices.values()) {
    const { id, key, body, common } = device;
    const was = common.value.was;
    const list = typeof was === "string" ? [was] : (was ?? []);
    for (const [index, old] of list.entries()) {
      const at = placeOf(body, typeof was === "string" ? ["was"] : ["was", String(index)], key, findings);
      const holder = devices.get(old) ?? others.get(old);
      const claimant = claimed.get(old);
      claimed.set(old, claimant ?? device);
      if (old === id)
        findings.error(
          "was-itself",
          at,
          { zh: `was 写的就是现在的编号 “${id}”`, en: `was names the present id "${id}"` },
          { zh: "写改名之前的编号，或删掉 was", en: "name the id before the change, or remove was" },
        );
      else if (holder !== undefined) {
        const place = placeText(holder.key);
        const noun = devices.has(old) ? "设备" : "线路";
        findings.error(
          "retired-id",
          at,
          {
            zh: `${id} 用过的编号 “${old}” 又给了 ${place} 的${noun}`,
            en: `"${old}", once the id of ${id}, is used again at ${place}`,
          },
          { zh: "退役的编号不再使用：换一个", en: "a retired id is never used again: choose another" },
        );
      } else if (claimant !== undefined) {
        const place = placeText(claimant.key);
        findings.error(
          "was-twice",
          at,
          claimant === device
            ? { zh: `“${old}” 写了两次`, en: `"${old}" is written twice` }
            : {
                zh: `“${old}” 也是 ${claimant.id}（${place}）的旧编号`,
                en: `"${old}" is an earlier id of ${claimant.id} at ${place} as well`,
              },
          { zh: "一个旧编号只属于一台设备：删掉一处", en: "an id was one device's only: remove one of them" },
        );
      }
    }
  }
}
