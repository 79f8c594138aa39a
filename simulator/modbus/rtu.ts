/** Modbus RTU as a slave hears and says it (Modbus over Serial Line V1.02, 2.5.1). */
import { isSealed, sealed } from "./crc.ts";
import type { Asked, Wrap } from "./slave.ts";

/** Unit, 253 bytes of PDU, checksum. */
export const maxFrameBytes = 256;

/** What stands in a frame that a silence has ended; null for one that no slave would listen to. */
export function heardFrame(bytes: Uint8Array): Asked | null {
  if (bytes.length > maxFrameBytes || !isSealed(bytes)) return null;
  return { unit: bytes[0] ?? 0, pdu: bytes.slice(1, -2), bytes };
}

/** A unit and a PDU as they go over the wire. */
export function rtuFrame(unit: number, pdu: Uint8Array): Uint8Array {
  return sealed(Uint8Array.of(unit & 0xff, ...pdu));
}

export const wrapRtu: Wrap = (unit, pdu) => rtuFrame(unit, pdu);
