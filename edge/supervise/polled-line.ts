/**
 * One line that is polled: whose turn is next, and what becomes of it.
 *
 * Holds:
 * - a job that waits or runs is not asked for again: the moments that pass meanwhile are counted;
 * - rechecks of silent devices, of jobs that a device never answers, and polls of one that mostly does not, or takes
 *   longer than it may, have together at most `recheckShare` of the line's time, one after the other;
 * - a device is told to be up before its first reading is; each change of it is told once;
 * - what a pause cut off says nothing of its device, and the line is left alone until its answer cannot come any more;
 * - what a job gives after it left the plan, while its device is held, or after the line was closed, is nothing.
 * Never happens: a throw, whatever the session does.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Job } from "../../config/schema/kind.ts";
import type { Fault, Reading } from "../../drivers/contract/index.ts";
import { Allowance } from "./allowance.ts";
import { Bus, type Turn, TurnError } from "./bus.ts";
import { type LineFigures, LineRecord } from "./line-figures.ts";
import { type Due, LineJobs, type PolledDevice } from "./line-jobs.ts";
import { type PolledJob, replacements } from "./polled-job.ts";
import { failureOf, type Outcome, outcomeOf } from "./turn-outcome.ts";

/** Silent devices of a line may take this share of its time. */
const recheckShare = 0.05;
/** A reading that failed is asked for again so soon, if its phase does not come before. */
const againMs = 1_000;
/**
 * Exchanges that one turn may take: where an earlier answer may still be on its way, a session asks for something
 * else first. Each has the job's deadline.
 */
const exchanges = 3;

export type Run = (job: Job, signal: AbortSignal) => Promise<unknown>;

/**
 * `missed`: cycles of the device that gave nothing. `silentMs`: null when it was never down before.
 * `resumed`: it answers as before the line was closed, during which nobody knows what became of it.
 */
export type Presence =
  | { what: "up"; device: string; silentMs: number | null; missed: number }
  | { what: "resumed"; device: string }
  | { what: "down"; device: string; fault: Fault };

export interface PolledLineOptions {
  line: string;
  clock: Clock;
  /** What is due must be looked at again. */
  wake(): void;
  /** A reading, or what was wrong with one. */
  taken(entry: PolledJob, reading: Reading): void;
  /** What a device needed between a request and its answer, ms. */
  measured(device: string, turnaroundMs: number): void;
  /** Nothing more comes of this job. */
  gone(entry: PolledJob): void;
  presence(fact: Presence): void;
  /** The driver did what it must not; called once for each job. */
  mistake(job: Job, error: unknown): void;
}

export class PolledLine {
  readonly #options: PolledLineOptions;
  readonly #record: LineRecord;
  readonly #allowance: Allowance;
  readonly #jobs: LineJobs;
  #mistaken = new WeakSet<PolledJob>();
  /** Monotonic ms since when each is held. */
  #held: ReadonlyMap<string, number> = new Map();
  /** Devices that need rest after a command: monotonic ms from when until when. */
  readonly #resting = new Map<string, { since: number; until: number }>();
  #run: Run | null = null;
  #bus: Bus | null = null;
  /** Monotonic ms since when it is closed, and since when it is paused; null: it is not. */
  #closedAt: number | null = Number.NEGATIVE_INFINITY;
  #pausedAt: number | null = null;
  /** The pause is over as soon as that does no harm. */
  #resuming = false;
  /** Monotonic ms until which the answer to what a pause cut off may come. */
  #quietUntil = Number.NEGATIVE_INFINITY;
  /** The recheck that waits or runs; null: none. */
  #rechecking: object | null = null;

  constructor(options: PolledLineOptions) {
    const now = options.clock.monotonicMs();
    this.#options = options;
    this.#record = new LineRecord(now);
    this.#allowance = new Allowance(recheckShare, now);
    this.#jobs = new LineJobs(options.gone);
  }

