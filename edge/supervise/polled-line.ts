/**
 * One line that is polled: whose turn is next, and what becomes of it.
 *
 * Holds:
 * - a job that waits or runs is not asked for again: the moments that pass meanwhile are counted;
 * - rechecks of silent devices, of jobs that a device never answers, and polls of one that mostly does not, take
 *   together at most `recheckShare` of the line's time, one after the other;
 * - a device is told to be up before its first reading is; each change of it is told once;
 * - what a job gives after it left the plan, while its device is held, or after the line was closed, is nothing.
 * Never happens: a throw, whatever the session does.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Job } from "../../config/schema/kind.ts";
import type { Fault, Reading } from "../../drivers/contract/index.ts";
import { Allowance } from "./allowance.ts";
import { Breaker } from "./breaker.ts";
import { Bus, type Turn, TurnError } from "./bus.ts";
import { type LineFigures, LineRecord } from "./line-figures.ts";
import { PolledJob, replacements } from "./polled-job.ts";
import { Phases } from "./schedule.ts";
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

/** `missed`: cycles of the device that gave nothing. `silentMs`: null when it was never down before. */
export type Presence =
  | { what: "up"; device: string; silentMs: number | null; missed: number }
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

interface Device {
  breaker: Breaker<PolledJob>;
  /** The cheapest first. */
  jobs: PolledJob[];
  /** Polls in vain since it last answered. */
  missed: number;
}

/** What is paid from the allowance, and monotonic ms since when it is wanted. */
interface Candidate {
  entry: PolledJob;
  at: number;
}

export class PolledLine {
  readonly #options: PolledLineOptions;
  readonly #record: LineRecord;
  readonly #allowance: Allowance;
  readonly #phases = new Phases();
  readonly #devices = new Map<string, Device>();
  #jobs: readonly PolledJob[] = [];
  #mistaken = new WeakSet<PolledJob>();
  #held: ReadonlySet<string> = new Set();
  #run: Run | null = null;
  #bus: Bus | null = null;
  #paused = false;
  /** The recheck that waits or runs; null: none. */
  #rechecking: object | null = null;

  constructor(options: PolledLineOptions) {
    const now = options.clock.monotonicMs();
    this.#options = options;
    this.#record = new LineRecord(now);
    this.#allowance = new Allowance(recheckShare, now);
  }

