/**
 * Links with their devices, as drivers and normalising get them; and what only all of them together show.
 */
import type { DevicePlan, Kind } from "../schema/kind.ts";
import type { DevicePoints, LinkPlan, OffDevice, SpacePlan } from "../schema/plan.ts";
import { planActions } from "./actions.ts";
import { isBox } from "./box.ts";
import { planChain } from "./chain.ts";
import type { Link } from "./device.ts";
import { type Device, trailOf } from "./device.ts";
import { fitsLink } from "./devices.ts";
import { keysElsewhere, keysOfLink, readRest, tellStrangers } from "./entry.ts";
import { withHost } from "./host.ts";
import { inferPoints } from "./inferred.ts";
import type { Loading } from "./loading.ts";
import { locate } from "./locate.ts";
import { placement } from "./placement.ts";
import { narrowed } from "./plain.ts";
import { planPoints, sourcesOf } from "./points.ts";
import { present } from "./present.ts";
import { keysOf } from "./schema-keys.ts";
import type { Defaults } from "./school.ts";
import { checkSecrets } from "./secret-use.ts";
import { tellSeldom } from "./seldom.ts";
import { deviceShape, linkShape } from "./shape/device.ts";
import { planOff } from "./stage.ts";
import { readSwaps } from "./swaps.ts";
import { type Mapping, placeText } from "./tree.ts";

export interface Planned {
  device: Device;
  plan: DevicePlan;
  points: DevicePoints;
}

export function planLinks(
  links: ReadonlyMap<string, Link>,
  devices: ReadonlyMap<string, Device>,
  spaces: ReadonlyMap<string, SpacePlan>,
  defaults: { value: Defaults; body?: Mapping },
  loading: Loading,
): { links: LinkPlan[]; off: OffDevice[] } {
  const planned = new Map<Device, Planned>();
  for (const device of devices.values()) {
    const plan = planDevice(device, spaces, defaults, loading);
    if (plan !== null) planned.set(device, plan);
  }
  const feeding = inferPoints(planned, devices, loading);
  for (const { body, common } of devices.values())
    loading.notYet.noteKeys("device", body, feeding.has(common.value.power ?? "") ? ["power"] : []);
  checkKinds(links, planned, loading);
  checkLines(links, planned, loading);
  tellSeldom(planned.values(), defaults, loading);
  const plans = [...links.values()].flatMap((link) => {
    const members = [...planned.values()].filter(({ device }) => device.link === link);
    const chain = planChain(link, members, spaces, loading);
    if (!link.ok || link.kind === undefined) return [];
    const own = members.filter(({ device }) => !device.off);
    const box = link.carrier !== undefined && isBox(link.carrier) ? planned.get(link.carrier) : undefined;
    return {
      id: link.id,
      kind: link.kind.kind,
      ...(link.carrier === undefined ? {} : { via: link.carrier.id }),
      ...(box === undefined ? {} : { box: box.points }),
      ...(chain === undefined ? {} : { chain }),
      settings: link.settings,
      simulated: link.simulated,
      devices: own.map(({ plan }) => plan),
      points: new Map(own.map(({ points }) => [points.device, points])),
    };
  });
  return {
    links: plans,
    off: [...planned.values()].flatMap(
      ({ device, plan, points }) => planOff(device, plan.address, points) ?? [],
    ),
  };
}

/** null: something is wrong with the device, told. Also devices that are off are planned, to be checked. */
export function planDevice(
  device: Device,
  spaces: ReadonlyMap<string, SpacePlan>,
  defaults: { value: Defaults; body?: Mapping },
  loading: Loading,
): Planned | null {
  const { id, common, profile, link } = device;
  const space = placement(device, spaces, loading);
  const address = readAddress(device, loading, space === null);
  const box = link === undefined && isBox(device);
  const fits = box || fitsLink(device, loading);
  const points = profile === undefined ? null : planPoints(device, profile, defaults, loading);
  const swapped = readSwaps(device, loading);
  if (
    profile === undefined ||
    (link === undefined && !box) ||
    space === null ||
    address === null ||
    points === null ||
    swapped === null
  )
    return null;
  if (!fits || !common.ok) return null;
  const simulated =
    link?.simulated === true || trailOf(device).some((each) => each.common.value.simulated === true);
  const plan: DevicePlan = {
    id,
    address: address.value,
    profile: profile.settings,
    simulated,
    points: sourcesOf(points),
    actions: Object.fromEntries([...profile.actions].map(([name, { body }]) => [name, body])),
  };
  const pointPlans = new Map([...points].map(([point, { plan }]) => [point, plan]));
  if (device.bridge !== undefined) plan.via = device.bridge.id;
  if (common.value.expect !== undefined) plan.expect = common.value.expect.serial;
  return {
    device,
    plan,
    points: {
      device: id,
      profile: profile.id,
      space,
      simulated,
      stage: common.value.stage === "trial" ? "trial" : "on",
      buffered: (profile.settings as { buffered?: unknown } | null)?.buffered === true,
      ...present({
        power: common.value.power,
        serial: common.value.serial,
        mount: common.value.mount,
        was: typeof common.value.was === "string" ? [common.value.was] : common.value.was,
        note: common.value.note,
        expect: common.value.expect?.serial,
        swapped: swapped.length === 0 ? undefined : swapped,
      }),
      points: pointPlans,
      ...(profile.actions.size === 0
        ? {}
        : { actions: planActions(profile.actions, pointPlans, profile.points) }),
    },
  };
}

