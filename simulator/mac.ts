/** Addresses of network cards. */
import { mix } from "./seeded.ts";

/** Of no maker: locally administered (IEEE 802c). The same again for the same. */
export function macOf(...seed: (string | number)[]): string {
  const own = mix("mac", ...seed)
    .toString(16)
    .padStart(8, "0");
  return ["02", "5e", ...(own.match(/../g) ?? [])].join(":");
}
