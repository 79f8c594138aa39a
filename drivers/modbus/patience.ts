/**
 * How long to wait on a serial line. Pure.
 * A port of this machine hands bytes over as they come, within the 16 ms of a USB adapter. A serial server may hold
 * an answer back until it is whole and its packing interval is over.
 */
import { characterMs, type Pace } from "../line/pace.ts";
import { exchangeMs } from "./pace.ts";
import type { Request } from "./pdu.ts";
import { answerFrameBytes } from "./rtu.ts";

/** A port of this machine, or one of a serial server. */
export type Way = "port" | "network";

/** What an adapter, a serial server or a busy machine adds. */
const adapterMs = 50;
/** Longest rest inside an answer. */
export const betweenMs: Readonly<Record<Way, number>> = { port: 50, network: 150 };

/**
 * From the end of the request until the first byte of the answer must be here, ms.
 * @param answerMs longest time until the device begins to answer
 */
export function firstMs(request: Request, answerMs: number, pace: Pace, way: Way): number {
  const heldMs = way === "port" ? 0 : answerFrameBytes(request) * characterMs(pace) + betweenMs.network;
  return answerMs + adapterMs + heldMs;
}

/** The whole of one exchange at most, from the silence before the request to the silence after it, rests and all, ms. */
export const wholeMs = (request: Request, answerMs: number, pace: Pace, way: Way): number =>
  exchangeMs(request, pace) + answerMs + adapterMs + 2 * betweenMs[way];
