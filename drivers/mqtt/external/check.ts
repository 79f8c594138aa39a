/**
 * Cross-checks of the devices at one broker of the school that a schema cannot see. Pure; tells every problem, not
 * the first.
 */
import { isLoopback, staysAtSite } from "../../../config/schema/address.ts";
import type { KindProblem } from "../../../config/schema/kind.ts";
import { confusedBy, friendlyNames, payloads, unseenSerials } from "../check.ts";
import { hasWildcard, overlap } from "../topics.ts";
import type { ExternalDevice, ExternalLink } from "./fields.ts";
import { covers, filtersOf } from "./subscriptions.ts";

export function checkExternal(link: ExternalLink, devices: ExternalDevice[]): KindProblem[] {
  return [
    ...clearText(link),
    ...friendlyNames(devices),
    ...payloads(devices),
    ...unseenSerials(devices),
    ...confusedBy(devices, (device) => filtersOf(device).filter((filter) => !hasWildcard(filter))),
    ...overlaps(devices),
  ];
}

/** `insecure: true` is meant for a network of the school's own. */
function clearText({ tls, host, user }: ExternalLink): KindProblem[] {
  if (tls || isLoopback(host) || staysAtSite(host)) return [];
  const with_ =
    user === undefined ? { zh: "数据", en: "Data" } : { zh: "密码和数据", en: "Password and data" };
  return [
    {
      key: "url",
      severity: "warning",
      what: {
        zh: `${with_.zh}不加密地经过别的网络到 ${host}`,
        en: `${with_.en} cross other networks to ${host} unencrypted`,
      },
      fix: {
        zh: "改用 mqtts:// 和服务器的加密端口（常为 8883）",
        en: "write mqtts:// and the encrypted port of the broker, often 8883",
      },
    },
  ];
}

/**
 * Filters of which neither covers the other and that one topic matches: by both of them a message may come twice. And
 * two devices that hear one topic by a wildcard: which of them speaks there is hardly meant to be both.
 */
function overlaps(devices: readonly ExternalDevice[]): KindProblem[] {
  const all = devices.flatMap((device) =>
    filtersOf(device).map((filter) => ({ device, filter, isWild: hasWildcard(filter) })),
  );
  const told = new Set<string>();
  return all.flatMap((first, at) =>
    all.slice(at + 1).flatMap((second): KindProblem[] => {
      if (!first.isWild && !second.isWild) return [];
      const own = first.device === second.device;
      // What covers another filter is subscribed to alone.
      if (own && (covers(first.filter, second.filter) || covers(second.filter, first.filter))) return [];
      if (!overlap(first.filter, second.filter) || told.has(`${first.device.id} ${second.device.id}`))
        return [];
      told.add(`${first.device.id} ${second.device.id}`);
      const { filter, device } = first;
      return [
        {
          device: second.device.id,
          key: "topics",
          severity: "warning",
          what: own
            ? {
                zh: `它的主题 ${filter} 和 ${second.filter} 有重叠，同一条消息可能来两次`,
                en: `its topics ${filter} and ${second.filter} overlap: a message may come twice`,
              }
            : {
                zh: `主题 ${second.filter} 与 ${device.id} 的 ${filter} 重叠，同一条消息会算作两台设备的`,
                en: `the topic ${second.filter} overlaps ${filter} of ${device.id}: one message would be taken as of both`,
              },
          fix: {
            zh: "写出各自完整的主题，不用 + 和 #",
            en: "write the whole topic of each, without + and #",
          },
        },
      ];
    }),
  );
}
