/**
 * Frames of Modbus TCP: MBAP header and PDU. Modbus Messaging on TCP/IP 1.0b, §3.1.3. Pure.
 */
import type { Verdict as LineVerdict } from "../line/line.ts";
import type { ModbusFaultCode } from "./faults.ts";
import { answerBytes, exceptionBytes, type Request, readAnswer, requestPdu } from "./pdu.ts";
import type { Verdict } from "./rtu.ts";

/** Transaction, protocol and length; the length counts what follows it, the unit first. */
export const headerBytes = 6;

/** The request as it goes out. `unit` 0 to 255, `transaction` 0 to 65535. */
export function requestTcp(unit: number, request: Request, transaction: number): Uint8Array {
  const pdu = requestPdu(request);
  const length = pdu.length + 1;
  return Uint8Array.of(
    ...[transaction >>> 8, transaction & 0xff, 0, 0, length >>> 8, length & 0xff, unit],
    ...pdu,
  );
}

const fault = (code: ModbusFaultCode): Verdict => ({ fault: code });

/**
 * What has come in so far, from the first byte of the header on. A fault of the header means that the bytes that
 * follow cannot be trusted to begin an answer: the connection is to be dropped.
 */
export function judgeTcp(unit: number, request: Request, transaction: number, received: Uint8Array): Verdict {
  const shortest = headerBytes + 1 + exceptionBytes;
  if (received.length < headerBytes) return { more: shortest - received.length };
  const [t0 = 0, t1 = 0, p0, p1, l0 = 0, l1 = 0] = received;
  if (p0 !== 0 || p1 !== 0) return fault("modbus.protocol");
  if (((t0 << 8) | t1) !== transaction) return fault("modbus.transaction");
  const length = (l0 << 8) | l1;
  if (length !== answerBytes(request) + 1 && length !== exceptionBytes + 1) return fault("modbus.count");
  const end = headerBytes + length;
  if (received.length < end) return { more: end - received.length };
  if (received.length > end) return fault("modbus.glued");
  if (received[headerBytes] !== unit) return fault("modbus.unit");
  const answer = readAnswer(request, received.subarray(headerBytes + 1, end));
  // The whole frame is here: the header promised a length that the PDU does not have.
  const torn = "fault" in answer && (answer.fault === "modbus.short" || answer.fault === "modbus.glued");
  return torn ? fault("modbus.count") : answer;
}

/** As `judgeTcp`, and an exception, which is an answer as well, is told from what is none. */
export function hearTcp(
  unit: number,
  request: Request,
  transaction: number,
  received: Uint8Array,
): LineVerdict<{ data: Uint8Array } | { refusal: ModbusFaultCode }, ModbusFaultCode> {
  const verdict = judgeTcp(unit, request, transaction, received);
  if ("data" in verdict) return { answer: verdict };
  if (!("fault" in verdict)) return verdict;
  return isException(request, received, verdict.fault) ? { answer: { refusal: verdict.fault } } : verdict;
}

/** A whole exception; what is wrong with the frame has other codes. */
function isException({ fc }: Request, received: Uint8Array, code: ModbusFaultCode): boolean {
  const whole =
    received.length === headerBytes + 1 + exceptionBytes && received[headerBytes + 1] === (fc | 0x80);
  return whole && !frameFaults.has(code);
}

const frameFaults: ReadonlySet<ModbusFaultCode> = new Set<ModbusFaultCode>([
  "modbus.protocol",
  "modbus.transaction",
  "modbus.count",
  "modbus.unit",
]);
