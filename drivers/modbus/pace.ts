/**
 * How long bytes take on a serial line. Modbus over Serial Line 1.02, §2.5.1. Pure.
 */

import { type Request, requestPdu } from "./pdu.ts";
import { answerFrameBytes } from "./rtu.ts";

export const bauds = ["1200", "2400", "4800", "9600", "14400", "19200", "38400", "57600", "115200"] as const;
export const formats = ["8N1", "8E1", "8O1", "8N2"] as const;
export type Format = (typeof formats)[number];

/** Speed and character format of a line. */
export interface Pace {
  baud: number;
  format: Format;
}

/** Start, eight data, parity and stop bits. */
export const bitsOf = (format: Format): number => (format === "8N1" ? 10 : 11);

export const characterMs = ({ baud, format }: Pace): number => (bitsOf(format) * 1000) / baud;

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
