/**
 * Writes over a serial line: each request leaves once, whatever comes of it.
 *
 * Holds:
 * - It is done only when the device's own answer to this request was heard: on a line that gives back what is sent,
 *   or of which nobody knows, functions 5 and 6 need it twice, and where an earlier one of the unit may still be
 *   answered, nothing is sure.
 * - A late answer of before, to whatever, is passed over where it can be told apart.
 * - A turn in which another master asks tells nothing.
 */
import type { Clock } from "../contract/index.ts";
import { LineError } from "../line/faults.ts";
import type { Limits, Line, Verdict } from "../line/line.ts";
import type { Pace } from "../line/pace.ts";
import { type ModbusFaultCode, modbusFault } from "./faults.ts";
import type { Needs, Written } from "./outcome.ts";
import { OwedWrites } from "./owed-writes.ts";
import { betweenMs, firstMs, type Way } from "./patience.ts";
import type { Write } from "./pdu.ts";
import { diagnose, isGlitch, requestFrame } from "./rtu.ts";
import { judgeWrite } from "./write-answer.ts";

/** More than this in front of an answer is noise. */
const mostGlitches = 2;

/** What is known of the line by all that is read on it. */
export interface Ears {
  line(): Line;
  /** Whether it gives back what is sent; null: nobody knows. */
  echoes(): boolean | null;
  /** This is under way, and may be given back; nothing: no more. */
  sending(frame: Uint8Array): void;
  /** Looks at what came unasked. @returns whether another master asked */
  overhear(): boolean;
  /** Whether another master's request is among these. @param own our request, which may be given back */
  isForeign(bytes: Uint8Array, own: Uint8Array): boolean;
  /** Bytes at the front that are a late answer, or how many are missing until that can be said. */
  late(rest: Uint8Array): number | { more: number };
}

type Heard = { done: true } | { refusal: ModbusFaultCode };

export class RtuWriter {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #way: Way;
  readonly #ears: Ears;
  readonly #owed = new OwedWrites();

  constructor(clock: Clock, pace: Pace, way: Way, ears: Ears) {
    this.#clock = clock;
    this.#pace = pace;
    this.#way = way;
    this.#ears = ears;
  }

  /** As `OwedWrites.lateAt`. */
  lateAt(rest: Uint8Array): number | { more: number } {
    return this.#owed.lateAt(rest, this.#clock.monotonicMs());
  }

  /** @throws the reason of `signal` */
  async write(unit: number, request: Write, { answerMs }: Needs, signal: AbortSignal): Promise<Written> {
    signal.throwIfAborted();
    const ears = this.#ears;
    ears.overhear();
    const sentAt = this.#clock.monotonicMs();
    const sent = requestFrame(unit, request);
    const limits: Limits = {
      firstMs: firstMs(request, answerMs, this.#pace, this.#way),
      betweenMs: betweenMs[this.#way],
    };
    const take = (received: Uint8Array) => this.#take(unit, request, received).verdict;
    ears.sending(sent);
    const exchanged = await ears
      .line()
      .exchange(sent, take, limits, signal)
      .catch((error: unknown) => {
        this.#owed.unanswered(unit, request, sentAt);
        // It may have left before the line was lost.
        if (error instanceof LineError && !signal.aborted) return { lost: error.fault };
        throw error;
      });
    if ("lost" in exchanged) return { fault: exchanged.lost, sent: true };
    ears.sending(new Uint8Array());
    const isOverheard = ears.overhear();
    const fault = (code: ModbusFaultCode): Written => ({
      fault: modbusFault(code, { facts: { unit } }),
      sent: true,
    });
    if ("answer" in exchanged) {
      const { answer } = exchanged;
      const isDoubtful = this.#owed.mayBeLate(unit, request, "refusal" in answer, sentAt);
      if (!isOverheard && !isDoubtful) {
        this.#owed.answered(unit);
        return answer;
      }
      this.#owed.unanswered(unit, request, sentAt);
      return fault(isOverheard ? "modbus.second-master" : "modbus.late");
    }
    if (exchanged.fault === "restless")
      return { fault: modbusFault("modbus.noise", { facts: { unit } }), sent: false };
    this.#owed.unanswered(unit, request, sentAt);
    const own = ears.echoes() === false ? new Uint8Array() : sent;
    if (ears.isForeign(exchanged.received, own) || isOverheard) return fault("modbus.second-master");
    return fault(this.#name(unit, request, exchanged.received));
  }

  #name(unit: number, request: Write, received: Uint8Array): ModbusFaultCode {
    const { rest, isBehindEcho } = this.#take(unit, request, received);
    return rest.length === 0 && isBehindEcho ? "modbus.echo" : diagnose(unit, request, rest);
  }

  /** The answer, behind an echo of the request and behind answers that come too late. */
  #take(unit: number, request: Write, received: Uint8Array) {
    const echoes = this.#ears.echoes();
    let rest = received;
    let isBehindEcho = false;
    for (let glitches = 0; glitches < mostGlitches && isGlitch(rest[0]); glitches++) rest = rest.subarray(1);
    const taken = (verdict: Verdict<Heard, ModbusFaultCode>) => ({ rest, isBehindEcho, verdict });
    for (;;) {
      const verdict = judgeWrite(unit, request, rest, { echoes, isBehindEcho });
      const skipped = received.length - rest.length;
      if ("echoed" in verdict) {
        isBehindEcho = true;
        rest = rest.subarray(verdict.echoed);
        continue;
      }
      if ("more" in verdict) return taken({ ...verdict, skipped });
      if (!("fault" in verdict)) return taken({ answer: verdict });
      const late = this.#ears.late(rest);
      if (typeof late === "object") return taken({ ...late, skipped });
      if (late === 0) return taken(verdict);
      rest = rest.subarray(late);
    }
  }
}
