/**
 * Modbus RTU over a line: one request in flight, and never another request's answer.
 *
 * Holds:
 * - Data is given only for the request that it answers (in-order.ts). Whatever was asked before this line was taken
 *   over, and what another master asks on it, is owed as well.
 * - What a device says too late is passed over where it can be told apart, so it spoils no other device's turn.
 * - An adapter that gives back our own request does no harm, nor does a byte of a driver that is switched.
 * - A turn in which another master asks gives no data, and a unit of which two answers come to one request gives none
 *   until `cleanAnswers` have come alone: nobody knows whose they are.
 */

import type { Clock } from "../contract/index.ts";
import type { Exchanged, Limits, Line, Verdict } from "../line/line.ts";
import type { Pace } from "../line/pace.ts";
import type { ModbusFaultCode } from "./faults.ts";
import { gatewayQuestion } from "./gateway-question.ts";
import { askInOrder, type Once } from "./in-order.ts";
import { LineSigns } from "./line-signs.ts";
import type { Needs, Outcome, Written } from "./outcome.ts";
import { answerAt, foreignRequests } from "./overheard.ts";
import { type Asked, OwedAnswers } from "./owed.ts";
import { betweenMs, firstMs, type Way } from "./patience.ts";
import type { Read, Write } from "./pdu.ts";
import { diagnose, isException, isGlitch, judge, requestBytes, requestFrame } from "./rtu.ts";
import { RtuSeeker, type SoughtUnit } from "./rtu-seeker.ts";
import { type Ears, RtuWriter } from "./rtu-writer.ts";

/** After two answers to one request, so many must come alone before a unit is believed. */
const cleanAnswers = 3;
/** So long after a late answer a silence is called lateness, and answers may be those to another master. */
const memoryMs = 30_000;
/** Another master that does no harm is told so often. */
const tellMasterMs = 10_000;
/** A second answer comes at most so many requests of its unit later. */
const keptAnswered = 3;
/** So often in a row, it is no coincidence. */
const enoughEchoes = 3;
/** More than this in front of an answer is noise. */
const mostGlitches = 2;

type Failed = Extract<Exchanged<unknown, ModbusFaultCode>, { fault: unknown }>;
/** `echo`: behind the request itself. */
type Heard = { echo: boolean } & ({ data: Uint8Array } | { refusal: ModbusFaultCode });

export class RtuTransport {
  readonly #clock: Clock;
  readonly #owed: OwedAnswers;
  readonly #pace: Pace;
  readonly #way: Way;
  readonly #writer: RtuWriter;
  readonly #seeker: RtuSeeker;
  #signs = new LineSigns();
  #line: Line;
  /** The last of those that wait for the line. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Our requests come back, and answers all the same; null: nobody knows yet. */
  #echoes: boolean | null = null;
  /** Answers in a row that came behind their request. */
  #echoed = 0;
  /** The last request, while an adapter that echoes may still give it back unasked. */
  #cutOff: Uint8Array = new Uint8Array();
  /** The last bytes that came unasked: a request may have begun in them. */
  #unread = new Uint8Array();
  /** By unit, what it answered last, newest first. */
  readonly #answered = new Map<number, Read[]>();
  /** By unit that gave two answers to one request, how many more must come alone. */
  readonly #doubted = new Map<number, number>();
  /** By unit, monotonic ms of the last late answer. */
  readonly #lateAt = new Map<number, number>();
  #masterAt = Number.NEGATIVE_INFINITY;
  #toldMasterAt = Number.NEGATIVE_INFINITY;

