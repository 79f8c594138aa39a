/**
 * Polls what a link's plan says, while its session is open: one `PolledLine` for each of its lines.
 *
 * Holds: what is planned the same before and after keeps its phase, what it was replaced by, and what is known of
 * its device; a turn that hangs ends the session; `run` ends with its signal and leaves no turn and no timer.
 */
import type { Clock, Log } from "../../config/schema/context.ts";
import type { Job } from "../../config/schema/kind.ts";
import type { Session } from "../../drivers/contract/index.ts";
import { type Turn, TurnError } from "./bus.ts";
import type { LineFigures } from "./line-figures.ts";
import { differing, type PolledJob } from "./polled-job.ts";
import { PolledLine, type Presence } from "./polled-line.ts";
import { Turnarounds } from "./turnarounds.ts";
import { type Hand, Unstored } from "./unstored.ts";

export interface PollerOptions {
  link: string;
  clock: Clock;
  log: Log;
  /** A reading for the store; what it refuses is handed over again. */
  hand: Hand;
  /** A device came or went. */
  presence(fact: Presence): void;
  /** What is known of the devices has changed: the same devices may be planned better. Absent: they stay as they are. */
  replan?(): void;
  /** Every few seconds while the session is open, and at once when a device came or went. */
  figures(lines: LineFigures[]): void;
}

export type PolledSession = Pick<Session, "run">;

/** Longest rest between two looks. */
const lookMs = 5_000;
/** What the store refused is tried again so often. */
const retryMs = 1_000;