  get #now(): number {
    return this.#options.clock.monotonicMs();
  }

  get jobs(): readonly PolledJob[] {
    return this.#jobs;
  }

  /** One more job, due at once. */
  add(job: Job): void {
    const known = this.#devices.get(job.device);
    known?.breaker.hurry(this.#now);
    this.#put(new PolledJob(job, job, this.#phases.take(job.everyMs), this.#now));
  }

  /** A planned job and what it became are planned no more. */
  remove(planned: Job): void {
    const leaving = this.#jobs.filter((entry) => entry.planned === planned);
    if (leaving[0] !== undefined) this.#phases.free(leaving[0].phase);
    for (const entry of leaving) this.#drop(entry);
  }

  /** Nothing of these devices is read, and nothing of them that is under way counts, until others are held. */
  hold(devices: ReadonlySet<string>): void {
    this.#held = devices;
  }

  /** Polls from now on, each job at once. @returns resolves with the turn that hangs, if one does */
  open(run: Run): Promise<Turn> {
    const now = this.#now;
    const bus = new Bus({
      clock: this.#options.clock,
      onTurn: ({ why }, from, to) => this.#record.turn(why, from, to),
    });
    if (this.#paused) void bus.pause();
    this.#run = run;
    this.#bus = bus;
    for (const { breaker, jobs } of this.#devices.values()) {
      // The line itself may have been why they were silent.
      breaker.hurry(now);
      if (!breaker.down) for (const { slot } of jobs) slot.hurry(now);
    }
    return bus.hung;
  }

  close(): void {
    this.#bus?.close();
    this.#bus = null;
    this.#run = null;
    this.#rechecking = null;
    for (const entry of this.#jobs) entry.turn = null;
  }

  /** No turn begins until `resume`; resolves when none is under way, or at `close`. */
  pause(): Promise<void> {
    this.#paused = true;
    return this.#bus?.pause() ?? Promise.resolve();
  }

  resume(): void {
    this.#paused = false;
    this.#bus?.resume();
  }

  /** A turn for something else than polling. @throws as `Bus.use`; TurnError `closed` while the line is not open */
  use<T>(turn: Turn, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    return this.#bus?.use(turn, work) ?? Promise.reject(new TurnError("closed"));
  }

  /** Asks for a turn for everything that is due. @returns monotonic ms of what is due next */
  step(): number {
    if (this.#bus === null || this.#bus.over) return Number.POSITIVE_INFINITY;
    const now = this.#now;
    let next = Number.POSITIVE_INFINITY;
    const candidates: Candidate[] = [];
    for (const [id, { breaker, jobs }] of this.#devices) {
      if (this.#held.has(id)) continue;
      const idle = jobs.filter(({ turn }) => turn === null);
      if (breaker.down) {
        const entry = breaker.recheckOf(idle);
        if (entry !== undefined) candidates.push({ entry, at: breaker.recheckAt });
        continue;
      }
      const costly = breaker.costly(now);
      for (const entry of idle) {
        const rests = breaker.restsUntil(entry);
        const { dueAt } = entry.slot;
        if (rests !== null || costly) candidates.push({ entry, at: rests ?? dueAt });
        else if (dueAt > now) next = Math.min(next, dueAt);
        else this.#ask(entry, "poll");
      }
    }
    return Math.min(next, this.#recheck(candidates, now));
  }

  figures(): LineFigures {
    const now = this.#now;
    return {
      line: this.#options.line,
      busyShare: this.#record.busyShare(this.#bus?.current?.from ?? null, now),
      cyclesMissed: this.#record.cyclesMissed,
      turns: { ...this.#record.turns },
      silent: [...this.#devices].filter(([, { breaker }]) => breaker.down).map(([id]) => id),
      recent: this.#record.recent(now),
    };
  }

  #put(entry: PolledJob): void {
    this.#jobs = [...this.#jobs, entry];
    const { device } = entry.job;
    const known = this.#devices.get(device) ?? { breaker: new Breaker(), jobs: [], missed: 0 };
    this.#devices.set(device, known);
    const bytes = ({ job: { txBytes, rxBytes } }: PolledJob) => txBytes + rxBytes;
    known.jobs = [...known.jobs, entry].sort((a, b) => bytes(a) - bytes(b));
  }

  #drop(entry: PolledJob): void {
    entry.gone = true;
    this.#jobs = this.#jobs.filter((other) => other !== entry);
    this.#options.gone(entry);
    const known = this.#devices.get(entry.job.device);
    if (known === undefined) return;
    known.breaker.forget(entry);
    known.jobs = known.jobs.filter((other) => other !== entry);
    if (known.jobs.length === 0) this.#devices.delete(entry.job.device);
  }

  /** One at a time, who has waited longest first. @returns monotonic ms of the next */
  #recheck(candidates: readonly Candidate[], now: number): number {
    const [first] = candidates.toSorted((a, b) => a.at - b.at);
    if (first === undefined || this.#rechecking !== null) return Number.POSITIVE_INFINITY;
    const at = Math.max(first.at, this.#allowance.freeAt);
    if (at > now) return at;
    this.#ask(first.entry, "recheck");
    return Number.POSITIVE_INFINITY;
  }

  #ask(entry: PolledJob, why: "poll" | "recheck"): void {
    const [bus, run] = [this.#bus, this.#run];
    const device = this.#devices.get(entry.job.device);
    if (bus === null || run === null || device === undefined) return;
    const turn = {};
    entry.turn = turn;
    if (why === "recheck") this.#rechecking = turn;
    const wasDown = device.breaker.down;
    const counts = () => this.#bus === bus && !entry.gone && !this.#held.has(entry.job.device);
    let from: number | null = null;
    const work = (signal: AbortSignal): Promise<unknown> => {
      // It fell silent, or was read, while this waited.
      if (!counts() || device.breaker.down !== wasDown) return Promise.resolve();
      from = this.#now;
      return run(entry.job, signal);
    };
    const ended = (outcome: Outcome) => {
      const costMs = from === null ? 0 : this.#now - from;
      if (entry.turn === turn) entry.turn = null;
      if (this.#rechecking === turn) this.#rechecking = null;
      if (why === "recheck") this.#allowance.spend(costMs, this.#now);
      if (from !== null && counts()) this.#judge(entry, device, why, outcome, costMs);
      this.#options.wake();
    };
    const deadlineMs = exchanges * entry.job.deadlineMs;
    // Judged before the next turn begins, which may be one that it spares.
    bus.use({ device: entry.job.device, why, deadlineMs }, work).then(
      (result) => ended(outcomeOf(entry.job, result)),
      (error: unknown) => ended(failureOf(error)),
    );
  }

  #judge(entry: PolledJob, device: Device, why: "poll" | "recheck", outcome: Outcome, costMs: number): void {
    const now = this.#now;
    const { breaker } = device;
    const { job, slot } = entry;
    if (!outcome.answered && outcome.mistake !== undefined && !this.#mistaken.has(entry)) {
      this.#mistaken.add(entry);
      this.#options.mistake(job, outcome.mistake);
    }
    const done = () => {
      const missed = slot.done(now);
      if (why === "poll") this.#record.cyclesMissed += missed;
    };
    if (outcome.answered) {
      this.#record.answered(now);
      if (outcome.turnaroundMs !== undefined) this.#options.measured(job.device, outcome.turnaroundMs);
      const became = breaker.answered(entry, now);
      if (became !== null) this.#up(entry, device, became.silentMs, now);
      done();
      device.missed = 0;
      this.#options.taken(entry, outcome.reading);
      if (outcome.instead !== undefined) this.#replace(entry, outcome.instead);
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

  #up(by: PolledJob, device: Device, silentMs: number | null, now: number): void {
    const passed = device.jobs.reduce((sum, { slot }) => sum + slot.passed(now), device.missed);
    const missed = silentMs === null ? 0 : passed - (by.slot.passed(now) > 0 ? 1 : 0);
    for (const { slot } of device.jobs) slot.hurry(now);
    if (silentMs !== null) {
      // What silenced it may have silenced others: they are asked soon.
      for (const { breaker } of this.#devices.values()) if (breaker.down) breaker.hurry(now);
    }
    this.#options.presence({ what: "up", device: by.job.device, silentMs, missed });
  }

  #replace(entry: PolledJob, instead: unknown): void {
    const now = this.#now;
    const pieces = this.#jobs.filter(({ planned }) => planned === entry.planned).length;
    const jobs = replacements(entry, instead, pieces);
    if (jobs === null) {
      if (!this.#mistaken.has(entry))
        this.#options.mistake(entry.job, new TypeError("no replacement of this job"));
      this.#mistaken.add(entry);
      return;
    }
    for (const job of jobs) {
      const part = new PolledJob(job, entry.planned, entry.phase, now);
      // Pieces that get no smaller must not follow one another without a pause.
      if (job.points.length >= entry.job.points.length) part.slot.wait(now);
      this.#put(part);
    }
    this.#drop(entry);
  }
}
