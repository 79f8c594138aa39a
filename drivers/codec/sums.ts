/**
 * Checksums of frames beside the CRC: sums and the exclusive or of bytes. Pure.
 */
import { crc16 } from "./crc16.ts";

/**
 * `sum8`, `sum16`: of the bytes. `negsum8`: what makes their sum 0. `xor8`: of the bytes. `crc16-modbus`: as in
 * Modbus over Serial Line 1.02, §2.5.1.2.
 */
export const checksumKinds = ["sum8", "sum16", "negsum8", "xor8", "crc16-modbus"] as const;
export type ChecksumKind = (typeof checksumKinds)[number];

/** Bytes that it takes in a frame. */
export const checksumBytes = (kind: ChecksumKind): 1 | 2 =>
  kind === "sum16" || kind === "crc16-modbus" ? 2 : 1;

/** Checksum of all these bytes, 0 to 255, or to 65535 for one of two bytes. */
export function checksumOf(kind: ChecksumKind, bytes: Uint8Array): number {
  if (kind === "crc16-modbus") return crc16(bytes);
  if (kind === "xor8") return bytes.reduce((all, byte) => all ^ byte, 0);
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  if (kind === "sum16") return sum & 0xffff;
  return (kind === "negsum8" ? -sum : sum) & 0xff;
}
