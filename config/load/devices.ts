/**
 * Devices as the files declare them: shared keys, what each hangs on, which model it is.
 */
import type { z } from "zod";
import { type Common, type Named, readCommon } from "./entry.ts";
import { suggest } from "./findings.ts";
import type { Link } from "./links.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { type Profile, unknownProfile } from "./profiles.ts";
import { deviceShape } from "./shape/device.ts";
import { spoken } from "./shape/measure.ts";
import { placeText } from "./tree.ts";

export interface Device extends Named {
  common: Common<z.output<typeof deviceShape>>;
  /** The link at the end of its `via`; absent: none, or told. */
  link?: Link;
  /** Device that it hangs on. */
  bridge?: Device;
  /** Absent: missing or unknown (told). */
  profile?: Profile;
  /** It, or something that it hangs on, is off. */
  off: boolean;
}

const waiting = ["with", "expect", "power", "was", "swapped"];

export function readDevices(
  entries: readonly Named[],
  links: ReadonlyMap<string, Link>,
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): Map<string, Device> {
  const schemas = loading.kinds.map(({ address }) => address);
  const devices = new Map<string, Device>();
  for (const named of entries) {
    const common = readCommon(deviceShape, ["profile", "via"], named, schemas, loading.findings);
    const device: Device = { ...named, common, off: common.value.stage === "off" };
    loading.notYet.noteKeys("device", named.body, waiting);
    checkStage(device, loading);
    devices.set(named.id, device);
  }
  for (const device of devices.values()) {
    resolveProfile(device, profiles, loading);
    hang(device, devices, links, loading);
  }
  breakCircles(devices, loading);
  for (const device of devices.values()) {
    const trail = trailOf(device);
    const last = trail.at(-1);
    if (last?.link !== undefined) device.link = last.link;
  }
  for (const device of devices.values())
    device.off = trailOf(device).some(({ common }) => common.value.stage === "off");
  checkSilentlyOff(devices, loading);
  checkRetired(devices, loading);
  return devices;
}

/** The device itself and what it hangs on, up to the link. */
export function trailOf(device: Device): Device[] {
  const trail: Device[] = [];
  for (let here: Device | undefined = device; here !== undefined; here = here.bridge) trail.push(here);
  return trail;
}

function checkStage({ key, body, common }: Device, loading: Loading): void {
  const { stage, why, until } = common.value;
  if (stage === "off" && why === undefined && !body.entries.has("why"))
    loading.findings.error(
      "missing-why",
      placeOf(body, ["stage"], key, loading.findings),
      { zh: "停用要写原因", en: "a device that is off needs a reason" },
      { zh: "加上 why: 原因", en: "add why: REASON" },
    );
  if (stage !== "on" && until !== undefined && until < loading.nowMs)
    loading.findings.warning(
      "until-passed",
      placeOf(body, ["until"], key, loading.findings),
      {
        zh: `应恢复的日期已过去 ${spoken(Math.floor((loading.nowMs - until) / 86_400_000) * 86_400_000)}`,
        en: "the date by which it should be back has passed",
      },
      { zh: "装好后删掉 stage，或改 until", en: "remove stage when it is back, or move until" },
    );
}

function resolveProfile(device: Device, profiles: ReadonlyMap<string, Profile>, loading: Loading): void {
  const id = device.common.value.profile;
  const written = device.body.entries.get("profile")?.value;
  if (id === undefined || written?.type !== "scalar") return;
  const profile = profiles.get(id);
  if (profile === undefined) unknownProfile(written, profiles, loading);
  else device.profile = profile;
}