  get #now(): number {
    return this.#options.clock.monotonicMs();
  }

  get jobs(): readonly PolledJob[] {
    return this.#jobs.all;
  }

  /** One more job, due at once. */
  add(job: Job): void {
    this.#jobs.add(job, this.#now);
  }

  /** A planned job and what it became are planned no more. */
  remove(planned: Job): void {
    this.#jobs.remove(planned);
  }

  /** Nothing of these devices is read, and nothing of them that is under way counts, until others are held. */
  hold(devices: ReadonlySet<string>): void {
    const now = this.#now;
    const before = this.#held;
    this.#held = new Map([...devices].map((id) => [id, before.get(id) ?? now]));
    for (const [id, since] of before) if (!devices.has(id)) this.#jobs.excuse(id, since, now);
  }

  /** A device is not asked for so long, ms. */
  rest(device: string, ms: number): void {
    const now = this.#now;
    const known = this.#resting.get(device);
    this.#resting.set(device, { since: known?.since ?? now, until: Math.max(known?.until ?? 0, now + ms) });
    this.#options.wake();
  }

  /** These points of a device are asked for at once, out of turn. */
  hurry(device: string, points: ReadonlySet<string>): void {
    const now = this.#now;
    for (const entry of this.jobs)
      if (entry.job.device === device && entry.job.points.some((point) => points.has(point)))
        entry.slot.hurry(now);
    this.#options.wake();
  }

  /** Ends what rest is over. @returns monotonic ms when the next is */
  #rested(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, { since, until }] of this.#resting) {
      if (until > now) next = Math.min(next, until);
      else {
        this.#resting.delete(id);
        this.#jobs.excuse(id, since, now);
      }
    }
    return next;
  }

  /** Polls from now on, each job at once. @returns resolves with the turn that hangs, if one does */
  open(run: Run): Promise<Turn> {
    const now = this.#now;
    const bus = new Bus({
      clock: this.#options.clock,
      onTurn: ({ why }, from, to) => {
        this.#record.turn(why, from, to);
        // Pieces wait for a line that nobody wants.
        this.#options.wake();
      },
    });
    if (this.#pausedAt !== null) void bus.pause();
    this.#run = run;
    this.#bus = bus;
    this.#quietUntil = Number.NEGATIVE_INFINITY;
    for (const [id, device] of this.#jobs.devices) {
      const { breaker, jobs } = device;
      // The line itself may have been why they were silent.
      breaker.hurry(now);
      device.reopened = true;
      if (!breaker.down) for (const { slot } of jobs) slot.hurry(now);
      this.#jobs.excuse(id, this.#closedAt ?? now, now);
    }
    this.#closedAt = null;
    return bus.hung;
  }

  close(): void {
    this.#bus?.close();
    this.#bus = null;
    this.#run = null;
    this.#rechecking = null;
    this.#closedAt ??= this.#now;
    for (const entry of this.jobs) entry.turn = null;
  }

  /** No turn begins until `resume`; resolves when none is under way, or at `close`: soon, unless a turn hangs. */
  pause(): Promise<void> {
    this.#pausedAt ??= this.#now;
    this.#resuming = false;
    return this.#bus?.pause() ?? Promise.resolve();
  }

  resume(): void {
    this.#resuming = this.#pausedAt !== null;
    this.#options.wake();
  }

  /** Ends a pause that may end. @returns monotonic ms when it will */
  #goOn(bus: Bus, now: number): number {
    if (!this.#resuming || this.#pausedAt === null) return Number.POSITIVE_INFINITY;
    if (now < this.#quietUntil) return this.#quietUntil;
    for (const id of this.#jobs.devices.keys()) this.#jobs.excuse(id, this.#pausedAt, now);
    this.#resuming = false;
    this.#pausedAt = null;
    bus.resume();
    return Number.POSITIVE_INFINITY;
  }

  /** A turn for something else than polling. @throws as `Bus.use`; TurnError `closed` while the line is not open */
  use<T>(turn: Turn, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    return this.#bus?.use(turn, work) ?? Promise.reject(new TurnError("closed"));
  }

  /** Asks for a turn for everything that is due. @returns monotonic ms of what is due next */
  step(): number {
    const bus = this.#bus;
    if (bus === null || bus.over) return Number.POSITIVE_INFINITY;
    const now = this.#now;
    let next = Math.min(this.#goOn(bus, now), this.#rested(now));
    const { devices } = this.#jobs;
    const isHeld = (id: string) => this.#held.has(id) || this.#resting.has(id);
    const reachable = (id: string) => !isHeld(id) && devices.get(id)?.breaker.down === false;
    next = Math.min(next, this.#jobs.unite(reachable, now));
    const due = this.#jobs.due(isHeld, now);
    for (const entry of due.refused) {
      entry.slot.wait(now);
      entry.slot.hurry(entry.whole.againAt);
      // The device need not be asked to know what it says.
      if (entry.refusal !== null) this.#options.taken(entry, entry.refusal);
      next = Math.min(next, entry.slot.dueAt);
    }
    for (const entry of due.whole) this.#ask(entry, "poll");
    this.#askPieces(due.pieces, bus, now);
    return Math.min(next, due.next, this.#recheck(due.paid, now));
  }

  /** Who has waited longest first: one of each whole as the whole would be, one more if nobody wants the line. */
  #askPieces(due: readonly PolledJob[], bus: Bus, now: number): void {
    const others: PolledJob[] = [];
    for (const piece of due.toSorted((a, b) => a.slot.dueAt - b.slot.dueAt)) {
      if (piece.whole.place(piece, now)) this.#ask(piece, "poll");
      else others.push(piece);
    }
    const [first] = others;
    if (first !== undefined && bus.current === null && bus.waiting === 0) this.#ask(first, "poll");
  }

  figures(): LineFigures {
    const now = this.#now;
    return {
      line: this.#options.line,
      busyShare: this.#record.busyShare(this.#bus?.current?.from ?? null, now),
      cyclesMissed: this.#record.cyclesMissed,
      turns: { ...this.#record.turns },
      silent: [...this.#jobs.devices].filter(([, { breaker }]) => breaker.down).map(([id]) => id),
      recent: this.#record.recent(now),
    };
  }

  /** One at a time, who has waited longest first. @returns monotonic ms of the next */
  #recheck(paid: Due["paid"], now: number): number {
    const [first] = paid.toSorted((a, b) => a.at - b.at);
    if (first === undefined || this.#rechecking !== null) return Number.POSITIVE_INFINITY;
    const at = Math.max(first.at, this.#allowance.freeAt);
    if (at > now) return at;
    this.#ask(first.entry, "recheck");
    return Number.POSITIVE_INFINITY;
  }

  #ask(entry: PolledJob, why: "poll" | "recheck"): void {
    const [bus, run] = [this.#bus, this.#run];
    const device = this.#jobs.devices.get(entry.job.device);
    if (bus === null || run === null || device === undefined) return;
    const turn = {};
    entry.turn = turn;
    if (why === "recheck") this.#rechecking = turn;
    const wasDown = device.breaker.down;
    // What a device never answers is missed for that, not for want of time.
    const missable = !wasDown && device.breaker.restsUntil(entry) === null;
    const counts = () => this.#bus === bus && !entry.gone && !this.#held.has(entry.job.device);
    let from: number | null = null;
    const work = (signal: AbortSignal): Promise<unknown> => {
      // It fell silent, or was read, while this waited.
      if (!counts() || device.breaker.down !== wasDown) return Promise.resolve();
      from = this.#now;
      return run(entry.job, signal);
    };
    const ended = (outcome: Outcome | null) => {
      const costMs = from === null ? 0 : this.#now - from;
      if (entry.turn === turn) {
        entry.turn = null;
        entry.whole.ended(entry, this.#now);
      }
      if (this.#rechecking === turn) this.#rechecking = null;
      if (why === "recheck") this.#allowance.spend(costMs, this.#now);
      if (outcome === null) this.#quietUntil = this.#now + entry.job.deadlineMs;
      else if (from !== null && counts()) this.#judge(entry, device, missable, outcome, costMs);
      this.#options.wake();
    };
    const deadlineMs = exchanges * entry.job.deadlineMs;
    // Judged before the next turn begins, which may be one that it spares.
    bus.use({ device: entry.job.device, why, deadlineMs }, work).then(
      (result) => ended(outcomeOf(entry.job, result)),
      (error: unknown) => ended(isPaused(error) ? null : failureOf(error)),
    );
  }

  /** @param missable what it came too late for was missed */
  #judge(entry: PolledJob, device: PolledDevice, missable: boolean, outcome: Outcome, costMs: number): void {
    const now = this.#now;
    const { breaker } = device;
    const { job, slot } = entry;
    if (!outcome.answered && outcome.mistake !== undefined && !this.#mistaken.has(entry)) {
      this.#mistaken.add(entry);
      this.#options.mistake(job, outcome.mistake);
    }
    const done = () => {
      const missed = slot.done(now);
      if (missable) this.#record.cyclesMissed += missed;
    };
    if (outcome.answered) {
      this.#record.answered(job.device, now);
      if (outcome.turnaroundMs !== undefined) this.#options.measured(job.device, outcome.turnaroundMs);
      const became = breaker.answered(entry, now);
      if (costMs > job.deadlineMs) breaker.slow(costMs, now);
      if (became !== null) this.#up(entry, device, became.silentMs, now);
      else if (device.reopened) this.#options.presence({ what: "resumed", device: job.device });
      device.reopened = false;
      done();
      device.missed = 0;
      this.#options.taken(entry, outcome.reading);
      const { instead, gave, reading } = outcome;
      if (instead !== undefined && gave !== "refusal") this.#replace(entry, instead, now);
      else entry.whole.said(entry, gave, reading, now);
      return;
    }
    this.#record.failed(job.device, outcome.fault.code, now);
    const wasDown = breaker.down;
    const isDown = breaker.failed(entry, costMs, now);
    if (wasDown) return;
    device.missed += 1;
    done();
    if (isDown) {
      for (const other of device.jobs) other.slot.wait(now);
      this.#options.presence({ what: "down", device: job.device, fault: outcome.fault });
    } else slot.hurry(now + againMs);
    if (outcome.reading !== undefined) this.#options.taken(entry, outcome.reading);
  }

  #up(by: PolledJob, device: PolledDevice, silentMs: number | null, now: number): void {
    const passed = device.jobs.reduce((sum, { slot }) => sum + slot.passed(now), device.missed);
    const missed = silentMs === null ? 0 : passed - (by.slot.passed(now) > 0 ? 1 : 0);
    for (const { slot, whole } of device.jobs) {
      slot.hurry(now);
      slot.excuse(Number.NEGATIVE_INFINITY, now);
      whole.renew(now);
    }
    if (silentMs !== null) {
      // What silenced it may have silenced others: they are asked soon.
      for (const { breaker } of this.#jobs.devices.values()) if (breaker.down) breaker.hurry(now);
    }
    this.#options.presence({ what: "up", device: by.job.device, silentMs, missed });
  }

  #replace(entry: PolledJob, instead: unknown, now: number): void {
    const jobs = replacements(entry, instead);
    if (jobs === null) {
      if (!this.#mistaken.has(entry))
        this.#options.mistake(entry.job, new TypeError("no replacement of this job"));
      this.#mistaken.add(entry);
      return;
    }
    this.#jobs.replace(entry, jobs, now);
  }
}

const isPaused = (error: unknown) => error instanceof TurnError && error.code === "paused";
