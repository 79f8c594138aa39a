/**
 * Which requests a gateway is sent: one for the whole status of a unit, for each period that its points have. Pure.
 */
import type { Job } from "../../config/schema/kind.ts";
import { tcpLineName } from "../line/fields.ts";
import { characterMs, type Pace } from "../line/pace.ts";
import type { Field, ZhonghongDevice, ZhonghongLink } from "./fields.ts";
import { requestBytes, statusBytes, type Unit } from "./frame.ts";

export interface ZhonghongBody {
  unit: Unit;
  answerMs: number;
  points: readonly { id: string; field: Field }[];
}
export type ZhonghongJob = Job & { body: ZhonghongBody };

/** What two must never use at once. */
export const lineOf = ({ end }: ZhonghongLink): string =>
  "device" in end ? `serial:${end.device}` : tcpLineName(end.host, end.port);

/** Rest of a serial line that ends a frame, ms: 3.5 characters, as nobody says how long it must be. */
export const silenceMs = (pace: Pace): number => 3.5 * characterMs(pace);

/** Longest rest inside an answer: an adapter, a serial server, a packet that is sent again. */
export const betweenMs = (link: ZhonghongLink): number =>
  "device" in link.end ? 50 : link.pace === null ? 500 : 150;

/** What adapters, serial servers and a busy machine add. */
const marginMs = 100;

export function plan(link: ZhonghongLink, devices: readonly ZhonghongDevice[]): ZhonghongJob[] {
  const { pace } = link;
  const wireMs = pace === null ? 0 : (requestBytes + statusBytes) * characterMs(pace) + 2 * silenceMs(pace);
  return devices.flatMap(({ id, address, profile, points }) => {
    const periods = [...new Set(points.map(({ everyMs }) => everyMs))];
    return periods.map((everyMs): ZhonghongJob => {
      const own = points.filter((point) => point.everyMs === everyMs);
      return {
        device: id,
        line: lineOf(link),
        points: own.map((point) => point.id),
        everyMs,
        deadlineMs: Math.ceil(wireMs + profile.answerMs + 2 * betweenMs(link) + marginMs),
        txBytes: requestBytes,
        rxBytes: statusBytes,
        body: {
          unit: address,
          answerMs: profile.answerMs,
          points: own.map((point) => ({ id: point.id, field: point.source.field })),
        },
      };
    });
  });
}
