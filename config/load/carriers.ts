/**
 * Devices that carry a link, such as a serial server: the `via` of a link.
 */
import { circles } from "./circles.ts";
import type { Device, Link } from "./device.ts";
import { suggest } from "./findings.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";

/** Sets the carrier of each link; the links of all devices must be known. */
export function resolveCarriers(
  links: ReadonlyMap<string, Link>,
  devices: ReadonlyMap<string, Device>,
  loading: Loading,
): void {
  const { findings, incomplete } = loading;
  for (const link of links.values()) {
    const { via } = link;
    if (via === undefined) continue;
    const place = placeOf(link.body, ["via"], link.key, findings);
    const carrier = devices.get(via);
    if (carrier !== undefined) link.carrier = carrier;
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
