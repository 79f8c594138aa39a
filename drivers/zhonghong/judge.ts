/**
 * What has come after a request, as an answer to it or not. Pure.
 *
 * What is set is answered by the request itself. On a serial line that gives back what is sent, the first of two says
 * nothing; and as long as nobody knows whether the line does, neither does a single one.
 */
import type { Verdict } from "../line/line.ts";
import type { ZhonghongFaultCode } from "./faults.ts";
import {
  begins,
  findRepeats,
  findStatus,
  requestBytes,
  type Status,
  statusRequest,
  type Unit,
} from "./frame.ts";

export interface Asked {
  gateway: number;
  unit: Unit;
}

/** `isEcho`: behind the request itself. */
export type Heard = { isEcho: boolean } & ({ status: Status } | { absent: true });

/** @param isSerial the line may give back what is sent */
export function judgeStatus(
  { gateway, unit }: Asked,
  received: Uint8Array,
  isSerial: boolean,
): Verdict<Heard, never> {
  const { rest, isEcho } = behindEcho(gateway, unit, received, isSerial);
  const found = findStatus(gateway, unit, rest);
  if (!("more" in found)) return { answer: { ...found, isEcho } };
  return { more: found.more, skipped: received.length - rest.length + found.skipped };
}

/** What was wrong with all that came, where no status was in it. */
export function diagnoseStatus(
  { gateway, unit }: Asked,
  received: Uint8Array,
  isSerial: boolean,
): ZhonghongFaultCode {
  const { rest } = behindEcho(gateway, unit, received, isSerial);
  const found = findStatus(gateway, unit, rest);
  if (rest.length === 0) return "zhonghong.silent";
  if (!("more" in found)) return "zhonghong.short";
  if (found.isDamaged) return "zhonghong.checksum";
  return found.skipped < rest.length ? "zhonghong.short" : "zhonghong.noise";
}

function behindEcho(gateway: number, unit: Unit, received: Uint8Array, isSerial: boolean) {
  const isEcho =
    isSerial && received.length >= requestBytes && begins(received, statusRequest(gateway, unit));
  return { rest: isEcho ? received.subarray(requestBytes) : received, isEcho };
}

/** @param times how often the request must come back */
export function judgeControl(request: Uint8Array, received: Uint8Array, times: number): Verdict<true, never> {
  const found = findRepeats(request, received);
  return found.times >= times ? { answer: true } : { more: found.more, skipped: found.skipped };
}

/** What was wrong with all that came, where the request did not come back as often as it must. */
export function diagnoseControl(request: Uint8Array, received: Uint8Array): ZhonghongFaultCode {
  const { times, skipped } = findRepeats(request, received);
  if (received.length === 0) return "zhonghong.silent";
  if (times > 0) return "zhonghong.echo";
  return skipped < received.length ? "zhonghong.short" : "zhonghong.noise";
}
