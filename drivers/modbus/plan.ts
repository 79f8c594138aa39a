/**
 * Which requests a device is sent: points merged by what they cost on the line, within one function and period. Pure.
 */
import type { Job } from "../../config/schema/kind.ts";
import type { Pace } from "../line/pace.ts";
import { blocksOf, hullOf, type Span, type Terms } from "./blocks.ts";
import type { ModbusDevice, ModbusProfile } from "./fields.ts";
import type { Needs } from "./outcome.ts";
import { exchangeMs } from "./pace.ts";
import { type Way, wholeMs } from "./patience.ts";
import { answerBytes, limits, type Read, requestPdu } from "./pdu.ts";
import { type Place, placeOf } from "./point-fields.ts";
import { answerFrameBytes, isLikeItsEcho, requestFrame } from "./rtu.ts";

/** A point in the answer to a request. */
export interface JobPoint {
  id: string;
  /** Where it is in the device. */
  place: Place;
  /** Where it is in the answer: registers, or bits of fc 1 and 2, from its start. */
  at: number;
}

export interface ModbusBody extends Needs {
  unit: number;
  request: Read;
  points: readonly JobPoint[];
}
export type ModbusJob = Job & { body: ModbusBody };

/** The way to a device: its line, and the pace where that is a serial one. */
export interface Route {
  line: string;
  unit: number;
  /** Absent: Modbus TCP. */
  pace?: Pace;
  /** Of a serial one; default `port`. */
  way?: Way;
  /** Measured, ms; absent: `turnaroundMs`. */
  turnaroundMs?: number | undefined;
}

/**
 * What a device on a serial line needs before it answers, as far as merging goes, until it has been measured. Most
 * need 2 to 20 ms; a low value bridges fewer gaps, and a gap that is not bridged cannot meet a register that does not
 * exist.
 */
export const turnaroundMs = 5;

/** What a request over a network may take beyond the device: a connection, a busy machine. */
export const marginMs = 100;

/** All requests of a device for one round of each period, in a fixed order. */
export function planDevice(device: ModbusDevice, way: Route): ModbusJob[] {
  const places = device.points.map(({ id, source, everyMs }) => ({
    id,
    everyMs,
    place: placeOf(source, device.profile),
  }));
  const groups = new Map<string, typeof places>();
  for (const point of places) {
    const name = `${point.place.fc} ${point.everyMs}`;
    groups.set(name, [...(groups.get(name) ?? []), point]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { fc } = first.place;
    const known = places.filter(({ place }) => place.fc === fc).map(({ place }) => spanOf(place));
    const blocks = blocksOf(
      group.map(({ place }) => spanOf(place)),
      termsOf(fc, device.profile, way),
      known,
    );
    return blocks.map((block) =>
      jobOf(
        device,
        way,
        first.everyMs,
        block.flatMap((index) => group[index] ?? []),
      ),
    );
  });
}

const spanOf = ({ address, count }: Place): Span => ({ from: address, count });

/** A device that answers with n registers answers with 16n bits. */
export function mostOf(fc: Read["fc"], { maxRegisters }: Pick<ModbusProfile, "maxRegisters">): number {
  return Math.min(limits[fc], fc <= 2 ? 16 * maxRegisters : maxRegisters);
}

function termsOf(fc: Read["fc"], profile: ModbusProfile, { pace, turnaroundMs: measured }: Route): Terms {
  return {
    most: mostOf(fc, profile),
    gap: profile.maxGap ?? Number.POSITIVE_INFINITY,
    // Over a network a request costs its round trip, whatever it carries: fewer first, then shorter ones.
    cost: (count) => {
      if (pace === undefined) return 1 + count * 1e-6;
      return exchangeMs({ kind: "read", fc, address: 0, count }, pace) + (measured ?? turnaroundMs);
    },
  };
}

function jobOf(
  { id, profile, address }: ModbusDevice,
  { line, unit, pace, way = "port" }: Route,
  everyMs: number,
  points: readonly { id: string; place: Place }[],
): ModbusJob {
  const { from, count } = hullOf(points.map(({ place }) => spanOf(place)));
  const request = unlikeItsEcho({ kind: "read", fc: points[0]?.place.fc ?? 3, address: from, count });
  const { pauseMs } = profile;
  const answerMs = address.answer ?? profile.answerMs;
  const turnMs = pace === undefined ? answerMs + marginMs : wholeMs(request, answerMs, pace, way);
  return {
    device: id,
    line,
    points: points.map((point) => point.id),
    everyMs,
    deadlineMs: Math.ceil(turnMs + pauseMs),
    ...bytesOf(unit, request, pace !== undefined),
    body: {
      unit,
      request,
      points: points.map((point) => ({ id: point.id, place: point.place, at: point.place.address - from })),
      answerMs,
      pauseMs,
    },
  };
}

/** One byte of bits more, where the request itself could be taken for its answer. */
const unlikeItsEcho = (request: Read): Read => (isLikeItsEcho(request) ? { ...request, count: 25 } : request);

/** MBAP header with the unit. */
const tcpHead = 7;

const bytesOf = (unit: number, request: Read, serial: boolean): Pick<Job, "txBytes" | "rxBytes"> =>
  serial
    ? { txBytes: requestFrame(unit, request).length, rxBytes: answerFrameBytes(request) }
    : { txBytes: requestPdu(request).length + tcpHead, rxBytes: answerBytes(request) + tcpHead };
