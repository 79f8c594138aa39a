/**
 * DL/T 645 over a line: one request in flight, and never another request's answer.
 *
 * Holds:
 * - An answer says whose it is and which identifier it holds: of another meter or identifier it is passed over, however
 *   late, and whatever stands in front of it: echoes, wake-ups, noise.
 * - A refusal does not say what it refuses: while an earlier request to its meter may still be answered, none is
 *   believed. Any answer with data settles that, as a meter answers in order.
 */
import type { Clock } from "../contract/index.ts";
import type { LineFaultCode } from "../line/faults.ts";
import type { Line, Verdict } from "../line/line.ts";
import type { Pace } from "../line/pace.ts";
import type { DltFaultCode } from "./faults.ts";
import { aroundBytes, scan } from "./frame.ts";
import { type Answer, diagnose, isForeign, isOwn, judge, type Request, requestFrame } from "./messages.ts";
import { betweenMs, firstMs, type Way } from "./pace.ts";
import { type SoughtMeters, soughtIn } from "./seek.ts";

/** No meter and no serial server answers so late. */
const lostMs = 30_000;
/** So long after another master was heard, what cannot be read may be its doing. */
const masterMs = 30_000;
/** Answers in a row that cannot be read, and never one that can: speed or format differ. */
const enoughGarbled = 5;

const garbled: ReadonlySet<DltFaultCode> = new Set<DltFaultCode>([
  "dlt645.noise",
  "dlt645.checksum",
  "dlt645.short",
]);

export type Said<A = Answer> = A | { fault: DltFaultCode; sign?: LineFaultCode };

export interface Needs {
  /** Longest time until the answer begins, ms. */
  answerMs: number;
  /** Its length on the line, as far as it is known. */
  rxBytes: number;
}

export class Transport {
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #way: Way;
  /** By meter, monotonic ms of the last request that was not answered; any of the line's, where none is named. */
  readonly #unanswered = new Map<string, number>();
  /** The last request that any meter may still answer. */
  #soughtAt = Number.NEGATIVE_INFINITY;
  #last: Request | null = null;
  #masterAt = Number.NEGATIVE_INFINITY;
  /** An adapter gave our request back, and an answer came all the same. */
  #echoes = false;
  #garbled = 0;
  #everReadable = false;

  constructor(line: Line, clock: Clock, pace: Pace, way: Way) {
    this.#line = line;
    this.#clock = clock;
    this.#pace = pace;
    this.#way = way;
  }

  /** @throws the reason of `signal`; LineError when the line has ended */
  async ask(request: Request, { answerMs, rxBytes }: Needs, signal: AbortSignal): Promise<Said> {
    signal.throwIfAborted();
    this.#overhear();
    const meter = request.kind === "address" ? "" : request.meter;
    const sure = !this.#isOwed(meter);
    this.#last = request;
    let received = new Uint8Array();
    const take = (bytes: Uint8Array) => {
      received = Uint8Array.from(bytes);
      return judge(request, bytes, sure);
    };
    const limits = { firstMs: firstMs(rxBytes, answerMs, this.#pace, this.#way), betweenMs };
    // Until it is known to be answered, also when this is given up.
    this.#unanswered.set(meter, this.#clock.monotonicMs() + limits.firstMs);
    const exchanged = await this.#line.exchange(requestFrame(request), take, limits, signal);
    this.#overhear();
    if ("answer" in exchanged) {
      this.#unanswered.delete(meter);
      this.#garbled = 0;
      this.#everReadable = true;
      this.#echoes = scan(received).frames.some(({ frame }) => isOwn(request, frame));
      return exchanged.answer;
    }
    const code =
      exchanged.fault === "restless" ? "dlt645.noise" : this.#name(request, exchanged.received, !sure);
    return this.#explained(code);
  }

  /**
   * Asks whoever it may concern, and hears all that is said until the time for an answer is over.
   * @throws as `ask`
   */
  async seek(request: Request, { answerMs, rxBytes }: Needs, signal: AbortSignal): Promise<SoughtMeters> {
    signal.throwIfAborted();
    this.#overhear();
    this.#last = request;
    const limits = { firstMs: firstMs(rxBytes, answerMs, this.#pace, this.#way), betweenMs };
    this.#soughtAt = this.#clock.monotonicMs() + limits.firstMs;
    // Never content: others may follow.
    const take = (received: Uint8Array): Verdict<never, never> => {
      const { open } = scan(received);
      return { more: open?.missing ?? aroundBytes, skipped: open?.at ?? received.length };
    };
    const exchanged = await this.#line.exchange(requestFrame(request), take, limits, signal);
    // What came while it waited for silence was late, and says whose it is.
    const strays = this.#line.takeStrays();
    if (isForeign(strays, request)) this.#masterAt = this.#clock.monotonicMs();
    const late = soughtIn(request, strays).meters;
    if (!("fault" in exchanged)) return { meters: late };
    const sought = soughtIn(request, exchanged.received);
    const all = { ...sought, meters: [...late, ...sought.meters] };
    return exchanged.fault === "restless" ? { ...all, fault: "dlt645.noise" } : all;
  }

  #isOwed(meter: string): boolean {
    const now = this.#clock.monotonicMs();
    const at = this.#unanswered.get(meter);
    return now - this.#soughtAt < lostMs || (at !== undefined && now - at < lostMs);
  }

  #name(request: Request, received: Uint8Array, owed: boolean): DltFaultCode {
    const what = diagnose(request, received);
    if (what === "second-master") this.#masterAt = this.#clock.monotonicMs();
    if (what === "echo" && this.#echoes) return "dlt645.silent";
    return what === "identifier" && owed ? "dlt645.late" : `dlt645.${what}`;
  }

  #explained(code: DltFaultCode): { fault: DltFaultCode; sign?: LineFaultCode } {
    if (!garbled.has(code)) return { fault: code };
    if (this.#clock.monotonicMs() - this.#masterAt < masterMs) return { fault: "dlt645.second-master" };
    this.#garbled += 1;
    const isClear = !this.#everReadable && this.#garbled >= enoughGarbled;
    return isClear ? { fault: code, sign: "line.settings" } : { fault: code };
  }

  /** Looks at what came unasked. */
  #overhear(): void {
    const strays = this.#line.takeStrays();
    if (strays.length > 0 && isForeign(strays, this.#last)) this.#masterAt = this.#clock.monotonicMs();
  }
}
