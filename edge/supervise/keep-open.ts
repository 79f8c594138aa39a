/**
 * Keeps one thing open: an uplink, or a link that listens. Opens it, runs what needs it, closes what was lost
 * and opens it again, until stopped.
 *
 * Holds:
 * - At most one attempt or one open thing at a time; whatever was opened is closed exactly once, also what comes
 *   after its deadline. The next attempt waits until the last thing is gone, but not longer than `goneMs`: an
 *   opener that ignores its signal or a close that hangs delays, and never stops, the reopening. With
 *   `maxLeftovers` of them still hanging the thing is tried once an hour, so that a leak stays small.
 * - Full jitter: attempt n waits a random share of min(60 s, 1 s × 2^(n-1)). n starts over after a life of at least
 *   60 s that was useful, and after `kick`; after a shorter useful one it is 3 at most: on a line that is cut again
 *   and again every minute counts. What says `retry: "never"` is not tried for an hour, unless kicked.
 * - What is lent is closed first, and stays closed until who has it gives it back; then it is opened at once.
 * - `stop` ends within `goneMs`, with no timer left.
 * Never happens: a throw or a rejection, whatever opener, thing, run and report do.
 */
import type { Clock } from "../../config/schema/context.ts";
import { backoffMs, longRestMs } from "./backoff.ts";
import { type Loss, lossOf, plainCode } from "./loss.ts";
import { call, within } from "./within.ts";

/** Ends once: `ended` settles after close() or by loss, with what may say why. */
export interface Openable {
  ended: Promise<unknown>;
  close(): Promise<void>;
}

export interface KeptState {
  state: "opening" | "open" | "closed";
  /** Why it is not open, or was not before this attempt; null: nothing is wrong. */
  code: string | null;
  retry: "later" | "never";
  /** Attempts since it last worked, this one included. */
  attempt: number;
  /** ms from this report to the next attempt; null while there is none to wait for. */
  nextMs: number | null;
  /** Openers and closes that still hang. */
  leftovers: number;
}

export interface KeptOpenOptions<S extends Openable> {
  clock: Clock;
  /** Uniform in [0, 1). */
  random(): number;
  /** Rejects when it cannot; leaves nothing behind then. Aborted at its deadline and at a stop. */
  open(signal: AbortSignal): Promise<S>;
  /** Begins when `thing` is open; aborted when it is no longer. A rejection is a loss, returning means nothing. */
  run?(thing: S, signal: AbortSignal): Promise<void>;
  /** Called at every change of state. */
  report(state: KeptState): void;
}

const openDeadlineMs = 30_000;
const goneMs = 3_000;
const usefulMs = 60_000;
/** Attempts that count after a life that was useful and short: the next waits 4 s at most. */
const mostAfterUse = 3;
const maxLeftovers = 4;

interface Loan {
  /** It is closed: who wants it may have it. */
  closed(): void;
  /** Resolves when it is given back. */
  given: Promise<void>;
  stop: AbortController;
}

export class KeptOpen<S extends Openable> {
  readonly #options: KeptOpenOptions<S>;
  #loop: Promise<void> | null = null;
  #round: Promise<void> | null = null;
  #stopped = false;
  #state: KeptState["state"] = "closed";
  #last: Loss | null = null;
  #attempt = 0;
  /** Monotonic ms of the next attempt. */
  #dueAt = Number.NEGATIVE_INFINITY;
  #kicked = false;
  #useful = false;
  #leftovers = 0;
  #current: S | null = null;
  /** Ends the rest before the next attempt. */
  #resting: AbortController | null = null;
  #opening: AbortController | null = null;
  /** Somebody else wants it; null: nobody does. */
  #loan: Loan | null = null;
  /** Ends the life of the open thing; of one that ended already, nothing. */
  #leave: ((loss: Loss) => void) | null = null;

  constructor(options: KeptOpenOptions<S>) {
    this.#options = options;
  }

  /** The open thing, or null. */
  get current(): S | null {
    return this.#current;
  }

  /** Keeps it open from now on, until `stop`. */
  start(): void {
    this.#loop ??= this.#repeat();
  }

