/**
 * Cross-checks that every kind of serial link shares. Pure.
 */
import type { DevicePlan, KindProblem } from "../../config/schema/kind.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { SerialEnd } from "./fields.ts";

/** Ports that are numbered in the order in which they were found. */
export function unstable(link: SerialEnd): KindProblem[] {
  if (!("device" in link) || !/^\/dev\/tty(USB|ACM)\d+$/.test(link.device)) return [];
  return [
    {
      key: "device",
      severity: "warning",
      what: {
        zh: `${link.device} 重启或重插后可能变成另一条线`,
        en: `${link.device} may be another adapter after a restart`,
      },
      fix: {
        zh: "写固定名字：campus-edge scan serial 会列出来",
        en: "write its lasting name, as campus-edge scan serial shows it",
      },
    },
  ];
}

/** On a line for one device there is one. @param why nobody could tell two apart */
export function alone(devices: readonly Pick<DevicePlan, "id">[], why: Text): KindProblem[] {
  const [first, ...others] = devices;
  return others.map(({ id }) => ({
    device: id,
    what: {
      zh: `这条线上已经有 ${first?.id}：${why.zh}，一条线只能接一台`,
      en: `this line has ${first?.id} already: ${why.en}, so there can be one on a line`,
    },
    fix: { zh: `给 ${id} 另写一条线路`, en: `give ${id} a link of its own` },
  }));
}
