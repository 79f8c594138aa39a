/**
 * Cross-checks of the devices of one link that a schema cannot see. Pure; tells every problem, not the first.
 */
import type { KindProblem } from "../../config/schema/kind.ts";
import { alone, unstable } from "../line/check.ts";
import { sizeOf } from "./decode.ts";
import type { SerialDevice, SerialSensorLink } from "./fields.ts";
import { mostLength } from "./frame.ts";

export const checkSerial = (link: SerialSensorLink, devices: readonly SerialDevice[]): KindProblem[] => [
  ...unstable(link),
  ...alone(devices, { zh: "这种传感器没有地址", en: "such sensors have no address" }),
  ...otherwiseDelivered(link, devices),
  ...beyond(devices),
];

/** It cannot be set, so it speaks as it was delivered. */
function otherwiseDelivered(link: SerialSensorLink, devices: readonly SerialDevice[]): KindProblem[] {
  return devices.flatMap(({ id, profile: { factory } }): KindProblem[] => {
    if (factory === undefined || (factory.baud === link.baud && factory.format === link.format)) return [];
    const own = `${factory.baud} ${factory.format}`;
    const line = `${link.baud} ${link.format}`;
    return [
      {
        device: id,
        severity: "warning",
        what: {
          zh: `${id} 出厂是 ${own}，这条线是 ${line}`,
          en: `${id} is delivered with ${own}, and its line has ${line}`,
        },
        fix: {
          zh: `线路写 baud: ${factory.baud}, format: ${factory.format}（串口服务器网页上也一样）`,
          en: `write baud: ${factory.baud}, format: ${factory.format} at the link, and in a serial server's page`,
        },
      },
    ];
  });
}

/** A point that no frame is long enough for. */
function beyond(devices: readonly SerialDevice[]): KindProblem[] {
  return devices.flatMap(({ id, points, profile }) => {
    const most = mostLength(profile.shape);
    return points
      .filter(({ source }) => source.at + sizeOf(source.type) > most)
      .map((point): KindProblem => {
        const last = point.source.at + sizeOf(point.source.type) - 1;
        return {
          device: id,
          what: {
            zh: `测点 ${point.id} 到第 ${last} 个字节，帧最长 ${most} 个（从 0 数）`,
            en: `the point ${point.id} ends at byte ${last}, and the longest frame has ${most} (counted from 0)`,
          },
          fix: {
            zh: "对照手册核对型号里这个测点的 at、type 和帧的 length",
            en: "compare at and type of the point, and the length of a frame, with the manual",
          },
        };
      });
  });
}
