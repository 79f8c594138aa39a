/**
 * The checksum of Modbus RTU frames: CRC-16 with the polynomial 0xA001 (reflected 0x8005), start 0xFFFF.
 * Modbus over Serial Line 1.02, §2.5.1.2 and appendix B. Pure.
 */

const table = Uint16Array.from({ length: 256 }, (_, index) => {
  let rest = index;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xa001 : rest >>> 1;
  return rest;
});

/** CRC of the first `length` bytes, 0 to 65535; on the wire its low byte comes first. */
export function crc16(bytes: Uint8Array, length = bytes.length): number {
  let crc = 0xffff;
  for (let index = 0; index < length; index++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return crc;
}

/** Whether the last two bytes are the checksum of those before them; what is shorter than 3 bytes has none. */
export function hasCrc16(frame: Uint8Array): boolean {
  const body = frame.length - 2;
  return body > 0 && crc16(frame, body) === ((frame[body] ?? 0) | ((frame[body + 1] ?? 0) << 8));
}

/** `body` followed by its checksum, low byte first. */
export function withCrc16(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.length + 2);
  frame.set(body);
  const crc = crc16(body);
  frame[body.length] = crc & 0xff;
  frame[body.length + 1] = crc >>> 8;
  return frame;
}
