/** What a camera is asked in one turn. Pure. */
import type { Job } from "../../config/schema/kind.ts";
import { tcpLineName } from "../line/fields.ts";
import { type OnvifAsk, type OnvifDevice, type OnvifLink, placeOf } from "./fields.ts";

export interface OnvifBody {
  asks: readonly { id: string; ask: OnvifAsk }[];
  /** Points that the camera tells by itself: what is known of them is given. */
  told: readonly string[];
}
export type OnvifJob = Job & { body: OnvifBody };

/** A wait for events may be under way: a camera is asked one thing at a time. */
export const waitS = 5;
export const pullMs = 10_000;
const marginMs = 1000;
/** A request with its head and who asks, and an answer of a usual camera. */
const [requestBytes, answerBytes] = [1_600, 2_500];

const identityAsks: ReadonlySet<OnvifAsk> = new Set(["maker", "model", "firmware", "serial", "hardware"]);
export const isIdentity = (ask: OnvifAsk): boolean => identityAsks.has(ask);
export const isMedia = (ask: OnvifAsk): boolean =>
  ask === "stream" || ask === "snapshot" || ask === "profiles";

export function planOnvif(link: OnvifLink, device: OnvifDevice): OnvifJob[] {
  const { host, port } = placeOf(link, device.address);
  const groups = Map.groupBy(device.points, ({ everyMs }) => everyMs);
  return [...groups].map(([everyMs, points]) => {
    const asks = points.flatMap(({ id, source: { ask } }) => (ask === undefined ? [] : [{ id, ask }]));
    const words = new Set(asks.map(({ ask }) => ask));
    // The clock always: tokens need it, and so it is known that the camera is there.
    const requests =
      1 +
      Number(device.expect !== undefined || [...words].some(isIdentity)) +
      2 * Number([...words].some(isMedia)) +
      Number(words.has("stream")) +
      Number(words.has("snapshot"));
    return {
      device: device.id,
      line: tcpLineName(host, port),
      points: points.map(({ id }) => id),
      everyMs,
      deadlineMs: pullMs + device.profile.answerMs + marginMs,
      txBytes: requests * requestBytes,
      rxBytes: requests * answerBytes,
      body: { asks, told: points.filter(({ source }) => source.ask === undefined).map(({ id }) => id) },
    };
  });
}
