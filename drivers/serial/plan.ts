/**
 * One job for each period of a sensor: its request, if it is asked, and the frame that is awaited. Pure.
 */
import type { Job } from "../../config/schema/kind.ts";
import { serialLineName } from "../line/fields.ts";
import type { Limits } from "../line/line.ts";
import { characterMs, type Pace } from "../line/pace.ts";
import type { Place } from "./decode.ts";
import { placeOf, type SerialDevice, type SerialSensorLink } from "./fields.ts";
import { type FrameShape, mostLength } from "./frame.ts";

export interface SerialBody {
  /** Empty: it speaks by itself. */
  ask: readonly number[];
  shape: FrameShape;
  limits: Limits;
  points: readonly { id: string; place: Place }[];
}
export type SerialJob = Job & { body: SerialBody };

/** What an adapter, a serial server or a busy machine adds, and the longest rest inside a frame, ms. */
const adapterMs = 50;
const betweenMs = { port: 50, network: 150 } as const;

/** Rest of the line between two frames: 3.5 characters, as it is held for everywhere. */
export const silenceMs = (pace: Pace): number => 3.5 * characterMs(pace);

export const planSerial = (link: SerialSensorLink, devices: readonly SerialDevice[]): SerialJob[] =>
  devices.flatMap((device) =>
    [...Map.groupBy(device.points, ({ everyMs }) => everyMs)].map(([everyMs, points]) =>
      jobOf(link, device, everyMs, points),
    ),
  );

function jobOf(
  link: SerialSensorLink,
  { id, profile, address }: SerialDevice,
  everyMs: number,
  points: SerialDevice["points"],
): SerialJob {
  const { ask, shape } = profile;
  const isPort = "device" in link;
  const between = isPort ? betweenMs.port : betweenMs.network;
  const frameMs = mostLength(shape) * characterMs(link);
  // A serial server may hold a frame back until it is whole and its packing interval is over.
  const heldMs = isPort ? 0 : frameMs + between;
  const limits: Limits = {
    firstMs: (address.answer ?? profile.answerMs) + adapterMs + heldMs,
    betweenMs: between,
  };
  // In front of it, a frame that is under way is let pass.
  const restMs = 2 * silenceMs(link) + (ask.length === 0 ? frameMs : 0);
  const sendMs = ask.length * characterMs(link);
  return {
    device: id,
    line: serialLineName(link),
    points: points.map((point) => point.id),
    everyMs,
    deadlineMs: Math.ceil(restMs + sendMs + limits.firstMs + frameMs + 2 * between),
    txBytes: ask.length,
    rxBytes: mostLength(shape),
    body: {
      ask,
      shape,
      limits,
      points: points.map((point) => ({ id: point.id, place: placeOf(point.source, profile) })),
    },
  };
}
