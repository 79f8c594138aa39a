/**
 * Requests and answers without their frame (PDU): what Modbus RTU and Modbus TCP have in common.
 * Modbus Application Protocol 1.1b3, §4.1 and §6. Pure.
 */
import { exceptionFault, type ModbusFaultCode } from "./faults.ts";

/** Reads `count` bits (fc 1, 2: 1 to 2,000) or registers (fc 3, 4: 1 to 125) from `address`, 0 to 65535 as on the wire. */
export interface Read {
  kind: "read";
  fc: 1 | 2 | 3 | 4;
  address: number;
  count: number;
}

/** Writes one (fc 5, 6) or several (fc 15, 16) bits (0 or 1) or registers (0 to 65535) from `address`. */
export interface Write {
  kind: "write";
  fc: 5 | 6 | 15 | 16;
  address: number;
  values: readonly number[];
}

export type Request = Read | Write;

/** An answer's data, empty after a write; or why it is none. */
export type Answer = { data: Uint8Array } | { fault: ModbusFaultCode };

/** Most values in one request, §6.1 to §6.4, §6.11, §6.12. */
export const limits = { 1: 2000, 2: 2000, 3: 125, 4: 125, 5: 1, 6: 1, 15: 1968, 16: 123 } as const;

const high = (word: number) => word >>> 8;
const low = (word: number) => word & 0xff;

/**
 * The request's PDU.
 * @throws RangeError for what no PDU can say; a plan never holds such a request
 */
export function requestPdu(request: Request): Uint8Array {
  const { fc, address } = request;
  const count = request.kind === "read" ? request.count : request.values.length;
  if (!Number.isInteger(count) || count < 1 || count > limits[fc]) {
    throw new RangeError(`function ${fc} cannot ask for ${count} values`);
  }
  if (!Number.isInteger(address) || address < 0 || address + count > 0x1_0000) {
    throw new RangeError(`there are no ${count} values from address ${address}`);
  }
  const head = [fc, high(address), low(address)];
  if (request.kind === "read") return Uint8Array.of(...head, high(count), low(count));
  const most = fc === 5 || fc === 15 ? 1 : 0xffff;
  if (!request.values.every((value) => Number.isInteger(value) && value >= 0 && value <= most)) {
    throw new RangeError(`function ${fc} writes whole numbers from 0 to ${most}`);
  }
  const [first = 0] = request.values;
  if (fc === 5) return Uint8Array.of(...head, first === 1 ? 0xff : 0, 0);
  if (fc === 6) return Uint8Array.of(...head, high(first), low(first));
  const data =
    fc === 15 ? packBits(request.values) : request.values.flatMap((word) => [high(word), low(word)]);
  return Uint8Array.of(...head, high(count), low(count), data.length, ...data);
}

/** Bits in bytes, the first in the lowest bit of the first byte (§6.1, §6.11). */
function packBits(bits: readonly number[]): number[] {
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, () => 0);
  for (const [index, bit] of bits.entries()) {
    if (bit === 1) bytes[index >>> 3] = (bytes[index >>> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

/** Bytes of data in the good answer to a read. */
export const dataBytes = ({ fc, count }: Read): number =>
  fc === 1 || fc === 2 ? Math.ceil(count / 8) : 2 * count;

/** Length of the good answer's PDU, in bytes. */
export const answerBytes = (request: Request): number =>
  request.kind === "read" ? 2 + dataBytes(request) : 5;

/** Length of an exception's PDU, in bytes (§7). */
export const exceptionBytes = 2;

/**
 * Takes a whole PDU as the answer to `request`: function, exception, length, byte count, and what a write repeats.
 * The data is a view into `pdu`.
 */
export function readAnswer(request: Request, pdu: Uint8Array): Answer {
  const [fc, second = 0] = pdu;
  if (fc === undefined) return { fault: "modbus.short" };
  if (fc === (request.fc | 0x80)) {
    if (pdu.length === exceptionBytes) return { fault: exceptionFault(second) };
    return { fault: pdu.length < exceptionBytes ? "modbus.short" : "modbus.glued" };
  }
  if (fc !== request.fc) return { fault: "modbus.function" };
  if (request.kind === "read" && pdu.length > 1 && second !== dataBytes(request)) {
    return { fault: "modbus.count" };
  }
  const length = answerBytes(request);
  if (pdu.length !== length) return { fault: pdu.length < length ? "modbus.short" : "modbus.glued" };
  if (request.kind === "read") return { data: pdu.subarray(2) };
  // §6.5, §6.6: the whole request comes back; §6.11, §6.12: its first five bytes.
  const sent = requestPdu(request);
  const repeated = pdu.every((byte, index) => byte === sent[index]);
  return repeated ? { data: pdu.subarray(length) } : { fault: "modbus.count" };
}
