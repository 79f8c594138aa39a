/**
 * How long bytes take on a serial line. Modbus over Serial Line 1.02, §2.5.1. Pure.
 */

import { characterMs, type Pace } from "../line/pace.ts";
import { type Request, requestPdu } from "./pdu.ts";
import { answerFrameBytes } from "./rtu.ts";

/** Silence that ends a frame: 3.5 characters, above 19,200 baud 1.75 ms (§2.5.1.1). */
export const silenceMs = (pace: Pace): number => (pace.baud > 19_200 ? 1.75 : 3.5 * characterMs(pace));

/**
 * What a request and its good answer take on the line, with the silence after each; without the time that the device
 * needs before it answers. For n registers up to 19,200 baud: (20 + 2n) characters.
 */
export function exchangeMs(request: Request, pace: Pace): number {
  const characters = requestPdu(request).length + 3 + answerFrameBytes(request);
  return characters * characterMs(pace) + 2 * silenceMs(pace);
}
