/**
 * Modbus RTU over a line: one request in flight, and never another request's answer.
 *
 * Holds:
 * - Data is given only for the request that it answers. While an answer is owed that could be taken for it, something
 *   else is asked first, whose answer cannot be (owed.ts); without that answer there is no data.
 * - What a device says too late is passed over where it can be told apart, so it spoils no other device's turn.
 * - An adapter that gives back our own request does no harm.
 */
import { hasCrc16 } from "../codec/crc16.ts";
import type { Clock } from "../contract/index.ts";
import type { LineFaultCode } from "../line/faults.ts";
import type { Limits, Line, Verdict } from "../line/line.ts";
import type { ModbusFaultCode } from "./faults.ts";
import { LineSigns } from "./line-signs.ts";
import { OwedAnswers } from "./owed.ts";
import type { Read } from "./pdu.ts";
import { diagnose, judge, requestFrame } from "./rtu.ts";

/** `refusal`: the device answered, with an exception. `fault`: it did not, or not readably. */
export type Outcome =
  | { data: Uint8Array; turnaroundMs?: number }
  | { refusal: ModbusFaultCode }
  | { fault: ModbusFaultCode; sign?: LineFaultCode };

/** What an adapter or a serial server adds before the first byte, and between two. */
const adapterMs = 50;
const piecesMs = { port: 50, network: 100 } as const;
/** Something else is asked at most so often before the request that is wanted. */
const mostMarkers = 2;

type Heard = { data: Uint8Array } | { refusal: ModbusFaultCode };

export class RtuTransport {
  readonly #clock: Clock;
  readonly #owed: OwedAnswers;
  readonly #betweenMs: number;
  #signs = new LineSigns();
  #line: Line;
  /** The last of those that wait for the line. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Our requests come back, and answers all the same. */
  #echoes = false;

  /** @param way a port of this machine, or one of a serial server */
  constructor(line: Line, clock: Clock, way: "port" | "network") {
    this.#line = line;
    this.#clock = clock;
    this.#owed = new OwedAnswers(way === "port");
    this.#betweenMs = piecesMs[way];
  }

  /** Another connection to the same line; the old one carries nothing any more. */
  renew(line: Line): void {
    this.#line = line;
    this.#signs = new LineSigns();
    this.#owed.renewed();
  }

  /**
   * Reads; whoever asks meanwhile waits.
   * @param answerMs longest time until the device begins to answer
   * @throws the reason of `signal`; LineError when the line has ended
   */
  ask(unit: number, request: Read, answerMs: number, signal: AbortSignal): Promise<Outcome> {
    const asked = this.#tail.then(() => this.#ask(unit, request, answerMs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  async #ask(unit: number, request: Read, answerMs: number, signal: AbortSignal): Promise<Outcome> {
    const now = this.#clock.monotonicMs();
    if (!this.#owed.mayBeLate(unit, request, now)) {
      const outcome = await this.#once(unit, request, answerMs, signal);
      if (outcome !== "doubtful") return outcome;
    }
    for (const marker of this.#owed.markers(unit, request, now).slice(0, mostMarkers)) {
      const from = this.#clock.monotonicMs();
      const outcome = await this.#once(unit, marker, answerMs, signal);
      if (outcome === "doubtful") continue;
      if ("fault" in outcome) return outcome;
      // A turn is as long as one slow answer. Cut off, the request would be owed again, and so for ever.
      const likelyMs = this.#clock.monotonicMs() - from;
      if (this.#clock.monotonicMs() - now + likelyMs > answerMs + adapterMs) break;
      const wanted = await this.#once(unit, request, answerMs, signal);
      return wanted === "doubtful" ? { fault: "modbus.silent" } : wanted;
    }
    return { fault: "modbus.silent" };
  }

  /** One exchange. `doubtful`: an exception that may be the late answer to another request. */
  async #once(
    unit: number,
    request: Read,
    answerMs: number,
    signal: AbortSignal,
  ): Promise<Outcome | "doubtful"> {
    signal.throwIfAborted();
    const now = this.#clock.monotonicMs();
    const doubtful = this.#owed.mayRefuseLate(unit, request.fc, now);
    this.#owed.sent(unit, request, now);
    const sent = requestFrame(unit, request);
    const limits: Limits = { firstMs: answerMs + adapterMs, betweenMs: this.#betweenMs };
    const take = (received: Uint8Array) => this.#take(unit, request, received);
    const exchanged = await this.#line.exchange(sent, take, limits, signal);
    if ("answer" in exchanged) {
      this.#signs.readable();
      if ("refusal" in exchanged.answer && doubtful) return "doubtful";
      this.#owed.answered(unit);
      const { answer, turnaroundMs } = exchanged;
      return "data" in answer ? { ...answer, turnaroundMs } : answer;
    }
    const { received } = exchanged;
    const pieces = exchanged.fault === "short" && "answer" in this.#take(unit, request, received);
    const fault = pieces
      ? "modbus.short"
      : exchanged.fault === "restless"
        ? "modbus.noise"
        : this.#name(unit, request, received);
    const sign = this.#signs.explain(fault, sent, received, pieces);
    return sign === null ? { fault } : { fault, sign };
  }

  /** The answer, behind an echo of the request and behind answers that come too late. */
  #take(unit: number, request: Read, received: Uint8Array): Verdict<Heard, ModbusFaultCode> {
    const { rest, echo, verdict } = this.#behind(unit, request, received);
    if ("data" in verdict) {
      this.#echoes = echo;
      return { answer: verdict };
    }
    if ("fault" in verdict && isException(unit, request, rest)) return { answer: { refusal: verdict.fault } };
    return "more" in verdict ? { ...verdict, skipped: received.length - rest.length } : verdict;
  }

  /** What is wrong with all that came, where it was no answer. */
  #name(unit: number, request: Read, received: Uint8Array): ModbusFaultCode {
    const { rest, echo } = this.#behind(unit, request, received);
    if (rest.length === 0 && echo && !this.#echoes) return "modbus.echo";
    return diagnose(unit, request, rest);
  }

  #behind(unit: number, request: Read, received: Uint8Array) {
    const now = this.#clock.monotonicMs();
    let rest = received;
    let echo = false;
    for (;;) {
      const verdict = judge(unit, request, rest);
      if (!("fault" in verdict) || isException(unit, request, rest)) return { rest, echo, verdict };
      if (verdict.fault === "modbus.echo" && !echo) {
        echo = true;
        rest = rest.subarray(requestBytes);
        continue;
      }
      const late = this.#owed.lateAt(rest, unit, request, now);
      if (typeof late === "object") return { rest, echo, verdict: late };
      if (late === 0) return { rest, echo, verdict };
      rest = rest.subarray(late);
    }
  }
}

/** Length of the request of a read. */
const requestBytes = 8;

const isException = (unit: number, { fc }: Read, frame: Uint8Array) =>
  frame.length === 5 && frame[0] === unit && frame[1] === (fc | 0x80) && hasCrc16(frame);
