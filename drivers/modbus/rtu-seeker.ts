/**
 * Asks whether a unit is there, over a serial line.
 *
 * Holds:
 * - All that comes in the time for an answer is heard before anything is said of the unit.
 * - A late answer is never the one of the unit that is asked then: its own unit is found by it.
 * - What a search asked is owed like all requests, so that no value is ever taken from an answer to it.
 */
import type { Clock } from "../contract/index.ts";
import type { LineFaultCode } from "../line/faults.ts";
import type { Limits, Verdict } from "../line/line.ts";
import type { Pace } from "../line/pace.ts";
import type { ModbusFaultCode } from "./faults.ts";
import type { Needs } from "./outcome.ts";
import { betweenMs, firstMs, type Way } from "./patience.ts";
import type { Read } from "./pdu.ts";
import { requestFrame } from "./rtu.ts";
import type { Ears } from "./rtu-writer.ts";
import { type Sought, sift, soughtIn } from "./seek-answer.ts";

export interface SeekerEars extends Ears {
  /** A request leaves. @returns whether one before it may still be answered alike */
  asking(unit: number, request: Read): boolean;
  /** It was answered. */
  answered(unit: number, request: Read): void;
  /** Monotonic ms at which a unit answered too late for the last time. */
  lateAt(unit: number): number | undefined;
  /** As `LineSigns.explain`, or that something could be read. */
  explain(code: ModbusFaultCode | null, unit: number, sent: Uint8Array, received: Uint8Array): Sign;
}

type Sign = LineFaultCode | null;

/** One that is there. `fault`: what came from there cannot be understood. */
export interface SoughtUnit {
  unit: number;
  fault?: ModbusFaultCode;
  sign?: LineFaultCode;
}

export class RtuSeeker {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #way: Way;
  readonly #ears: SeekerEars;
  /** By unit that did not answer in time, monotonic ms when it was asked. */
  readonly #silent = new Map<number, number>();

  constructor(clock: Clock, pace: Pace, way: Way, ears: SeekerEars) {
    this.#clock = clock;
    this.#pace = pace;
    this.#way = way;
    this.#ears = ears;
  }

  /**
   * @returns those that have answered an earlier question meanwhile, and the unit, if it is there
   * @throws the reason of `signal`; LineError when the line has ended
   */
  async seek(unit: number, request: Read, { answerMs }: Needs, signal: AbortSignal): Promise<SoughtUnit[]> {
    signal.throwIfAborted();
    const ears = this.#ears;
    ears.overhear();
    const at = this.#clock.monotonicMs();
    const mostAnswers = ears.asking(unit, request) ? 2 : 1;
    const sent = requestFrame(unit, request);
    const limits: Limits = {
      firstMs: firstMs(request, answerMs, this.#pace, this.#way),
      betweenMs: betweenMs[this.#way],
    };
    const sifted = (received: Uint8Array) => sift(unit, request, received, (rest) => ears.late(rest));
    // Never content: a second answer may follow.
    const take = (received: Uint8Array): Verdict<never, never> => {
      const { open } = sifted(received);
      return open === null ? { more: 1, skipped: received.length } : { more: open.more, skipped: open.at };
    };
    ears.sending(sent);
    const exchanged = await ears.line().exchange(sent, take, limits, signal);
    ears.sending(new Uint8Array());
    const isOverheard = ears.overhear();
    if (!("fault" in exchanged)) return [];
    const { fault, received } = exchanged;
    const isForeign = ears.isForeign(received, sent) || isOverheard;
    const sought =
      fault === "restless"
        ? "modbus.noise"
        : soughtIn(unit, request, sifted(received), isForeign, mostAnswers);
    if (sought === true && mostAnswers === 1) ears.answered(unit, request);
    const late = this.#late();
    if (sought !== false) return [...late, this.#named(unit, sought, sent, received)];
    if (!late.some((one) => one.unit === unit)) this.#silent.set(unit, at);
    return late;
  }

  #named(unit: number, sought: Exclude<Sought, false>, sent: Uint8Array, received: Uint8Array): SoughtUnit {
    this.#silent.delete(unit);
    const sign = this.#ears.explain(sought === true ? null : sought, unit, sent, received);
    if (sought === true) return { unit };
    return sign === null ? { unit, fault: sought } : { unit, fault: sought, sign };
  }

  /** Those that were silent when they were asked, and have answered since. */
  #late(): SoughtUnit[] {
    const late = [...this.#silent].filter(([unit, at]) => (this.#ears.lateAt(unit) ?? -1) >= at);
    for (const [unit] of late) this.#silent.delete(unit);
    return late.map(([unit]) => ({ unit, fault: "modbus.late" }));
  }
}
