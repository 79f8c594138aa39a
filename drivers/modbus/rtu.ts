/**
 * Frames of Modbus RTU: unit, PDU, checksum. Modbus over Serial Line 1.02, §2.5.1. Pure.
 * An answer is known by the length that the request implies: nothing past it is ever taken, silence decides nothing.
 */
import { hasCrc16, withCrc16 } from "../codec/crc16.ts";
import type { ModbusFaultCode } from "./faults.ts";
import {
  answerBytes,
  dataBytes,
  exceptionBytes,
  type Read,
  type Request,
  readAnswer,
  requestPdu,
} from "./pdu.ts";

/**
 * `more`: so far it can be the answer; at least so many bytes are missing.
 * `data`: the whole right answer (a view into what was received). `fault`: it is not, and no byte can mend it.
 */
export type Verdict = { more: number } | { data: Uint8Array } | { fault: ModbusFaultCode };

/** Unit and checksum around a PDU. */
const frameBytes = 3;

/** Length of the request of a read. */
export const requestBytes = 8;

/** Shortest frame of an answer: an exception. */
const shortest = exceptionBytes + frameBytes;

/** The request as it goes on the line. `unit` 1 to 247; 254 for devices that have an any-address. */
export function requestFrame(unit: number, request: Request): Uint8Array {
  return withCrc16(Uint8Array.of(unit, ...requestPdu(request)));
}

/** Length of the good answer on the line, in bytes. */
export const answerFrameBytes = (request: Request): number => answerBytes(request) + frameBytes;

/**
 * What has come in so far after `request` left, from the first byte on.
 * A fault is named as well as these bytes allow; when the line is quiet again, `diagnose` names it by all of them.
 */
export function judge(unit: number, request: Request, received: Uint8Array): Verdict {
  const length = received.length;
  const [from, fc, count] = received;
  if (from === undefined) return { more: shortest };
  if (from !== unit) return { fault: "modbus.noise" };
  if (fc === undefined) return { more: shortest - length };
  const exception = fc === (request.fc | 0x80);
  if (!exception && fc !== request.fc) return { fault: "modbus.function" };
  const expected = exception ? shortest : answerFrameBytes(request);
  if (!exception && request.kind === "read" && count !== undefined && count !== dataBytes(request)) {
    return ownRequest(unit, request, received);
  }
  if (length < expected) return { more: expected - length };
  const frame = received.subarray(0, expected);
  const isEcho = request.kind === "read" && !exception && isOwnRequest(unit, request, received);
  if (isEcho && expected === requestBytes) return { fault: "modbus.echo" };
  if (!hasCrc16(frame)) return { fault: isEcho ? "modbus.echo" : "modbus.crc" };
  const isGlitched = length === expected + 1 && isGlitch(received[expected]);
  if (length > expected && !isGlitched) return { fault: "modbus.glued" };
  return readAnswer(request, frame.subarray(1, expected - 2));
}

/** A whole exception of this unit to a request of this function, its checksum right. */
export const isException = (unit: number, fc: Request["fc"], frame: Uint8Array): boolean =>
  frame.length === shortest && frame[0] === unit && frame[1] === (fc | 0x80) && hasCrc16(frame);

/** A byte that a driver makes when it is switched on or off; never a unit of the standard. */
export const isGlitch = (byte: number | undefined): boolean => byte === 0 || byte === 0xff;

/**
 * Whether the request could be its own answer: a read of three bytes of bits whose address begins with a three. It is
 * never asked, as an adapter may give requests back.
 */
export const isLikeItsEcho = (request: Read): boolean =>
  request.fc <= 2 && request.address >>> 8 === 3 && dataBytes(request) === 3;

/** Not the answer by its byte count: our own request that an echoing converter gives back, or a wrong count. */
function ownRequest(unit: number, request: Request, received: Uint8Array): Verdict {
  if (!isOwnRequest(unit, request, received)) return { fault: "modbus.count" };
  const more = requestFrame(unit, request).length - received.length;
  return more > 0 ? { more } : { fault: "modbus.echo" };
}

/** Whether what came begins with our request, or is the beginning of it. */
function isOwnRequest(unit: number, request: Request, received: Uint8Array): boolean {
  const own = requestFrame(unit, request).subarray(0, received.length);
  return own.every((byte, index) => byte === received[index]);
}

/**
 * Names what came instead of the answer, by all bytes until the line was quiet (or the first 512 of them).
 * Only for what `judge` did not accept: `modbus.silent` for nothing at all.
 */
export function diagnose(unit: number, request: Request, received: Uint8Array): ModbusFaultCode {
  if (received.length === 0) return "modbus.silent";
  const verdict = judge(unit, request, received);
  if ("data" in verdict) return "modbus.glued";
  if ("more" in verdict) {
    const own = requestFrame(unit, request);
    const whole = received.length >= own.length && isOwnRequest(unit, request, received);
    return whole ? "modbus.echo" : "modbus.short";
  }
  const { fault } = verdict;
  if (fault !== "modbus.noise" && fault !== "modbus.function" && fault !== "modbus.count") return fault;
  if (foreignBytes(received) > 0) return "modbus.second-master";
  return fault === "modbus.noise" && hasCrc16(received) ? "modbus.unit" : fault;
}

/**
 * Length of the frame at the front that only a master sends, its checksum right; 0: there is none.
 * Modbus Application Protocol 1.1b3, §6.
 */
export function foreignBytes(received: Uint8Array): number {
  const [, fc = 0, third = 0, , , , bytes = 0] = received;
  const length = fc >= 1 && fc <= 4 ? requestBytes : fc === 15 || fc === 16 ? bytes + 9 : 0;
  // Three bytes of bits in an answer have this length as well.
  if (length === 0 || received.length < length || (fc <= 2 && third === 3)) return 0;
  return hasCrc16(received.subarray(0, length)) ? length : 0;
}
