/**
 * Cross-checks of the devices of one link that a schema cannot see. Pure; tells every problem, not the first.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import { alone, unstable } from "../line/check.ts";
import type { ReaderDevice, ReaderLink } from "./fields.ts";

export const checkReader = (link: ReaderLink, devices: readonly ReaderDevice[]): KindProblem[] => [
  ...unstable(link),
  ...alone(devices, { zh: "分不清是谁读的", en: "nobody could tell which of them has read" }),
  ...devices.filter(({ points }) => points.length > 1).map(severalPoints),
];

function severalPoints({ id, points }: ReaderDevice): KindProblem {
  const names = points.map((point) => point.id);
  return {
    device: id,
    what: {
      zh: `${id} 的一次读取会记到 ${names.length} 个测点：${names.join("、")}`,
      en: `one scan of ${id} would be ${names.length} points: ${names.join(", ")}`,
    },
    fix: {
      zh: "型号里只留一个：刷卡写 card，扫码写 qr",
      en: "leave one in its profile: card, or qr for codes",
    },
  };
}
