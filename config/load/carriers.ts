/**
 * Devices that carry something: a link, such as a serial server, or other devices, such as a bridge.
 *
 * Never happens: a device hangs on what cannot carry it, and nobody says so.
 */
import type { Text } from "../schema/vocabulary.ts";
import { isBox } from "./box.ts";
import { circles } from "./circles.ts";
import { type Device, type Link, trailOf } from "./device.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import type { Profile } from "./profile.ts";

type Carried = "links" | "devices";

/** Undefined: its model is not known, or not sound enough to tell. */
function carries({ profile }: Device, what: Carried, { kinds }: Loading): boolean | undefined {
  const own = kinds.filter(({ driver }) => driver === profile?.driver);
  return own.length === 0 ? undefined : own.some((kind) => kind.carries?.includes(what) === true);
}

/** A few ids as a sentence has them. */
const some = (ids: readonly string[]): Text => {
  const shown = ids.slice(0, 12);
  const more = ids.length > shown.length ? ", …" : "";
  return { zh: shown.join("、") + more, en: shown.join(", ") + more };
};

/** Tells devices that hang on a device which carries none; the links at the ends are not known yet. */
export function checkBridges(
  devices: ReadonlyMap<string, Device>,
  links: ReadonlyMap<string, Link>,
  loading: Loading,
): void {
  for (const device of devices.values()) {
    const { bridge, profile, body, key } = device;
    if (bridge === undefined || carries(bridge, "devices", loading) !== false) continue;
    const place = placeOf(body, ["via"], key, loading.findings);
    const fitting = [...links.values()].filter(({ kind }) => kind?.driver === profile?.driver);
    // What it says of itself is read as of its own protocol.
    if (bridge.profile?.driver !== profile?.driver) delete device.bridge;
    if (isBox(bridge)) tellOnBox(device, bridge, place, links, loading);
    else {
      const same = fitting.find((link) => link === trailOf(bridge).at(-1)?.link);
      const bridges = [...devices.values()].filter(
        (other) =>
          other !== device &&
          other.profile?.driver === profile?.driver &&
          carries(other, "devices", loading) === true,
      );
      const known = some([...fitting, ...bridges].map(({ id }) => id));
      loading.findings.error(
        "cannot-carry",
        place,
        {
          zh: `${bridge.id}（型号 ${bridge.profile?.id}）后面不能挂设备`,
          en: `no device can hang on ${bridge.id} (${bridge.profile?.id})`,
        },
        same === undefined
          ? { zh: `via 写它所在的线路：${known.zh}`, en: `let via name what it hangs on: ${known.en}` }
          : {
              zh: `写 via: ${same.id}，两台挂在同一条线路上；可写：${known.zh}`,
              en: `write via: ${same.id}, the link on which both hang; known: ${known.en}`,
            },
      );
    }
  }
}

/** A device hangs on one of the links that go by way of a box. */
function tellOnBox(
  { profile }: Device,
  box: Device,
  place: ReturnType<typeof placeOf>,
  links: ReadonlyMap<string, Link>,
  { findings, kinds }: Loading,
): void {
  const behind = [...links.values()].filter(({ via, kind }) => via === box.id && kind !== undefined);
  const fitting = behind.filter(({ kind }) => kind?.driver === profile?.driver);
  const names = (fitting.length > 0 ? fitting : behind).map(({ id }) => id);
  const found = kinds.filter(({ driver }) => driver === profile?.driver).map(({ kind }) => kind);
  const kind = found.length === 0 ? { zh: "…", en: "…" } : { zh: found.join(" 或 "), en: found.join(" or ") };
  findings.error(
    "via-box",
    place,
    {
      zh: `${box.id} 只承载线路，设备不能直接挂在它上面：这样不会被轮询`,
      en: `${box.id} carries links, and no device hangs on it directly: it would never be polled`,
    },
    names.length === 0
      ? {
          zh: `在 links 里写一条经过它的线路（kind: ${kind.zh}，via: ${box.id}），再让设备写 via: 那条线路`,
          en: `write a link that goes by way of it (kind: ${kind.en}, via: ${box.id}), and let via name that link`,
        }
      : names.length === 1
        ? {
            zh: `写 via: ${names[0]}，经过它的线路`,
            en: `write via: ${names[0]}, the link that goes by way of it`,
          }
        : {
            zh: `via 写经过它的线路中设备所在的那条：${some(names).zh}`,
            en: `let via name that of the links by way of it on which the device is: ${some(names).en}`,
          },
  );
}

/** Sets the carrier of each link; the links of all devices must be known. */
export function resolveCarriers(
  links: ReadonlyMap<string, Link>,
  devices: ReadonlyMap<string, Device>,
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): void {
  const { findings, incomplete } = loading;
  for (const link of links.values()) {
    const { via } = link;
    if (via === undefined) continue;
    const place = placeOf(link.body, ["via"], link.key, findings);
    const carrier = devices.get(via);
    if (carrier !== undefined && carries(carrier, "links", loading) === false)
      tellNoCarrier(carrier, place, devices, profiles, loading);
    else if (carrier !== undefined) link.carrier = carrier;
    else if (links.has(via))
      findings.error(
        "link-on-link",
        place,
        { zh: `“${via}” 是线路；线路由设备承载`, en: `"${via}" is a link; a link is carried by a device` },
        {
          zh: "写承载它的设备（如串口服务器），或删掉 via",
          en: "name a device such as a serial server, or remove via",
        },
      );
    else if (!incomplete.entries)
      findings.error(
        "unknown-via",
        place,
        { zh: `没有设备 “${via}”`, en: `there is no device "${via}"` },
        () => suggest(via, [...devices.keys()], { zh: "设备", en: "devices" }),
      );
  }
  for (const circle of circles(links.values(), ({ carrier }) => carrier?.link)) {
    const [first] = circle;
    if (first === undefined) continue;
    const path = [...circle.flatMap(({ id, carrier }) => [id, carrier?.id ?? ""]), first.id].join(" → ");
    findings.error(
      "via-circle",
      placeOf(first.body, ["via"], first.key, findings),
      { zh: `via 绕成了圈：${path}`, en: `via goes in a circle: ${path}` },
      { zh: "承载线路的设备要挂在另一条线路上", en: "what carries a link must hang on another link" },
    );
    for (const link of circle) delete link.carrier;
  }
}

function tellNoCarrier(
  { id, profile }: Device,
  place: ReturnType<typeof placeOf>,
  devices: ReadonlyMap<string, Device>,
  profiles: ReadonlyMap<string, Profile>,
  loading: Loading,
): void {
  const able = [...devices.values()].filter((device) => carries(device, "links", loading) === true);
  const drivers = loading.kinds.flatMap(({ driver, carries: what }) =>
    what?.includes("links") ? driver : [],
  );
  const models = [...profiles.values()].filter(({ driver }) => drivers.includes(driver));
  const known = some((able.length > 0 ? able : models).map((each) => each.id));
  loading.findings.error(
    "cannot-carry",
    place,
    {
      zh: `${id}（型号 ${profile?.id}）不承载线路`,
      en: `${id} (${profile?.id}) carries no link`,
    },
    able.length > 0
      ? {
          zh: `写承载这条线路的设备：${known.zh}；不经过别的设备就删掉 via`,
          en: `name what carries this link: ${known.en}; or remove via`,
        }
      : {
          zh: `加一台承载线路的设备（型号 ${known.zh}），写它的编号；不经过别的设备就删掉 via`,
          en: `add a device that carries links (profile ${known.en}) and name it; or remove via`,
        },
  );
}
