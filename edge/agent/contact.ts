/**
 * When there is a session with one uplink: always without a contact window; with one inside it, and outside it for
 * as long as alarms need.
 *
 * Holds:
 * - outside the window a session is opened only for an alarm, sends alarms only (the forwarder sees to that), and ends
 *   when they have their receipts and no more came for ten seconds, at latest after five minutes; what is left is
 *   tried again after five more;
 * - at the end of the window nothing more is begun, and what is in flight has ten seconds for its receipts;
 * - nothing is timed outside the window but its opening.
 */
import type { Clock } from "../../config/schema/context.ts";
import { type Forwarder, type Schedule, Wake } from "../forward/index.ts";

const graceMs = 10_000;
const longestAlarmMs = 300_000;
const restMs = 300_000;

export interface ContactParts {
  clock: Clock;
  schedule: Pick<Schedule, "untilOpenMs" | "untilCloseMs">;
  forwarder: Pick<Forwarder, "alarmsWait" | "holdsAlarms" | "inFlight">;
  /** Keeps a session open from now on. */
  begin(): void;
  /** No session any more; never rejects. */
  end(): Promise<void>;
}

type State =
  | { is: "closed" }
  /** Inside the window; `closingAt`: it is over, and this is when the session ends at latest. */
  | { is: "open"; closingAt: number | null }
  /** For alarms; `quietAt`: none is left since then. */
  | { is: "alarm"; since: number; quietAt: number | null };

export class Contact {
  readonly #parts: ContactParts;
  readonly #wake: Wake;
  #state: State = { is: "closed" };
  /** Monotonic ms until which no session is opened for alarms. */
  #restUntil = 0;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: ContactParts) {
    this.#parts = parts;
    this.#wake = new Wake(parts.clock);
  }

  get closed(): boolean {
    return this.#state.is === "closed";
  }

  /** Keeps to the schedule from now on, until `stop`. */
  start(): void {
    this.#running = this.#repeat();
  }

  /** Something may be different: an alarm, a receipt, the clock. */
  look(): void {
    this.#wake.poke();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake.poke();
    await this.#running;
    this.#wake.rest();
    if (this.#state.is !== "closed") await this.#parts.end();
    this.#state = { is: "closed" };
  }

  /** Does what is due. Gives the monotonic ms at which it must be called again if nothing happens. */
  async step(): Promise<number> {
    const { clock, schedule, forwarder } = this.#parts;
    const now = clock.monotonicMs();
    const untilOpen = schedule.untilOpenMs("use");
    const inside = untilOpen <= 0;
    const state = this.#state;
    if (inside) {
      // One that was opened for alarms began without a look at what else waits.
      if (state.is === "alarm") return await this.#close(now);
      if (state.is === "closed") this.#parts.begin();
      this.#state = { is: "open", closingAt: null };
      return now + schedule.untilCloseMs();
    }
    if (state.is === "closed") {
      if (now < this.#restUntil) return Math.min(this.#restUntil, now + untilOpen);
      if (!(await forwarder.alarmsWait())) return now + untilOpen;
      if (this.#stopped) return now;
      this.#parts.begin();
      this.#state = { is: "alarm", since: now, quietAt: null };
      return now;
    }
    // The window is over: what the session has in flight is waited for, and alarms may go on.
    if (state.is === "open") {
      if (forwarder.holdsAlarms) {
        this.#state = { is: "alarm", since: now, quietAt: null };
        return now;
      }
      state.closingAt ??= now + graceMs;
      if (forwarder.inFlight > 0 && now < state.closingAt) return state.closingAt;
      return await this.#close(now);
    }
    const over = state.since + longestAlarmMs;
    if (now >= over) {
      this.#restUntil = now + restMs;
      return await this.#close(now);
    }
    if (forwarder.holdsAlarms) {
      state.quietAt = null;
      return Math.min(over, now + untilOpen);
    }
    state.quietAt ??= now;
    const quiet = state.quietAt + graceMs;
    return now < quiet ? Math.min(quiet, over, now + untilOpen) : await this.#close(now);
  }

  /** To be looked at again at once: an alarm may have come meanwhile. */
  async #close(now: number): Promise<number> {
    await this.#parts.end();
    this.#state = { is: "closed" };
    return now;
  }

  async #repeat(): Promise<void> {
    while (!this.#stopped) {
      const at = await this.step();
      if (!this.#stopped) await this.#wake.until(at);
    }
  }
}
