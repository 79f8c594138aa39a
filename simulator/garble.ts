/** What becomes of good bytes on their way. */
import type { Chance } from "./seeded.ts";

/** Turns `count` different bits round, in place. */
export function flip(bytes: Uint8Array, count: number, chance: Chance): void {
  const bits = bytes.length * 8;
  const turned = new Set<number>();
  while (turned.size < Math.min(count, bits)) {
    const bit = Math.floor(chance() * bits);
    if (turned.has(bit)) continue;
    turned.add(bit);
    bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
  }
}

export function randomBytes(count: number, chance: Chance): Uint8Array {
  return Uint8Array.from({ length: count }, () => Math.floor(chance() * 256));
}
