/** How long a character is on a wire, and how long silence must be there to mean something. */

/** Start bit, data, parity, stop bits of a character. */
export interface Format {
  dataBits: number;
  parity: "none" | "even" | "odd";
  stopBits: number;
  /** All of them together. */
  bits: number;
}

const parities = { N: "none", E: "even", O: "odd" } as const;

/** @param text as `8N1`; throws RangeError for anything else */
export function formatOf(text: string): Format {
  const [, data = "", parity = "", stop = ""] = /^([78])([NEO])([12])$/.exec(text) ?? [];
  if (parity !== "N" && parity !== "E" && parity !== "O") throw new RangeError(`${text} is no format`);
  const [dataBits, stopBits] = [Number(data), Number(stop)];
  return {
    dataBits,
    parity: parities[parity],
    stopBits,
    bits: 1 + dataBits + (parity === "N" ? 0 : 1) + stopBits,
  };
}

/** Milliseconds of one character. */
export function characterMs(baud: number, format: Format): number {
  return (format.bits * 1000) / baud;
}

/**
 * The silence that ends a frame and must precede the next: 3.5 characters, above 19,200 baud fixed 1.75 ms
 * (Modbus over Serial Line V1.02, 2.5.1.1; 19,200 itself still counts in characters).
 */
export function silenceMs(baud: number, format: Format): number {
  return baud > 19_200 ? 1.75 : 3.5 * characterMs(baud, format);
}
