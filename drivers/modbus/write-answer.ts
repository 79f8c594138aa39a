/**
 * What comes back after a request that writes. Modbus Application Protocol 1.1b3, §6.5, §6.6, §6.11, §6.12. Pure.
 *
 * The good answer to functions 5 and 6 is the request itself. On a line that gives back what is sent, the first of two
 * says nothing; and as long as nobody knows whether the line does, neither does a single one.
 */
import { hasCrc16 } from "../codec/crc16.ts";
import type { ModbusFaultCode } from "./faults.ts";
import type { Write } from "./pdu.ts";
import { answerFrameBytes, isException, judge, requestFrame, type Verdict } from "./rtu.ts";

/** `echoed`: so many bytes at the front are our own request; what follows counts. */
export type WriteVerdict =
  | { more: number }
  | { echoed: number }
  | { done: true }
  | { refusal: ModbusFaultCode }
  | { fault: ModbusFaultCode };

/**
 * @param echoes whether the line gives back what is sent; null: nobody knows
 * @param isBehindEcho the request was given back already
 */
export function judgeWrite(
  unit: number,
  request: Write,
  received: Uint8Array,
  { echoes, isBehindEcho }: { echoes: boolean | null; isBehindEcho: boolean },
): WriteVerdict {
  const own = requestFrame(unit, request);
  const isOwn = own.subarray(0, received.length).every((byte, index) => byte === received[index]);
  const isNone = echoes === false && isAnswer(request, received);
  const mayBeEcho = !isBehindEcho && isOwn && received.length > 0 && !isNone;
  if (mayBeEcho && received.length >= own.length) return { echoed: own.length };
  // The good answer begins as the request does.
  if (mayBeEcho)
    return { more: Math.max(1, Math.min(own.length, answerFrameBytes(request)) - received.length) };
  return outcomeOf(judge(unit, request, received), isException(unit, request.fc, received));
}

/** Whether what begins as our own request is the answer all the same. */
const isAnswer = ({ fc }: Write, received: Uint8Array) =>
  fc === 5 || fc === 6 || (received.length >= shortAnswer && hasCrc16(received.subarray(0, shortAnswer)));

/** Unit, function, address, count, checksum. */
const shortAnswer = 8;

function outcomeOf(verdict: Verdict, isRefusal: boolean): WriteVerdict {
  if ("data" in verdict) return { done: true };
  if ("more" in verdict) return verdict;
  return isRefusal ? { refusal: verdict.fault } : verdict;
}
