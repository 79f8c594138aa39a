/**
 * One job of a line: what is read, when, and what its device makes of it. Time comes from outside, monotonic ms.
 *
 * Holds:
 * - What a device refuses may only have been refused because it was starting: it is asked for again, whole, after 10,
 *   20, 40 … 600 s, and when the device comes up; once at once, too, when each of its pieces has given data.
 * - In each period one piece has the turn that the whole had. The others may have those that nobody else wants.
 */
import { isDeepStrictEqual } from "node:util";
import type { Job } from "../../config/schema/kind.ts";
import type { Reading } from "../../drivers/contract/index.ts";
import { type Phase, Slot } from "./schedule.ts";
import type { Gave } from "./turn-outcome.ts";

const firstMs = 10_000;
const longestMs = 600_000;

export class PolledJob {
  readonly job: Job;
  readonly whole: Whole;
  readonly slot: Slot;
  /** The turn it waits for or has; null: none. */
  turn: object | null = null;
  /** It is planned no more: what it still gives is nothing. */
  gone = false;
  /** What the device said last was data. */
  gave = false;
  /** What was wrong, while the device has nothing of it: that is told on, and the device is not asked. */
  refusal: Reading | null = null;

  /** @param job another than that of `whole` when the device wants it read in other pieces */
  constructor(job: Job, whole: Whole, now: number) {
    this.job = job;
    this.whole = whole;
    this.slot = new Slot(whole.phase, now);
  }

  /** As the plan has it. */
  get planned(): Job {
    return this.whole.job;
  }
}

/** A job as the plan has it, and how it is read at present. */
export class Whole {
  readonly job: Job;
  readonly phase: Phase;
  /** Itself alone, or its pieces. */
  parts: readonly PolledJob[] = [];
  /** When one of the pieces may have the turn of the whole, and which had or has it. */
  readonly #place: Slot;
  #holder: PolledJob | null = null;
  #restMs = firstMs;
  #againAt = Number.NEGATIVE_INFINITY;

  constructor(job: Job, phase: Phase, now: number) {
    this.job = job;
    this.phase = phase;
    this.#place = new Slot(phase, now);
  }

  get divided(): boolean {
    return this.parts.some(({ job }) => job !== this.job);
  }

  /** From when what was refused is asked for again. */
  get againAt(): number {
    return this.#againAt;
  }

  /** The device does not give the whole. */
  refused(now: number): void {
    this.#againAt = now + this.#restMs;
    this.#restMs = Math.min(longestMs, 2 * this.#restMs);
    this.#place.wait(now);
  }

  /** What the device said to one of its parts. */
  said(part: PolledJob, gave: Gave, reading: Reading, now: number): void {
    part.gave = gave === "data";
    part.refusal = gave === "refusal" ? reading : null;
    const isWhole = part.job === this.job;
    if (isWhole && gave === "refusal") {
      this.refused(now);
      part.slot.hurry(this.#againAt);
    }
    if (isWhole && gave === "data") this.#restMs = firstMs;
    if (isWhole || this.#restMs === longestMs || !this.parts.every((each) => each.gave)) return;
    this.#restMs = longestMs;
    this.#againAt = now;
  }

  /** The device came up: what it refused before says nothing any more. */
  renew(now: number): void {
    this.#restMs = firstMs;
    this.#againAt = Math.min(this.#againAt, now);
  }

  /** Gives a piece the turn that the whole had; false: another of this period has it. */
  place(piece: PolledJob, now: number): boolean {
    const taken = this.#holder !== null && this.#holder.turn !== null;
    if (taken || now < this.#place.dueAt) return false;
    this.#holder = piece;
    return true;
  }

  /** A turn of one of its parts is over. */
  ended(part: PolledJob, now: number): void {
    if (this.#holder !== part) return;
    this.#holder = null;
    this.#place.wait(now);
  }
}

/**
 * The jobs that a session wants run in place of one; null: they are no replacement of it. They read the same
 * device over the same line in the same period, and no more than was planned.
 */
export function replacements(entry: PolledJob, instead: unknown): Job[] | null {
  if (!Array.isArray(instead)) return null;
  const { device, line, everyMs } = entry.job;
  const points = new Set(entry.planned.points);
  const fit = (job: Job) =>
    job?.device === device &&
    job.line === line &&
    job.everyMs === everyMs &&
    Array.isArray(job.points) &&
    job.points.every((point) => points.has(point));
  const most = Math.max(1, points.size);
  return instead.every(fit) && entry.whole.parts.length - 1 + instead.length <= most ? instead : null;
}

/** Which jobs of one plan are not in another, either way. */
export function differing(before: readonly Job[], after: readonly Job[]): { leaving: Job[]; fresh: Job[] } {
  const nameOf = ({ device, line, points, everyMs }: Job) => JSON.stringify([device, line, points, everyMs]);
  const known = Map.groupBy(before, nameOf);
  const fresh: Job[] = [];
  const staying = new Set<Job>();
  for (const job of after) {
    const same = known.get(nameOf(job))?.find((each) => !staying.has(each) && isDeepStrictEqual(each, job));
    if (same === undefined) fresh.push(job);
    else staying.add(same);
  }
  return { fresh, leaving: before.filter((job) => !staying.has(job)) };
}
