/**
 * Devices as the files declare them: shared keys, what each hangs on, which model it is.
 */
import { isBox } from "./box.ts";
import { checkBridges, resolveCarriers } from "./carriers.ts";
import { circles } from "./circles.ts";
import { type Device, type Link, trailOf } from "./device.ts";
import { type Named, readCommon } from "./entry.ts";
import { suggest } from "./findings.ts";
import { tellMissing } from "./issues.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import { checkPower } from "./power.ts";
import { type Profile, profileFor } from "./profile.ts";
import { unknownProfile } from "./profiles.ts";
import { checkRetired } from "./retired.ts";
import { deviceShape } from "./shape/device.ts";
import { checkSilentlyOff, checkStage, offBy } from "./stage.ts";

export function readDevices(
  entries: readonly Named[],
  links: ReadonlyMap<string, Link>,
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): Map<string, Device> {
  const schemas = loading.kinds.map(({ address }) => address);
  const devices = new Map<string, Device>();
  for (const named of entries) {
    const common = readCommon(deviceShape, ["profile"], named, schemas, loading.findings);
    const device: Device = { ...named, common, off: common.value.stage === "off" };
    checkStage(device, loading);
    devices.set(named.id, device);
  }
  for (const device of devices.values()) {
    resolveProfile(device, profiles, loading);
    hang(device, devices, links, loading);
    if (!isBox(device)) needVia(device, loading);
  }
  breakCircles(devices, loading);
  checkBridges(devices, links, loading);
  for (const device of devices.values()) {
    const trail = trailOf(device);
    const last = trail.at(-1);
    if (last?.link !== undefined) device.link = last.link;
  }
  resolveCarriers(links, devices, profiles, loading);
  for (const device of devices.values()) device.off = offBy(device) !== undefined;
  checkSilentlyOff(devices, loading);
  checkRetired(devices, links, loading);
  checkPower(devices, loading);
  return devices;
}

function resolveProfile(device: Device, profiles: ReadonlyMap<string, Profile>, loading: Loading): void {
  const id = device.common.value.profile;
  const written = device.body.entries.get("profile")?.value;
  if (id === undefined || written?.type !== "scalar") return;
  const profile = profiles.get(id);
  if (profile === undefined) {
    unknownProfile(written, profiles, loading);
    return;
  }
  const own = profileFor(profile, device.common.value.with ?? {}, device.body, device.key, loading);
  device.profile = own ?? profile;
}

function needVia({ key, body, common, profile }: Device, { findings }: Loading): void {
  if (body.entries.has("via")) return;
  common.ok = false;
  // Of a model that is not known, it may be a box.
  if (profile === undefined && body.entries.has("host")) return;
  if (!common.meant.has("via")) tellMissing("via", key, findings, deviceShape.shape.via.description);
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
  if (isBox(device)) {
    const { id, body, key } = device;
    loading.findings.error(
      "box-via",
      placeOf(body, ["via"], key, loading.findings),
      {
        zh: `${id} 是承载线路的设备（型号 ${device.profile?.id}），自己不挂在任何东西上`,
        en: `${id} (${device.profile?.id}) carries links and hangs on nothing itself`,
      },
      {
        zh: `删掉这里的 via，只写 host；经过它的线路在 links 里写 via: ${id}`,
        en: `remove via here and write its host; a link that goes by way of it says via: ${id}`,
      },
    );
    return;
  }
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
          undefined,
          [...links.keys(), ...carrying(devices)].filter((id) => id !== device.id),
        ),
    );
}

/** Ids of devices that others hang on. */
function carrying(devices: ReadonlyMap<string, Device>): Set<string> {
  const named = [...devices.values()].map(({ common }) => common.value.via);
  return new Set(named.filter((via) => via !== undefined && devices.has(via)) as string[]);
}

/** Devices that hang on each other in a circle hang on nothing; each circle is told once. */
function breakCircles(devices: ReadonlyMap<string, Device>, loading: Loading): void {
  for (const circle of circles(devices.values(), ({ bridge }) => bridge)) {
    const [first] = circle;
    if (first === undefined) continue;
    const path = [...circle, first].map(({ id }) => id).join(" → ");
    loading.findings.error(
      "via-circle",
      placeOf(first.body, ["via"], first.key, loading.findings),
      { zh: `via 绕成了圈：${path}`, en: `via goes in a circle: ${path}` },
      { zh: "其中一台要挂在线路上", en: "one of them must hang on a link" },
    );
    for (const device of circle) delete device.bridge;
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
