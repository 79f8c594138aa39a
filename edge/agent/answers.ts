/**
 * Answers to commands on their way to the platform that asked.
 *
 * Holds: they are sent in their order, again after a break; at most `most` wait: what goes first is the oldest that is
 * of no request, then the oldest, as a platform that asks again gets the same answer. What waits is not added twice.
 * Never happens: a throw.
 */
import type { CommandAnswer } from "../../config/schema/command.ts";
import type { Clock, Log, UplinkSession } from "../../gateway/contract/index.ts";

const most = 256;
const deadlineMs = 30_000;
/** Until what was not taken is sent again, doubled each time. */
const againMs = 5_000;
const longestAgainMs = 300_000;

export class Answers {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #told: (answer: CommandAnswer) => void;
  readonly #waiting: CommandAnswer[] = [];
  #wake: () => void = () => {};

  /** @param told called with each that the platform has taken */
  constructor(clock: Clock, log: Log, told: (answer: CommandAnswer) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#told = told;
  }

  readonly add = (answer: CommandAnswer): void => {
    const { req, state } = answer;
    if (req !== null && this.#waiting.some((one) => one.req === req && one.state === state)) return;
    this.#waiting.push(answer);
    if (this.#waiting.length > most) {
      const vain = this.#waiting.findIndex(({ req }) => req === null);
      this.#waiting.splice(Math.max(0, vain), 1);
    }
    this.#wake();
  };

  /** Sends over this session, until the signal is aborted; what fails is tried again. */
  async serve(session: UplinkSession, signal: AbortSignal): Promise<void> {
    let waitMs = againMs;
    while (!signal.aborted) {
      const [next] = this.#waiting;
      if (next === undefined) {
        await this.#more(signal);
        continue;
      }
      if (session.answer === undefined) return;
      try {
        await this.#send(session.answer.bind(session, next), signal);
        if (this.#waiting[0] === next) this.#waiting.shift();
        this.#told(next);
        waitMs = againMs;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn({ error: String(error) }, "the answer to a command could not be sent, and waits");
        await this.#clock.sleep(waitMs, signal).catch(() => {});
        waitMs = Math.min(2 * waitMs, longestAgainMs);
      }
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener("abort", go);
        resolve();
      };
      this.#wake = go;
      signal.addEventListener("abort", go);
    });
  }

  /** Gives up with `signal`, or after the deadline; leaves no timer. */
  async #send(answer: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    const timer = new AbortController();
    this.#clock.sleep(deadlineMs, timer.signal).then(
      () => late.abort(new Error("the broker does not acknowledge")),
      () => {},
    );
    try {
      await answer(AbortSignal.any([signal, late.signal]));
    } finally {
      timer.abort("over");
    }
  }
}
