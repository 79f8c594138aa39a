/**
 * What asking needs and gives, over whatever carries it.
 */
import type { Fault } from "../contract/index.ts";
import type { LineFaultCode } from "../line/faults.ts";
import type { ModbusFaultCode } from "./faults.ts";

/** What a device needs. */
export interface Needs {
  /** Longest time until it begins to answer, ms. */
  answerMs: number;
  /** Its rest before its next request, ms. */
  pauseMs: number;
}

/**
 * What a request that writes came to. `refusal`: the device answered, with an exception. `fault`: it did not, or not
 * so that it can be believed; `sent`: it may have got it.
 */
export type Written = { done: true } | { refusal: ModbusFaultCode } | { fault: Fault; sent: boolean };

/** `refusal`: the device answered, with an exception. `fault`: it did not, or not readably. */
export type Outcome =
  | { data: Uint8Array; turnaroundMs?: number }
  | { refusal: ModbusFaultCode }
  | { fault: ModbusFaultCode; sign?: LineFaultCode };
