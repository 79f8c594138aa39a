/**
 * Answers to requests that write and that were not answered in time. Pure: time comes from outside.
 *
 * Such an answer says what was written where, so it is told apart from that to another request unless that one is the
 * same; an exception says the function alone. A device that answers anything later owes nothing of before.
 */
import type { Write } from "./pdu.ts";
import { answerFrameBytes, isException, judge } from "./rtu.ts";

/** No device and no serial server answers so late. */
const lostMs = 30_000;
const exceptionFrameBytes = 5;

interface Owed {
  unit: number;
  request: Write;
  /** Monotonic ms. */
  sentAt: number;
}

export class OwedWrites {
  #owed: Owed[] = [];

  /** Its answer did not come. */
  unanswered(unit: number, request: Write, sentAt: number): void {
    this.#owed = [...this.#open(sentAt), { unit, request, sentAt }].slice(-mostOwed);
  }

  /** What was sent last was answered. */
  answered(unit: number): void {
    this.#owed = this.#owed.filter((owed) => owed.unit !== unit);
  }

  /** Whether what answers this could be meant for an earlier one. @param isRefusal it is an exception */
  mayBeLate(unit: number, request: Write, isRefusal: boolean, now: number): boolean {
    return this.#open(now).some(
      (owed) =>
        owed.unit === unit && owed.request.fc === request.fc && (isRefusal || isSame(owed.request, request)),
    );
  }

  /** Bytes at the front that are an owed answer, or how many are missing until that can be said; 0: none. */
  lateAt(received: Uint8Array, now: number): number | { more: number } {
    let missing = 0;
    for (const { unit, request } of this.#open(now)) {
      if (isException(unit, request.fc, received.subarray(0, exceptionFrameBytes)))
        return exceptionFrameBytes;
      const length = answerFrameBytes(request);
      const front = received.subarray(0, length);
      const verdict = judge(unit, request, front);
      if ("data" in verdict) return length;
      if ("more" in verdict && front.length > 0) missing = Math.max(missing, verdict.more);
    }
    return missing === 0 ? 0 : { more: missing };
  }

  #open(now: number): Owed[] {
    return this.#owed.filter(({ sentAt }) => now - sentAt < lostMs);
  }
}

const isSame = (one: Write, other: Write) =>
  one.address === other.address && one.values.join() === other.values.join();

/** More were not written within that time. */
const mostOwed = 32;