export class Poller {
  readonly #options: PollerOptions;
  readonly #lines = new Map<string, PolledLine>();
  /** Monotonic ms of the next look at each: with hundreds of lines, most have nothing to do at a time. */
  readonly #looks = new Map<PolledLine, number>();
  readonly #unstored: Unstored<PolledJob>;
  readonly #turnarounds = new Turnarounds();
  #measured = false;
  #session: PolledSession | null = null;
  #paused = false;
  #hung = Promise.withResolvers<Turn>();
  /** The turn for which the last session ended. */
  #hanging: Turn | null = null;
  /** Ends the rest before the next look. */
  #resting: AbortController | null = null;
  /** Something happened since the last look began. */
  #woken = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  #retriedAt = Number.NEGATIVE_INFINITY;
  /** Readings missed before the store began to refuse; null: it takes them. */
  #refusedFrom: number | null = null;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#unstored = new Unstored(options.clock, options.hand);
  }

  /** Readings that the store has, and that it never will. */
  get counts(): Readonly<{ kept: number; missed: number }> {
    return this.#unstored.counts;
  }

  /** By device, ms, for the next plan. */
  get turnarounds(): ReadonlyMap<string, number> {
    return this.#turnarounds.known;
  }

  /** Other jobs from now on; nothing is held any more. */
  adopt(jobs: readonly Job[]): void {
    this.#turnarounds.retain(new Set(jobs.map(({ device }) => device)));
    const planned = new Set(
      [...this.#lines.values()].flatMap((line) => line.jobs.map((entry) => entry.planned)),
    );
    const { fresh, leaving } = differing([...planned], jobs);
    // Before others go, so that their devices stay known.
    for (const job of fresh) this.#line(job.line).add(job);
    for (const job of leaving) this.#lines.get(job.line)?.remove(job);
    for (const [name, line] of this.#lines) {
      if (line.jobs.length > 0) continue;
      line.close();
      this.#lines.delete(name);
      this.#looks.delete(line);
    }
    this.hold(new Set());
    this.#wake();
  }

  /** Nothing of these devices is read or handed over until `adopt`. */
  hold(devices: ReadonlySet<string>): void {
    for (const line of this.#lines.values()) {
      line.hold(devices);
      for (const entry of line.jobs) if (devices.has(entry.job.device)) this.#unstored.forget(entry);
      this.#look(line);
    }
  }

  /**
   * No turn begins until `resume`.
   * @returns when none is under way, for which a slow one is cut off; false: the session has ended meanwhile
   */
  async pause(): Promise<boolean> {
    this.#paused = true;
    const session = this.#session;
    await Promise.all([...this.#lines.values()].map((line) => line.pause()));
    return session === this.#session && this.#hanging === null;
  }

  resume(): void {
    this.#paused = false;
    for (const line of this.#lines.values()) {
      line.resume();
      this.#look(line);
    }
  }

  /** A turn on a line for something else than polling. @throws as `Bus.use` */
  use<T>(line: string, turn: Turn, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    return this.#lines.get(line)?.use(turn, work) ?? Promise.reject(new TurnError("closed"));
  }

  /** A device on this line is not asked for so long, ms. */
  rest(line: string, device: string, ms: number): void {
    this.#lines.get(line)?.rest(device, ms);
  }

  /** These points of a device are asked for at once, out of turn. */
  hurry(device: string, points: ReadonlySet<string>): void {
    for (const line of this.#lines.values()) line.hurry(device, points);
  }

  has(line: string): boolean {
    return this.#lines.has(line);
  }

  /** Of each line, by name. */
  figures(): LineFigures[] {
    return [...this.#lines.values()].map((line) => line.figures());
  }

  /**
   * Polls until the signal is aborted.
   * @throws TurnError `hung`: a turn does not end, so nobody can use its line but by a new session
   */
  async run(session: PolledSession, signal: AbortSignal): Promise<void> {
    this.#session = session;
    this.#hung = Promise.withResolvers();
    this.#hanging = null;
    void this.#hung.promise.then((turn) => {
      this.#hanging = turn;
      this.#wake();
    });
    for (const line of this.#lines.values()) this.#open(line);
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted && this.#hanging === null) await this.#rest(this.step());
    } finally {
      signal.removeEventListener("abort", wake);
      this.#session = null;
      for (const line of this.#lines.values()) line.close();
    }
    if (this.#hanging === null) return;
    const { device, why, deadlineMs } = this.#hanging;
    const { link, log } = this.#options;
    log.error({ link, device, why, deadlineMs }, "a turn does not end: the link is opened anew");
    throw new TurnError("hung");
  }

  /** One look: asks for what is due, hands over again, tells. @returns monotonic ms of the next look */
  step(): number {
    const now = this.#options.clock.monotonicMs();
    this.#woken = false;
    let next = now + lookMs;
    for (const line of this.#lines.values()) {
      let at = this.#looks.get(line) ?? now;
      if (at <= now) {
        // What happens while it looks is looked at again.
        this.#looks.set(line, Number.POSITIVE_INFINITY);
        at = Math.min(line.step(), this.#looks.get(line) ?? now);
        this.#looks.set(line, at);
      }
      next = Math.min(next, at);
    }
    if (now - this.#retriedAt >= retryMs) {
      this.#retriedAt = now;
      this.#unstored.retry();
    }
    if (this.#unstored.troubled > 0) next = Math.min(next, this.#retriedAt + retryMs);
    this.#tellStore();
    if (now - this.#toldAt >= lookMs) this.#tell(now);
    return next;
  }

  #tell(now: number): void {
    this.#toldAt = now;
    if (this.#measured) {
      this.#measured = false;
      this.#safely(() => this.#options.replan?.());
    }
    this.#safely(() => this.#options.figures(this.figures()));
  }

  /** A mistake of who listens stops no polling. */
  #safely(tell: () => void): void {
    const { link, log } = this.#options;
    try {
      tell();
    } catch (error) {
      log.error({ link, error: String(error) }, "what polling tells was not taken");
    }
  }

  /** Once when readings begin to wait, once when none does. */
  #tellStore(): void {
    const { link, log } = this.#options;
    const { troubled, counts } = this.#unstored;
    if (troubled > 0 && this.#refusedFrom === null) {
      this.#refusedFrom = counts.missed;
      log.warn({ link }, "the store takes no readings; polling goes on");
    } else if (troubled === 0 && this.#refusedFrom !== null) {
      const missed = counts.missed - this.#refusedFrom;
      this.#refusedFrom = null;
      log[missed > 0 ? "error" : "info"]({ link, missed }, "the store takes readings again");
    }
  }

  #line(name: string): PolledLine {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const { clock, log, link } = this.#options;
    const line: PolledLine = new PolledLine({
      line: name,
      clock,
      wake: () => this.#look(line),
      taken: (entry, reading) => this.#unstored.take(entry, reading),
      gone: (entry) => this.#unstored.forget(entry),
      presence: (fact) => this.#presence(fact),
      measured: (device, ms) => {
        if (this.#turnarounds.note(device, ms)) this.#measured = true;
      },
      mistake: ({ device, points }, error) =>
        log.error({ link, device, points, error: String(error) }, "the driver made a mistake"),
    });
    if (this.#paused) void line.pause();
    this.#lines.set(name, line);
    this.#open(line);
    return line;
  }

  #open(line: PolledLine): void {
    const session = this.#session;
    if (session === null) return;
    const { resolve } = this.#hung;
    void line.open(async (job, signal) => await session.run?.(job, signal)).then(resolve);
    this.#look(line);
  }

  #presence(fact: Presence): void {
    const { link, log, presence } = this.#options;
    const { device } = fact;
    if (fact.what === "down") log.warn({ link, device, code: fact.fault.code }, "a device fell silent");
    else if (fact.what === "up" && fact.silentMs !== null) {
      const { silentMs, missed } = fact;
      log.info({ link, device, silentMs: Math.round(silentMs), missed }, "a device answers again");
    }
    this.#safely(() => presence(fact));
    this.#toldAt = Number.NEGATIVE_INFINITY;
  }

  /** Something happened on a line. */
  #look(line: PolledLine): void {
    this.#looks.set(line, Number.NEGATIVE_INFINITY);
    this.#wake();
  }

  #wake(): void {
    this.#woken = true;
    // A reason of its own would be an error with its stack, at every turn.
    this.#resting?.abort("woken");
  }

  async #rest(until: number): Promise<void> {
    const { clock } = this.#options;
    const ms = until - clock.monotonicMs();
    if (this.#woken) return;
    const resting = new AbortController();
    this.#resting = resting;
    await clock.sleep(Math.max(1, ms), resting.signal).catch(() => {});
    this.#resting = null;
  }
}
