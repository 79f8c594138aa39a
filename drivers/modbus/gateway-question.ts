/**
 * A question that only a Modbus gateway answers, for a serial server that is to pass bytes through. Pure.
 *
 * Holds: it is no frame of the line, so to every device on it, and to an adapter that echoes, it is noise; what is
 * taken for its answer has its number, unit, function and size.
 */
import { hasCrc16 } from "../codec/crc16.ts";
import type { Verdict } from "../line/line.ts";
import type { ModbusFaultCode } from "./faults.ts";
import { hearTcp, requestTcp } from "./mbap.ts";
import type { Read } from "./pdu.ts";

/** Neither byte is an address that a line often has. */
const firstTransaction = 0xf0f0;

export interface GatewayQuestion {
  sent: Uint8Array;
  judge(received: Uint8Array): Verdict<true, ModbusFaultCode>;
}

export function gatewayQuestion(unit: number, request: Read): GatewayQuestion {
  let transaction = firstTransaction;
  // By no chance a frame of the line itself.
  while (hasCrc16(requestTcp(unit, request, transaction))) transaction += 1;
  const sent = requestTcp(unit, request, transaction);
  const judge = (received: Uint8Array): Verdict<true, ModbusFaultCode> => {
    // What an echo gives back is nearly an answer.
    if (sent.every((byte, at) => byte === received[at])) return { fault: "modbus.echo" };
    const verdict = hearTcp(unit, request, transaction, received);
    return "answer" in verdict ? { answer: true } : verdict;
  };
  return { sent, judge };
}
