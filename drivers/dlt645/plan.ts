/**
 * Which requests a meter is sent: one identifier each, and the points of one block share it, within one period. One
 * identifier has one turn on the line, so that a slow meter with many points does not keep others waiting. Pure.
 */
import type { Job } from "../../config/schema/kind.ts";
import type { Pace } from "../line/pace.ts";
import type { JobPoint } from "./decode.ts";
import type { DltDevice } from "./fields.ts";
import { aroundBytes, mostData, wakeBytes } from "./frame.ts";
import { diBytes, numberBytes } from "./messages.ts";
import { type Bytes, type Way, wholeMs } from "./pace.ts";
import { isMeterNumber, sizeOf } from "./scalars.ts";

/** Following frames that are asked for in one turn at most. */
export const mostFollowing = 3;

export interface DltBody {
  meter: string;
  di: string;
  points: readonly JobPoint[];
  /** Data beyond this are not needed, bytes. */
  enough: number;
  answerMs: number;
  /** Its own number is looked at first, and where that stands. */
  expect?: { serial: string; di: string };
}
export type DltJob = Job & { body: DltBody };

export interface Route {
  line: string;
  pace: Pace;
  way: Way;
}

const frameOf = (data: number) => wakeBytes + aroundBytes + data;

/** The bytes of one exchange: an identifier asked for, and so much data of it. */
export const exchangeBytes = (data: number): Bytes => ({
  txBytes: frameOf(diBytes),
  rxBytes: frameOf(diBytes + data),
});

/** The exchanges that so much data takes, in frames as full as they may be. */
function exchangesFor(data: number): Bytes[] {
  const exchanges = [exchangeBytes(Math.min(data, mostData - diBytes))];
  const most = mostData - diBytes - numberBytes;
  for (let left = data - (mostData - diBytes); left > 0; left -= most)
    exchanges.push({
      txBytes: frameOf(diBytes + numberBytes),
      rxBytes: frameOf(diBytes + numberBytes + Math.min(left, most)),
    });
  return exchanges;
}

/** Length of the number that a meter shows of itself. */
export const serialBytes = 6;

/** All requests of a meter for one round of each period, in the order of its points. */
export function planDevice(device: DltDevice, { line, pace, way }: Route): DltJob[] {
  const groups = Map.groupBy(device.points, ({ source, everyMs }) => `${source.di} ${everyMs}`);
  const answerMs = device.address.answer ?? device.profile.answerMs;
  const { meter } = device.address;
  const { serial } = device.profile;
  return [...groups.values()].flatMap((points): DltJob[] => {
    const [first] = points;
    if (first === undefined) return [];
    const { di } = first.source;
    const exchanges = exchangesFor(bytesOf(device, di));
    const asked = device.expect === undefined || serial === undefined ? [] : [exchangeBytes(serialBytes)];
    const sum = (of: (bytes: Bytes) => number) => exchanges.reduce((all, one) => all + of(one), 0);
    const turnMs = [...asked, ...exchanges].reduce((all, one) => all + wholeMs(one, answerMs, pace, way), 0);
    return [
      {
        device: device.id,
        line,
        points: points.map(({ id }) => id),
        everyMs: first.everyMs,
        deadlineMs: Math.ceil(turnMs),
        txBytes: sum(({ txBytes }) => txBytes),
        rxBytes: sum(({ rxBytes }) => rxBytes),
        body: {
          meter,
          di,
          points: points.map(({ id, source }) => ({ id, source })),
          enough: Math.max(...points.map(endOf)),
          answerMs,
          ...(device.expect === undefined || serial === undefined
            ? {}
            : { expect: { serial: plainSerial(device.expect), di: serial } }),
        },
      },
    ];
  });
}

const endOf = ({ source }: DltDevice["points"][number]) => (source.item ?? 1) * sizeOf(source.format);

/** A meter gives the whole block, whichever of its points are asked for this often. */
const bytesOf = ({ points }: DltDevice, di: string) =>
  Math.max(...points.filter(({ source }) => source.di === di).map(endOf));

/** As the meter shows it: 12 digits. What is no such number stays as it is, and is never shown. */
export function plainSerial(written: string): string {
  const digits = written.normalize("NFKC").replaceAll(/[\s_.-]/gu, "");
  const padded = digits.padStart(12, "0");
  return isMeterNumber(padded) ? padded : written;
}
