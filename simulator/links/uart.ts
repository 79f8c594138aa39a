/**
 * What a receiver makes of bytes that were sent with other settings than its own: the sender's bits
 * laid out in time, sampled by a receiver in the middle of what it takes for bits.
 */
import type { Format } from "./character.ts";

export interface Settings {
  baud: number;
  format: Format;
}

/** The bytes as the other side sees them; the same bytes when both agree. Framing errors are read on as they are. */
export function misread(bytes: Uint8Array, sent: Settings, read: Settings): Uint8Array {
  const levels = levelsOf(bytes, sent.format);
  /** Sender's bits that pass in one of the receiver's. */
  const step = sent.baud / read.baud;
  const levelAt = (bit: number) => levels[Math.floor(bit)] ?? 1;
  const out: number[] = [];
  let at = 0;
  while (at < levels.length) {
    if (levelAt(at) === 1) {
      at = Math.floor(at) + 1;
      continue;
    }
    let byte = 0;
    for (let bit = 0; bit < read.format.dataBits; bit += 1) {
      byte |= levelAt(at + (1.5 + bit) * step) << bit;
    }
    out.push(byte);
    const stop = 1 + read.format.dataBits + (read.format.parity === "none" ? 0 : 1);
    // A receiver looks for the next start bit from the middle of its first stop bit on.
    at += (stop + 0.5) * step;
    // Where the stop bit should be is a low level: it waits for the line to go high before a new start.
    if (levelAt(at) === 0) while (at < levels.length && levelAt(at) === 0) at = Math.floor(at) + 1;
  }
  return Uint8Array.from(out);
}

/** One level per bit time: start 0, data from the lowest bit, parity, stop 1. */
function levelsOf(bytes: Uint8Array, { dataBits, parity, stopBits }: Format): number[] {
  const levels: number[] = [];
  for (const byte of bytes) {
    levels.push(0);
    let ones = 0;
    for (let bit = 0; bit < dataBits; bit += 1) {
      const level = (byte >>> bit) & 1;
      ones += level;
      levels.push(level);
    }
    if (parity !== "none") levels.push(parity === "even" ? ones & 1 : 1 - (ones & 1));
    for (let bit = 0; bit < stopBits; bit += 1) levels.push(1);
  }
  return levels;
}
