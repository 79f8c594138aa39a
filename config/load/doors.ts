/**
 * The page and the listeners of this machine: one address and port each.
 */
import { everywhere, isLocalhost, isOwnName } from "../schema/address.ts";
import type { Link } from "./device.ts";
import type { Loading } from "./loading.ts";
import { placeOf } from "./locate.ts";
import type { School } from "./school.ts";

interface Endpoint {
  host: string;
  port: number;
}

/** Tells a page that would listen where a link does. */
export function checkDoors(
  school: School | null,
  links: ReadonlyMap<string, Link>,
  { findings }: Loading,
): void {
  const page = school?.status;
  if (page === undefined || page.port === 0) return;
  for (const { id, ok, settings, body, key } of links.values()) {
    const listen = ok ? listenerOf(settings) : undefined;
    if (listen === undefined || listen.port !== page.port || !meet(listen.host, page.host)) continue;
    findings.error(
      "door-twice",
      placeOf(body, ["listen"], key, findings),
      {
        zh: `${id} 和学校网页（status）用了同一个地址和端口 ${page.port}`,
        en: `${id} and the school page (status) listen at the same address and port ${page.port}`,
      },
      { zh: "给其中一个换端口", en: "give one of them another port" },
    );
  }
}

/** Where a link listens; links that call out have no `listen`. */
function listenerOf(settings: unknown): Endpoint | undefined {
  const { listen } = (settings ?? {}) as { listen?: Partial<Endpoint> };
  if (typeof listen?.host !== "string" || typeof listen.port !== "number") return undefined;
  return { host: listen.host, port: listen.port };
}

/** Which of its two addresses `localhost` means, the machine decides. */
const same = (one: string, other: string) => one === other || (isLocalhost(one) && isOwnName(other));
/** The IPv6 wildcard takes the port of IPv4 as well. */
const meet = (link: string, page: string) =>
  link === everywhere.ipv6 ||
  (link === everywhere.ipv4 && !page.includes(":")) ||
  same(link, page) ||
  same(page, link);
