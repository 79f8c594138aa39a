/**
 * How long asking takes on a serial line, and how long to wait. Pure.
 */
import { characterMs, type Pace } from "../line/pace.ts";
import { wakeBytes } from "./frame.ts";

/** Between two frames, either way (§5.3.2). */
export const silenceMs = 20;
/** A meter may rest so long between two bytes (§5.3.3). */
export const betweenMs = 500;
/** What an adapter, a serial server or a busy machine adds. */
const adapterMs = 50;
/** A serial server may hold an answer back until it is whole and its packing interval is over. */
const packingMs = 150;

/** A port of this machine, or one of a serial server. */
export type Way = "port" | "network";

export interface Bytes {
  txBytes: number;
  rxBytes: number;
}

/** Bytes both ways with the silence behind each; nothing goes faster. */
export const wireMs = ({ txBytes, rxBytes }: Bytes, pace: Pace): number =>
  (txBytes + rxBytes) * characterMs(pace) + 2 * silenceMs;

/** From the end of the request until the answer must have begun, its wake-up not counted, ms. */
export const firstMs = (rxBytes: number, answerMs: number, pace: Pace, way: Way): number =>
  answerMs +
  adapterMs +
  (way === "port" ? wakeBytes : rxBytes) * characterMs(pace) +
  (way === "port" ? 0 : packingMs);

/** One exchange at most that goes as it should, ms. */
export const wholeMs = (bytes: Bytes, answerMs: number, pace: Pace, way: Way): number =>
  wireMs(bytes, pace) + firstMs(0, answerMs, pace, way) + betweenMs;