  constructor(line: Line, clock: Clock, pace: Pace, way: Way) {
    this.#line = line;
    this.#clock = clock;
    this.#owed = new OwedAnswers(way === "port", clock.monotonicMs());
    this.#pace = pace;
    this.#way = way;
    const ears: Ears = {
      line: () => this.#line,
      echoes: () => this.#echoes,
      sending: (frame) => {
        this.#cutOff = frame;
      },
      overhear: () => this.#overhear(),
      isForeign: (bytes, own) => this.#foreign(bytes, own),
      late: (rest) => this.#late(rest, null),
    };
    this.#writer = new RtuWriter(clock, pace, way, ears);
    this.#seeker = new RtuSeeker(clock, pace, way, {
      ...ears,
      asking: (unit, request) => {
        const now = clock.monotonicMs();
        const isOwed = this.#owed.mayRefuseLate(unit, request.fc, now);
        this.#owed.sent(unit, request, now);
        return isOwed;
      },
      answered: (unit, request) => this.#owed.found(unit, request, clock.monotonicMs()),
      lateAt: (unit) => this.#lateAt.get(unit),
      explain: (code, unit, sent, received) => {
        if (code !== null) return this.#signs.explain(code, unit, sent, received, false);
        this.#signs.readable();
        return null;
      },
    });
  }

  /** Another connection to the same line; the old one carries nothing any more. */
  renew(line: Line): void {
    this.#line = line;
    this.#signs = new LineSigns();
    this.#echoes = null;
    this.#owed.renewed(this.#clock.monotonicMs());
  }

  /**
   * Reads; whoever asks meanwhile waits.
   * @throws the reason of `signal`; LineError when the line has ended
   */
  ask(unit: number, request: Read, needs: Needs, signal: AbortSignal): Promise<Outcome> {
    const asked = this.#tail.then(() => this.#ask(unit, request, needs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  /**
   * Writes, once and never again; whoever asks meanwhile waits.
   * @throws the reason of `signal`
   */
  write(unit: number, request: Write, needs: Needs, signal: AbortSignal): Promise<Written> {
    const asked = this.#tail.then(() => this.#writer.write(unit, request, needs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  /**
   * Asks whether a unit is there; whoever asks meanwhile waits.
   * @returns and throws as `RtuSeeker.seek`
   */
  seek(unit: number, request: Read, needs: Needs, signal: AbortSignal): Promise<SoughtUnit[]> {
    const asked = this.#tail.then(() => this.#seeker.seek(unit, request, needs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  /**
   * Asks as a Modbus gateway is asked.
   * @returns whether a gateway has answered, which a serial server that passes bytes through never does
   * @throws as `ask`
   */
  isGateway(unit: number, request: Read, needs: Needs, signal: AbortSignal): Promise<boolean> {
    const asked = this.#tail.then(() => this.#askGateway(unit, request, needs, signal));
    this.#tail = asked.catch(() => {});
    return asked;
  }

  async #askGateway(unit: number, request: Read, { answerMs }: Needs, signal: AbortSignal): Promise<boolean> {
    const { sent, judge } = gatewayQuestion(unit, request);
    const limits: Limits = {
      firstMs: firstMs(request, answerMs, this.#pace, this.#way),
      betweenMs: betweenMs[this.#way],
    };
    return "answer" in (await this.#line.exchange(sent, judge, limits, signal));
  }

  async #ask(
    unit: number,
    request: Read,
    { answerMs, pauseMs }: Needs,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const isOverheard = this.#overhear();
    const outcome = await askInOrder(unit, request, {
      clock: this.#clock,
      owed: this.#owed,
      rest: () => this.#clock.sleep(pauseMs, signal),
      once: (read) => this.#once(unit, read, answerMs, signal),
    });
    const isUntold = this.#clock.monotonicMs() - this.#toldMasterAt >= tellMasterMs;
    return isOverheard && isUntold && "data" in outcome ? this.#master() : outcome;
  }

  async #once(unit: number, request: Read, answerMs: number, signal: AbortSignal): Promise<Once> {
    signal.throwIfAborted();
    const now = this.#clock.monotonicMs();
    const isDoubtful = this.#owed.mayRefuseLate(unit, request.fc, now);
    this.#owed.sent(unit, request, now);
    const sent = requestFrame(unit, request);
    const limits: Limits = {
      firstMs: firstMs(request, answerMs, this.#pace, this.#way),
      betweenMs: betweenMs[this.#way],
    };
    const take = (received: Uint8Array) => this.#take(unit, request, received);
    this.#cutOff = sent;
    const exchanged = await this.#line.exchange(sent, take, limits, signal);
    this.#cutOff = new Uint8Array();
    // Whoever asked while it waited for silence may be answered now.
    const isOverheard = this.#overhear();
    if (!("answer" in exchanged)) {
      const own = this.#echoes === false ? new Uint8Array() : sent;
      const isForeign = this.#foreign(exchanged.received, own) || isOverheard;
      const outcome = isForeign ? this.#master() : this.#failed(unit, request, sent, exchanged);
      return { outcome, settles: false };
    }
    const { answer, turnaroundMs } = exchanged;
    this.#signs.readable();
    this.#echoed = answer.echo ? this.#echoed + 1 : 0;
    // On a line that gives nothing back, it is another master's; an adapter would do so every time.
    const isEcho = answer.echo && (this.#echoes !== false || this.#echoed >= enoughEchoes);
    const isAsked = answer.echo && !isEcho && this.#foreign(sent, new Uint8Array());
    if (isOverheard || isAsked) return { outcome: this.#master(), settles: false };
    this.#echoes = answer.echo;
    if ("refusal" in answer && isDoubtful) return { outcome: "doubtful", settles: false };
    this.#owed.answered(unit, "data" in answer, this.#clock.monotonicMs());
    if (!("data" in answer)) return { outcome: { refusal: answer.refusal }, settles: true };
    this.#answered.set(unit, [request, ...(this.#answered.get(unit) ?? [])].slice(0, keptAnswered));
    const doubts = this.#doubted.get(unit) ?? 0;
    if (doubts === 0) return { outcome: { data: answer.data, turnaroundMs }, settles: true };
    this.#doubted.set(unit, doubts - 1);
    return { outcome: { fault: "modbus.twice" }, settles: true };
  }

  #failed(unit: number, request: Read, sent: Uint8Array, { fault, received }: Failed): Outcome {
    const inPieces = fault === "short" && "answer" in this.#take(unit, request, received);
    const code = inPieces
      ? "modbus.short"
      : fault === "restless"
        ? "modbus.noise"
        : this.#name(unit, request, received);
    const sign = this.#signs.explain(code, unit, sent, received, inPieces);
    return sign === null ? { fault: code } : { fault: code, sign };
  }

  #master(): Outcome {
    this.#toldMasterAt = this.#clock.monotonicMs();
    return { fault: "modbus.second-master" };
  }

  #isRecent(instant: number | undefined): boolean {
    return instant !== undefined && this.#clock.monotonicMs() - instant < memoryMs;
  }

  /** Looks at what came unasked. @returns whether another master asked */
  #overhear(): boolean {
    const strays = this.#line.takeStrays();
    if (strays.length === 0) return false;
    const bytes = Uint8Array.of(...this.#unread, ...strays);
    this.#unread = bytes.slice(1 - requestBytes);
    // First of all: what follows may be the answer to it.
    const isForeign = this.#foreign(bytes, this.#cutOff);
    for (let rest = bytes; rest.length > 0; ) {
      const late = this.#late(rest, null);
      const again = late === 0 ? this.#again(rest) : 0;
      if (again > 0) this.#twice(rest[0] ?? 0);
      rest = rest.subarray((typeof late === "number" && late) || again || 1);
    }
    return isForeign;
  }

  /** Whether another master's request is in these bytes; its answer is owed to us from now on. @param own our request */
  #foreign(bytes: Uint8Array, own: Uint8Array): boolean {
    const foreign = foreignRequests(bytes, own);
    const now = this.#clock.monotonicMs();
    for (const found of foreign) if (found !== null) this.#owed.overheard(found.unit, found.request, now);
    if (foreign.length > 0) this.#masterAt = now;
    return foreign.length > 0;
  }

  /** As `OwedAnswers.lateAt`, and remembers whose it is. */
  #late(rest: Uint8Array, asked: Asked | null): ReturnType<OwedAnswers["lateAt"]> {
    const now = this.#clock.monotonicMs();
    const late = this.#owed.lateAt(rest, asked, now) || this.#writer.lateAt(rest);
    const isOurs = typeof late === "number" && late > 0 && !this.#isRecent(this.#masterAt);
    if (isOurs) this.#lateAt.set(rest[0] ?? 0, now);
    return late;
  }

  /** Length of an answer at the front that its unit has given already. */
  #again(rest: Uint8Array): number {
    const [unit = 0] = rest;
    const answered = this.#answered.get(unit) ?? [];
    return answered.map((request) => answerAt(rest, unit, request)).find((length) => length > 0) ?? 0;
  }

  #twice(unit: number): void {
    // The answer to another master, whose request was drowned, looks like it.
    if (!this.#isRecent(this.#masterAt)) this.#doubted.set(unit, cleanAnswers);
  }

  /** The answer, behind an echo of the request and behind answers that come too late. */
  #take(unit: number, request: Read, received: Uint8Array): Verdict<Heard, ModbusFaultCode> {
    const { rest, echo, again, verdict } = this.#behind(unit, request, received);
    if ("data" in verdict) {
      for (const other of again) this.#twice(other);
      return { answer: { ...verdict, echo } };
    }
    if ("fault" in verdict && isException(unit, request.fc, rest))
      return { answer: { refusal: verdict.fault, echo } };
    return "more" in verdict ? { ...verdict, skipped: received.length - rest.length } : verdict;
  }

  /** What is wrong with all that came, where it was no answer. */
  #name(unit: number, request: Read, received: Uint8Array): ModbusFaultCode {
    const { rest, echo, again } = this.#behind(unit, request, received);
    // Nothing but what another unit says: it is the answer to this request.
    if (rest.length === 0 && again.length > 0) return diagnose(unit, request, received);
    if (rest.length === 0 && echo && !this.#echoes) return "modbus.echo";
    const fault = diagnose(unit, request, rest);
    return fault === "modbus.silent" && this.#isRecent(this.#lateAt.get(unit)) ? "modbus.late" : fault;
  }

  #behind(unit: number, request: Read, received: Uint8Array) {
    let rest = received;
    let echo = false;
    /** Whose answers came once more. */
    const again: number[] = [];
    for (let glitches = 0; glitches < mostGlitches && isGlitch(rest[0]); glitches++) rest = rest.subarray(1);
    for (;;) {
      const verdict = judge(unit, request, rest);
      if (!("fault" in verdict) || isException(unit, request.fc, rest)) return { rest, echo, again, verdict };
      if (verdict.fault === "modbus.echo" && !echo) {
        echo = true;
        rest = rest.subarray(requestBytes);
        continue;
      }
      const late = this.#late(rest, { unit, request });
      if (typeof late === "object") return { rest, echo, again, verdict: late };
      const length = late > 0 || verdict.fault === "modbus.glued" ? late : this.#again(rest);
      if (length === 0) return { rest, echo, again, verdict };
      if (late === 0) again.push(rest[0] ?? 0);
      rest = rest.subarray(length);
    }
  }
}
