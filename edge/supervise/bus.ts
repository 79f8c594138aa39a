/**
 * One line and its one queue: a serial port, or a host with its port. Who wants to use it waits here for a turn.
 *
 * Holds:
 * - At most one turn at a time. Next comes command before probe before poll before recheck, and in each whoever
 *   came first. A recheck that has waited for `agedMs` counts as a poll: on a full line a silent device that is
 *   back must be noticed as well.
 * - A turn's deadline runs from its begin. Then its signal is aborted, and what its work still gives is no result.
 *   A work that has not let go by twice the deadline hangs: nobody knows what it still sends, so this bus is over,
 *   `hung` resolves, and what waits is refused. Whoever has the line opens it anew, with another bus.
 * - `use` settles when the line is free again (or at `close`), with what the work gave or threw.
 * - A pause waits for the turn that has the line, but for a poll or a recheck no longer than `graceMs`: then that is
 *   cut off as at its deadline, and says nothing of its device.
 * Never happens: a work begins while another has not let go; a timer is left after `close`.
 */
import type { Clock } from "../../config/schema/context.ts";
import { call, within } from "./within.ts";

export type Why = "command" | "probe" | "poll" | "recheck";

export interface Turn {
  device: string;
  why: Why;
  /** What the work may take at most, ms; taken as 1 ms to 10 min. */
  deadlineMs: number;
}

/** Why a turn gave nothing, unless its work said so itself. */
export class TurnError extends Error {
  readonly code: "deadline" | "hung" | "closed" | "paused";
  readonly retry = "later";
  constructor(code: TurnError["code"]) {
    super(sentences[code]);
    this.name = "TurnError";
    this.code = code;
  }
}

const sentences: Record<TurnError["code"], string> = {
  deadline: "the turn took longer than it may",
  hung: "the turn does not end",
  closed: "the line is closed",
  paused: "the turn was cut off for a pause",
};

export interface BusOptions {
  clock: Clock;
  /** After each turn that began: how long it had the line, monotonic ms. */
  onTurn?(turn: Turn, from: number, to: number): void;
}

/** Lower is earlier. */
const ranks: Record<Why, number> = { command: 0, probe: 1, poll: 2, recheck: 3 };
const agedMs = 10_000;
const longestMs = 600_000;
/** Of most turns the end is nearer than this. */
const graceMs = 1_000;

interface Current {
  turn: Turn;
  from: number;
  /** Ends the work before its time. */
  cut: AbortController;
}

interface Waiting {
  turn: Turn;
  /** Monotonic ms when it came. */
  since: number;
  /** Resolves when the work has let go, or never will. */
  live(cut: AbortSignal): Promise<void>;
  refuse(error: TurnError): void;
}

export class Bus {
  readonly #clock: Clock;
  readonly #onTurn: NonNullable<BusOptions["onTurn"]>;
  /** In the order of their coming. */
  #waiting: Waiting[] = [];
  #current: Current | null = null;
  #paused = false;
  #closed = false;
  readonly #ended = new AbortController();
  readonly #hung = Promise.withResolvers<Turn>();
  #idle: (() => void)[] = [];

  constructor({ clock, onTurn = () => {} }: BusOptions) {
    this.#clock = clock;
    this.#onTurn = onTurn;
  }

  /** The turn that has the line, and since when (monotonic ms); of a bus that is over, the last one. */
  get current(): Readonly<{ turn: Turn; from: number }> | null {
    return this.#current;
  }

  /** It was closed, or a turn hangs: it takes no more. */
  get over(): boolean {
    return this.#ended.signal.aborted;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the turn that hangs, if ever one does. */
  get hung(): Promise<Turn> {
    return this.#hung.promise;
  }

  /**
   * Waits for the line and works on it.
   * @param work ends as soon as it can when its signal is aborted; what it uses of the line is free when it settles
   * @throws what the work throws; TurnError `deadline`, `hung`, or `closed`
   */
  use<T>(turn: Turn, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    if (this.#ended.signal.aborted) return Promise.reject(new TurnError("closed"));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({
      turn,
      since: this.#clock.monotonicMs(),
      live: (cut) => this.#live(turn, work, cut).then(resolve, reject),
      refuse: reject,
    });
    this.#next();
    return promise;
  }

  /** No turn begins until `resume`; resolves when none has the line, or at `close`. */
  pause(): Promise<void> {
    this.#paused = true;
    const current = this.#current;
    if (current === null || this.#closed) return Promise.resolve();
    const idle = new Promise<void>((resolve) => void this.#idle.push(resolve));
    if (current.turn.why === "poll" || current.turn.why === "recheck") void this.#hasten(current, idle);
    return idle;
  }

  async #hasten({ cut }: Current, idle: Promise<void>): Promise<void> {
    await within(this.#clock, idle, graceMs, this.#ended.signal);
    if (this.#paused && this.#current?.cut === cut) cut.abort("paused");
  }

  resume(): void {
    this.#paused = false;
    this.#next();
  }

  /** The end: aborts what has the line, refuses what waits. */
  close(): void {
    this.#closed = true;
    this.#refuse();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #refuse(): void {
    if (this.over) return;
    this.#ended.abort(new TurnError("closed"));
    this.#current?.cut.abort("closed");
    for (const { refuse } of this.#waiting.splice(0)) refuse(new TurnError("closed"));
  }

  #next(): void {
    if (this.#current !== null || this.#paused) return;
    const next = this.#take();
    if (next === undefined) return;
    const from = this.#clock.monotonicMs();
    const { turn } = next;
    const cut = new AbortController();
    this.#current = { turn, from, cut };
    // Who waits for the outcome hears of it before the next turn begins.
    void next.live(cut.signal).then(() => {
      this.#onTurn(turn, from, this.#clock.monotonicMs());
      if (this.over) return;
      this.#current = null;
      for (const resolve of this.#idle.splice(0)) resolve();
      this.#next();
    });
  }

  #take(): Waiting | undefined {
    const now = this.#clock.monotonicMs();
    const rank = ({ turn: { why }, since }: Waiting) =>
      ranks[why === "recheck" && now - since >= agedMs ? "poll" : why];
    let best: Waiting | undefined;
    for (const each of this.#waiting) if (best === undefined || rank(each) < rank(best)) best = each;
    if (best !== undefined) this.#waiting.splice(this.#waiting.indexOf(best), 1);
    return best;
  }

  async #live<T>(
    { deadlineMs, ...turn }: Turn,
    work: (signal: AbortSignal) => T | Promise<T>,
    cut: AbortSignal,
  ): Promise<T> {
    const limitMs = deadlineMs >= 1 ? Math.min(deadlineMs, longestMs) : 1;
    const { signal: ended } = this.#ended;
    const stop = new AbortController();
    const outcome = call(() => work(stop.signal)).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const came = await within(this.#clock, outcome, limitMs, cut);
    if (came !== undefined && !cut.aborted) {
      if ("error" in came) throw came.error;
      return came.value;
    }
    const why = ended.aborted ? "closed" : cut.aborted ? "paused" : "deadline";
    stop.abort(new TurnError(why));
    const late = await within(this.#clock, outcome, limitMs, ended);
    if (ended.aborted) throw new TurnError("closed");
    if (late !== undefined) throw "error" in late && why !== "paused" ? late.error : new TurnError(why);
    this.#hung.resolve({ ...turn, deadlineMs });
    this.#refuse();
    throw new TurnError("hung");
  }
}
