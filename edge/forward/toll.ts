import type { Batch } from "../../gateway/contract/index.ts";
import type { Pace } from "./contract.ts";

/**
 * Charges backlog to its pace by the bytes on the wire. They are known only when the session has compressed the
 * batch, so it is charged by what the last one became, and put right as soon as the session tells.
 * Of a session that never tells, the bytes before compression count: no more than the cap leaves.
 */
export class Toll {
  /** Bytes on the wire, of those before. */
  #share = 1;

  /** A batch is being sent. @returns what its session is to be given */
  take(pace: Pace, rows: number, { bytes: { byteLength } }: Batch, now: number): (bytes: number) => void {
    let charged = byteLength * this.#share;
    pace.spend(now, rows, charged);
    return (bytes) => {
      pace.spend(now, 0, bytes - charged);
      charged = bytes;
      this.#share = bytes / byteLength;
    };
  }
}
