/** The check of a Modbus RTU frame, computed bit by bit as the serial line specification describes it. */

/** CRC-16 with polynomial 0xA001 (reflected), start 0xFFFF (Modbus over Serial Line V1.02, 6.2.2). */
export function crcOf(bytes: Uint8Array): number {
  let rest = 0xffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xa001 : rest >>> 1;
  }
  return rest;
}

/** The bytes with their check behind them, low byte first. */
export function sealed(bytes: Uint8Array): Uint8Array {
  const crc = crcOf(bytes);
  return Uint8Array.of(...bytes, crc & 0xff, crc >>> 8);
}

/** Whether the last two bytes are the check of those before them. */
export function isSealed(frame: Uint8Array): boolean {
  if (frame.length < 4) return false;
  const crc = crcOf(frame.subarray(0, -2));
  return frame.at(-2) === (crc & 0xff) && frame.at(-1) === crc >>> 8;
}
