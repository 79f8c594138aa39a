/**
 * Moments that mean the same in every process of one machine, and how a device says one: the first of its three
 * values is the moment of sending, so that whoever receives it knows how long it took.
 */

/** Milliseconds of CLOCK_MONOTONIC. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What is added to the ms since the origin: the number has 7 digits and 3 decimals for two hours. */
const lift = 1_000_000;
export const saidLength = 11;
export const saidNothing = "1".repeat(7).concat(".", "1".repeat(3));

/** Writes a moment into a payload, as ASCII digits. */
export function say(at: number, origin: number, into: Buffer, offset: number): void {
  let micros = Math.round((at - origin + lift) * 1000);
  for (let digit = saidLength - 1; digit >= 0; digit--) {
    if (digit === 7) continue;
    into[offset + digit] = 48 + (micros % 10);
    micros = Math.floor(micros / 10);
  }
  into[offset + 7] = 0x2e;
}

/** The moment that a value said. */
export function said(value: number, origin: number): number {
  return value - lift + origin;
}
