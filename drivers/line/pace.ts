/**
 * How long a character takes on a serial line. Pure.
 */

export const bauds = [
  "600",
  "1200",
  "2400",
  "4800",
  "9600",
  "14400",
  "19200",
  "38400",
  "57600",
  "115200",
] as const;
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
