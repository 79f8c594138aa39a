/**
 * The jobs of one line: by device, and as what each of the plan is read at present. Time comes from outside,
 * monotonic ms.
 *
 * Holds: a device is known as long as it has a job; a job of the plan is itself or its pieces, never both.
 */
import type { Job } from "../../config/schema/kind.ts";
import { Breaker } from "./breaker.ts";
import { PolledJob, Whole } from "./polled-job.ts";
import { Phases } from "./schedule.ts";

export interface PolledDevice {
  breaker: Breaker<PolledJob>;
  /** The cheapest first. */
  jobs: PolledJob[];
  /** Polls in vain since it last answered. */
  missed: number;
  /** The line was opened since it last answered. */
  reopened: boolean;
}

/** What of the jobs is due. */
export interface Due {
  whole: PolledJob[];
  pieces: PolledJob[];
  /** To be paid from the allowance, and monotonic ms since when it is wanted: past, or yet to come. */
  paid: { entry: PolledJob; at: number }[];
  /** Known to be refused still. */
  refused: PolledJob[];
  /** Monotonic ms of what is due next of the others. */
  next: number;
}

export class LineJobs {
  readonly devices = new Map<string, PolledDevice>();
  #all: readonly PolledJob[] = [];
  readonly #phases = new Phases();
  /** Those of the plan that are read in pieces. */
  readonly #divided = new Set<Whole>();
  readonly #gone: (entry: PolledJob) => void;

  /** @param gone nothing more comes of a job */
  constructor(gone: (entry: PolledJob) => void) {
    this.#gone = gone;
  }

  get all(): readonly PolledJob[] {
    return this.#all;
  }

  /** One more of the plan, due at once. */
  add(job: Job, now: number): void {
    this.devices.get(job.device)?.breaker.hurry(now);
    this.#put(new PolledJob(job, new Whole(job, this.#phases.take(job.everyMs), now), now));
  }

  /** A job of the plan and what it became are planned no more. */
  remove(planned: Job): void {
    const leaving = this.#all.filter((entry) => entry.planned === planned);
    for (const { whole } of leaving.slice(0, 1)) {
      this.#phases.free(whole.phase);
      this.#divided.delete(whole);
    }
    for (const entry of leaving) this.#drop(entry);
  }

  /** A job becomes these. */
  replace(entry: PolledJob, jobs: readonly Job[], now: number): void {
    const { whole } = entry;
    if (entry.job === whole.job) whole.refused(now);
    for (const job of jobs) {
      const part = new PolledJob(job, whole, now);
      part.slot.wait(now);
      // Pieces that get no smaller must not follow one another without a pause.
      if (job.points.length < entry.job.points.length) part.slot.hurry(now);
      this.#put(part);
    }
    this.#drop(entry);
    this.#divided.add(whole);
  }

  /**
   * Pieces become one job again where that is due, unless one of them has a turn.
   * @param which of the devices
   * @returns monotonic ms of the next
   */
  unite(which: (device: string) => boolean, now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const whole of this.#divided) {
      if (!which(whole.job.device)) continue;
      if (now < whole.againAt) next = Math.min(next, whole.againAt);
      else if (whole.parts.every(({ turn }) => turn === null)) this.#unite(whole, now);
    }
    return next;
  }

  #unite(whole: Whole, now: number): void {
    const pieces = whole.parts;
    const entry = new PolledJob(whole.job, whole, now);
    entry.slot.wait(now);
    // What is missing does not wait for a long period to end.
    if (pieces.some(({ slot, refusal }) => slot.dueAt <= now || refusal !== null)) entry.slot.hurry(now);
    // Before others go, so that its device stays known.
    this.#put(entry);
    for (const piece of pieces) this.#drop(piece);
    this.#divided.delete(whole);
  }

  /** @param held of these devices nothing is */
  due(held: (device: string) => boolean, now: number): Due {
    const due: Due = { whole: [], pieces: [], paid: [], refused: [], next: Number.POSITIVE_INFINITY };
    for (const [id, { breaker, jobs }] of this.devices) {
      if (held(id)) continue;
      const idle = jobs.filter(({ turn }) => turn === null);
      if (breaker.down) {
        const entry = breaker.recheckOf(idle);
        if (entry !== undefined) due.paid.push({ entry, at: breaker.recheckAt });
        continue;
      }
      const costly = breaker.costly(now);
      for (const entry of idle) this.#sort(entry, breaker.restsUntil(entry), costly, due, now);
    }
    return due;
  }

  #sort(entry: PolledJob, restsUntil: number | null, costly: boolean, due: Due, now: number): void {
    const { slot, whole, refusal } = entry;
    const { dueAt } = slot;
    const isRefused = refusal !== null && now < whole.againAt;
    if (!isRefused && (restsUntil !== null || costly)) due.paid.push({ entry, at: restsUntil ?? dueAt });
    else if (dueAt > now) due.next = Math.min(due.next, dueAt);
    else if (isRefused) due.refused.push(entry);
    else if (!whole.divided) due.whole.push(entry);
    // Else it is soon asked for as a whole.
    else if (now < whole.againAt) due.pieces.push(entry);
  }

  /** Nobody could read a device from then until now; while it is down, it misses that for its silence. */
  excuse(device: string, from: number, now: number): void {
    const known = this.devices.get(device);
    if (known === undefined || known.breaker.down) return;
    for (const { slot } of known.jobs) slot.excuse(from, now);
  }

  #put(entry: PolledJob): void {
    const { job, whole } = entry;
    this.#all = [...this.#all, entry];
    whole.parts = [...whole.parts, entry];
    const known = this.devices.get(job.device) ?? newDevice();
    this.devices.set(job.device, known);
    known.jobs = [...known.jobs, entry].sort((a, b) => bytesOf(a) - bytesOf(b));
  }

  #drop(entry: PolledJob): void {
    const { job, whole } = entry;
    const others = (entries: readonly PolledJob[]) => entries.filter((other) => other !== entry);
    entry.gone = true;
    this.#all = others(this.#all);
    whole.parts = others(whole.parts);
    this.#gone(entry);
    const known = this.devices.get(job.device);
    if (known === undefined) return;
    known.breaker.forget(entry);
    known.jobs = others(known.jobs);
    if (known.jobs.length === 0) this.devices.delete(job.device);
  }
}

const newDevice = (): PolledDevice => ({ breaker: new Breaker(), jobs: [], missed: 0, reopened: false });
const bytesOf = ({ job: { txBytes, rxBytes } }: PolledJob) => txBytes + rxBytes;
