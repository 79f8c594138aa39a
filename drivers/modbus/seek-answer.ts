/**
 * What came in the time for an answer to a question of a search. Pure.
 * It is looked at whole: a second answer to one request tells that two devices have the unit.
 */
import type { ModbusFaultCode } from "./faults.ts";
import { answerAt } from "./overheard.ts";
import type { Read } from "./pdu.ts";
import { diagnose, foreignBytes, isException, isGlitch, judge } from "./rtu.ts";

/** More than this around an answer is noise. */
const mostGlitches = 2;

/** `true`: it answered. `false`: nobody did. A code: what came cannot be understood as its answer. */
export type Sought = boolean | ModbusFaultCode;

export interface Sifted {
  /** Right answers of the unit, data or exceptions. */
  answers: number;
  /** What belongs to nothing, beside bytes of a driver that is switched. */
  hasJunk: boolean;
  /** All but requests and answers that come too late. */
  own: Uint8Array;
  /** The first that may be an answer and is not whole. */
  open: { at: number; more: number } | null;
}

/** @param late bytes at the front that are an answer to an earlier request, or how many are missing until that is known */
export function sift(
  unit: number,
  request: Read,
  received: Uint8Array,
  late: (rest: Uint8Array) => number | { more: number },
): Sifted {
  const own: number[] = [];
  const junk: number[] = [];
  let answers = 0;
  let open: Sifted["open"] = null;
  for (let at = 0; at < received.length; ) {
    const rest = received.subarray(at);
    const isRefusal = isException(unit, request.fc, rest.subarray(0, exceptionFrameBytes));
    const length = isRefusal ? exceptionFrameBytes : answerAt(rest, unit, request);
    if (length > 0) {
      answers += 1;
      own.push(...rest.subarray(0, length));
      at += length;
      continue;
    }
    const owed = foreignBytes(rest) || late(rest);
    if (typeof owed === "number" && owed > 0) {
      at += owed;
      continue;
    }
    const verdict = typeof owed === "object" ? owed : judge(unit, request, rest);
    if ("more" in verdict) open ??= { at, more: verdict.more };
    junk.push(received[at] ?? 0);
    own.push(received[at] ?? 0);
    at += 1;
  }
  const hasJunk = junk.length > mostGlitches || !junk.every(isGlitch);
  return { answers, hasJunk, own: Uint8Array.from(own), open };
}

/**
 * @param isForeign another master asked meanwhile
 * @param most answers that may come to it: two, where an earlier request may be answered as well
 */
export function soughtIn(
  unit: number,
  request: Read,
  { answers, hasJunk, own }: Sifted,
  isForeign: boolean,
  most: number,
): Sought {
  if (answers === 0 && !hasJunk) return false;
  if (isForeign) return "modbus.second-master";
  if (hasJunk) return diagnose(unit, request, own);
  return answers <= most || "modbus.twice";
}

const exceptionFrameBytes = 5;