/** Sets what the device hangs on directly. */
function hang(
  device: Device,
  devices: ReadonlyMap<string, Device>,
  links: ReadonlyMap<string, Link>,
  loading: Loading,
): void {
  const via = device.common.value.via;
  if (via === undefined) return;
  const link = links.get(via);
  const bridge = devices.get(via);
  if (link !== undefined) device.link = link;
  else if (bridge !== undefined) device.bridge = bridge;
  else if (!loading.incomplete.entries)
    loading.findings.error(
      "unknown-via",
      placeOf(device.body, ["via"], device.key, loading.findings),
      { zh: `没有线路或设备 “${via}”`, en: `there is no link or device "${via}"` },
      () =>
        suggest(
          via,
          [...links.keys(), ...devices.keys()].filter((id) => id !== device.id),
          { zh: "线路和设备", en: "links and devices" },
        ),
    );
}

/** Devices that hang on each other in a circle hang on nothing; each circle is told once. */
function breakCircles(devices: ReadonlyMap<string, Device>, loading: Loading): void {
  const done = new Set<Device>();
  for (const start of devices.values()) {
    const trail: Device[] = [];
    let here: Device | undefined = start;
    while (here !== undefined && !done.has(here) && !trail.includes(here)) {
      trail.push(here);
      here = here.bridge;
    }
    if (here !== undefined && !done.has(here)) {
      const circle = trail.slice(trail.indexOf(here));
      const path = [...circle, here].map(({ id }) => id).join(" → ");
      loading.findings.error(
        "via-circle",
        placeOf(here.body, ["via"], here.key, loading.findings),
        { zh: `via 绕成了圈：${path}`, en: `via goes in a circle: ${path}` },
        { zh: "其中一台要挂在线路上", en: "one of them must hang on a link" },
      );
      for (const device of circle) delete device.bridge;
    }
    for (const device of trail) done.add(device);
  }
}

function checkSilentlyOff(devices: ReadonlyMap<string, Device>, loading: Loading): void {
  const behind = new Map<Device, number>();
  for (const device of devices.values()) {
    if (!device.off || device.common.value.stage === "off") continue;
    const cause = trailOf(device).find(({ common }) => common.value.stage === "off");
    if (cause !== undefined) behind.set(cause, (behind.get(cause) ?? 0) + 1);
  }
  for (const [{ body, key, id }, count] of behind)
    loading.findings.warning(
      "off-behind",
      placeOf(body, ["stage"], key, loading.findings),
      {
        zh: `${id} 停用，挂在它后面的 ${count} 台也停`,
        en: `${id} is off, and so is what hangs on it (${count})`,
      },
      { zh: "如果不对，把它们的 via 改到别处", en: "if that is wrong, let their via name something else" },
    );
}

/** An id that a device once had is never given to another. */
function checkRetired(devices: ReadonlyMap<string, Device>, loading: Loading): void {
  for (const { id, key, body, common } of devices.values()) {
    const was = common.value.was;
    for (const old of typeof was === "string" ? [was] : (was ?? [])) {
      const other = devices.get(old);
      if (other === undefined) continue;
      const place = placeText(other.key);
      loading.findings.error(
        "retired-id",
        placeOf(body, ["was"], key, loading.findings),
        {
          zh: `${id} 用过的编号 “${old}” 又给了 ${place} 的设备`,
          en: `"${old}", once the id of ${id}, is used again at ${place}`,
        },
        { zh: "退役的编号不再使用：换一个", en: "a retired id is never used again: choose another" },
      );
    }
  }
}

/** Tells a model whose driver is not the link's. */
export function fitsLink({ id, key, body, profile, link }: Device, loading: Loading): boolean {
  if (profile === undefined || link?.kind === undefined) return false;
  if (profile.driver === link.kind.driver) return true;
  const known = profile.foreign === true || loading.kinds.some(({ driver }) => driver === profile.driver);
  if (!known) return false;
  loading.findings.error(
    "other-driver",
    placeOf(body, ["profile"], key, loading.findings),
    {
      zh: `型号 ${profile.id} 走 ${profile.driver}，而 ${id} 挂在 ${link.kind.kind} 线路 ${link.id} 上`,
      en: `the profile ${profile.id} speaks ${profile.driver}, but ${id} hangs on ${link.id}, which is ${link.kind.kind}`,
    },
    { zh: "换型号，或改 via", en: "choose another profile, or change via" },
  );
  return false;
}