/** @param nowhere its space has been told as wrong: names of secrets made of it are wrong with it */
function readAddress(device: Device, loading: Loading, nowhere: boolean): { value: unknown } | null {
  const { findings, kinds } = loading;
  const shared = keysOf(deviceShape);
  if (!device.off)
    checkSecrets(
      narrowed(device.body, (name) => !shared.includes(name)),
      loading,
      nowhere ? device.body.entries.get("space")?.value : undefined,
    );
  const kind = device.link?.kind ?? (device.link === undefined ? kindOfDriver(device, kinds) : undefined);
  if (kind === undefined) {
    // What hangs on a link of a protocol unknown to this program has keys of that protocol.
    if (device.link === undefined)
      tellStrangers(
        deviceShape,
        kinds.map(({ address }) => address),
        device,
        findings,
        device.profile === undefined,
      );
    return null;
  }
  const others = kinds
    .filter((other) => other !== kind)
    .map((other) => ({ name: other.kind, schema: other.address }));
  const body = withHost(device.body, kind.address, fronts(device));
  const ofLink = device.link === undefined ? [] : keysOfLink(device.link.id, kind.link, linkShape);
  const elsewhere = new Map([...keysElsewhere(others, keysOf(kind.address)), ...ofLink]);
  return readRest(kind.address, deviceShape, { ...device, body }, findings, elsewhere);
}

/** Entries of what a device hangs on, nearest first: boxes and bridges, the link, what carries it. */
function fronts(device: Device): Mapping[] {
  const { link } = device;
  const trail = trailOf(device).slice(1);
  const carried = link?.carrier === undefined ? trail.length : trail.indexOf(link.carrier);
  const bodies = trail.map(({ body }) => body);
  return [...bodies.slice(0, carried), ...(link === undefined ? [] : [link.body]), ...bodies.slice(carried)];
}

/** For a device without a link: the one kind that its model can have. */
function kindOfDriver({ profile }: Device, kinds: readonly Kind[]): Kind | undefined {
  const fitting = kinds.filter(({ driver }) => driver === profile?.driver);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** What a kind sees in all devices of a link. Devices behind a broken one are left out: it would explain them. */
function checkKinds(
  links: ReadonlyMap<string, Link>,
  planned: ReadonlyMap<Device, Planned>,
  loading: Loading,
): void {
  for (const link of links.values()) {
    if (!link.ok || link.kind?.check === undefined) continue;
    const sound = [...planned.values()].filter(
      ({ device }) => device.link === link && trailOf(device).every((each) => planned.has(each)),
    );
    const byId = new Map(sound.map(({ device }) => [device.id, device]));
    for (const { device, key, severity = "error", what, fix } of link.kind.check(
      link.settings,
      sound.map(({ plan }) => plan),
      new Set(sound.filter(({ device }) => device.off).map(({ device }) => device.id)),
    )) {
      const named = (device === undefined ? undefined : byId.get(device)) ?? link;
      const path = key !== undefined && named.body.entries.has(key) ? [key] : [];
      const { node, holder, silent } = locate(named.body, path, named.key, loading.findings);
      if (silent) continue;
      loading.findings[severity](
        "kind-check",
        path.length > 0 && node?.type === "scalar" ? node : holder,
        what,
        fix,
      );
    }
  }
}

/** A line (a port, a listening address) belongs to one link, also while its devices are off or not yet written. */
function checkLines(
  links: ReadonlyMap<string, Link>,
  planned: ReadonlyMap<Device, Planned>,
  loading: Loading,
): void {
  const owners = new Map<string, Link>();
  const own = (line: string, link: Link) => {
    const owner = owners.get(line);
    if (owner === undefined) owners.set(line, link);
    // Port 0 is any free one: two of them never meet.
    else if (owner !== link && !line.endsWith(":0")) {
      const place = placeText(owner.key);
      loading.findings.error(
        "line-twice",
        link.key,
        {
          zh: `${line} 已经由 ${place} 的 ${owner.id} 使用`,
          en: `${line} is already used by ${owner.id} at ${place}`,
        },
        { zh: "一个端口只属于一条线路：改其中一条", en: "a port belongs to one link: change one of them" },
      );
    }
  };
  for (const link of links.values()) {
    if (!link.ok || link.kind === undefined) continue;
    const line = link.kind.lineOfAll?.(link.settings);
    if (line !== undefined) own(line, link);
  }
  for (const { device, plan } of planned.values()) {
    const { link } = device;
    if (link?.kind === undefined || !link.ok) continue;
    own(link.kind.line(link.settings, plan.address, plan.profile), link);
  }
}