  /** One round: rests until the next attempt is due, opens, stays until it is lost, closes. One at a time. */
  step(): Promise<void> {
    this.#round ??= this.#live().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  /** The open thing does what it is for (a receipt came, a message was taken): its loss will be a fresh start. */
  useful(): void {
    if (this.#state === "open") this.#useful = true;
  }

  /** A person asks, or a setting changed: tries now, also after `retry: "never"`; nothing while it is open. */
  kick(): void {
    if (this.#state === "open") return;
    this.#kicked = true;
    this.#attempt = 0;
    this.#resting?.abort();
  }

  /** Closes what is open, rests and opens again; `reason` becomes the code. Nothing while it is not open. */
  recycle(reason: string): void {
    this.#leave?.({ code: plainCode(reason) ?? "recycled", retry: "later" });
  }

  /**
   * Closes, stays closed while `work` goes on, and opens again. One at a time.
   * @param work its signal is aborted at a stop, which waits for it
   * @throws what `work` throws; an error of code `busy` when it is lent already, `stopped` when it was stopped before
   */
  async lend<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const refused = (code: string) => Object.assign(new Error(`it cannot be lent: ${code}`), { code });
    if (this.#loan !== null) throw refused("busy");
    if (this.#stopped) throw refused("stopped");
    const [closed, given, stop] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      new AbortController(),
    ];
    this.#loan = { closed: closed.resolve, given: given.promise, stop };
    this.#resting?.abort();
    this.#opening?.abort();
    this.#leave?.(lent);
    try {
      await closed.promise;
      if (this.#stopped) throw refused("stopped");
      return await work(stop.signal);
    } finally {
      this.#loan = null;
      given.resolve();
    }
  }

  /** Closes and stays closed. Resolves within `goneMs`; later calls wait with the first. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#resting?.abort();
    this.#opening?.abort();
    this.#leave?.(stopped);
    this.#loan?.stop.abort();
    // Who still waits for it does not get it.
    this.#loan?.closed();
    await this.#round;
    await this.#loop;
    if (this.#last === stopped) return;
    this.#last = stopped;
    this.#enter("closed", null);
  }

  async #repeat(): Promise<void> {
    while (!this.#stopped) await this.step();
  }

  async #live(): Promise<void> {
    await this.#rest();
    await this.#lent();
    if (this.#stopped) return;
    const thing = await this.#open();
    if (thing === null) return;
    if (!this.#stopped) return this.#stay(thing);
    this.#lost(stopped);
    await this.#gone(call(() => thing.close()));
  }

  async #rest(): Promise<void> {
    const { clock } = this.#options;
    const resting = new AbortController();
    this.#resting = resting;
    while (!this.#stopped && !this.#kicked && this.#loan === null && clock.monotonicMs() < this.#dueAt) {
      // Rejects when kicked or stopped, which the loop then sees.
      await clock.sleep(this.#dueAt - clock.monotonicMs(), resting.signal).catch(() => {});
    }
    this.#resting = null;
    this.#kicked = false;
  }

  /** Waits, closed, until who has it gives it back. */
  async #lent(): Promise<void> {
    for (let loan = this.#loan; loan !== null; loan = this.#stopped ? null : this.#loan) {
      this.#last = lent;
      this.#enter("closed", null);
      loan.closed();
      const { given, stop } = loan;
      await Promise.race([given, new Promise((taken) => stop.signal.addEventListener("abort", taken))]);
      if (this.#stopped) await within(this.#options.clock, given, goneMs);
      this.#attempt = 0;
    }
  }

  async #open(): Promise<S | null> {
    this.#attempt += 1;
    const opening = new AbortController();
    this.#opening = opening;
    this.#enter("opening", null);
    const outcome = call(() => this.#options.open(opening.signal)).then(
      (thing) => ({ thing }),
      (error: unknown) => ({ error }),
    );
    // It may have been lent since the rest was over.
    if (this.#loan !== null) opening.abort();
    const came = await within(this.#options.clock, outcome, openDeadlineMs, opening.signal);
    this.#opening = null;
    if (came !== undefined && "thing" in came) return came.thing;
    opening.abort();
    this.#lost(came !== undefined && "error" in came ? lossOf(came.error, "open-failed") : deadline);
    await this.#gone(outcome.then((late) => ("thing" in late ? call(() => late.thing.close()) : undefined)));
    return null;
  }

  async #stay(thing: S): Promise<void> {
    const running = new AbortController();
    const openedAt = this.#options.clock.monotonicMs();
    this.#useful = false;
    this.#kicked = false;
    this.#current = thing;
    this.#last = null;
    const { promise: left, resolve } = Promise.withResolvers<Loss>();
    this.#leave = resolve;
    const leave = (cause: unknown) => resolve(lossOf(cause, "lost"));
    this.#enter("open", null);
    call(() => thing.ended).then(leave, leave);
    const run = call(() => this.#options.run?.(thing, running.signal));
    run.catch(leave);
    const loss = await left;
    this.#current = null;
    running.abort();
    const lifeMs = this.#options.clock.monotonicMs() - openedAt;
    if (this.#useful) this.#attempt = lifeMs >= usefulMs ? 0 : Math.min(this.#attempt, mostAfterUse);
    this.#lost(loss);
    await this.#gone(Promise.allSettled([call(() => thing.close()), run]));
  }

  /** Closed from now on; when the next attempt is due. */
  #lost(loss: Loss): void {
    const { clock, random } = this.#options;
    const stuck = this.#leftovers >= maxLeftovers;
    this.#last = this.#stopped ? stopped : stuck ? { code: "stuck", retry: loss.retry } : loss;
    const drawn = random();
    const share = drawn >= 0 && drawn <= 1 ? drawn : 1;
    const restMs = stuck || loss.retry === "never" ? longRestMs(share) : backoffMs(this.#attempt, share);
    const nextMs = this.#kicked ? 0 : restMs;
    this.#dueAt = clock.monotonicMs() + nextMs;
    this.#enter("closed", this.#stopped ? null : nextMs);
  }

  #enter(state: KeptState["state"], nextMs: number | null): void {
    this.#state = state;
    const { code, retry } = this.#last ?? { code: null, retry: "later" };
    const facts = { state, code, retry, attempt: this.#attempt, nextMs, leftovers: this.#leftovers };
    // A mistake of who listens must not close a link.
    call(async () => this.#options.report(facts)).catch(() => {});
  }

  /** Waits until something let go is gone; after `goneMs` it is a leftover until then. */
  async #gone(gone: Promise<unknown>): Promise<void> {
    this.#leftovers += 1;
    const done = gone
      .catch(() => {})
      .then(() => {
        this.#leftovers -= 1;
        return true;
      });
    await within(this.#options.clock, done, goneMs);
  }
}

const lent: Loss = { code: "lent", retry: "later" };
const stopped: Loss = { code: "stopped", retry: "later" };
const deadline: Loss = { code: "open-timeout", retry: "later" };
