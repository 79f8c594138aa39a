/** One job of a line: what is read, when, and what becomes of its planned form. */
import { isDeepStrictEqual } from "node:util";
import type { Job } from "../../config/schema/kind.ts";
import { type Phase, Slot } from "./schedule.ts";

export class PolledJob {
  readonly job: Job;
  /** As the plan has it; another than `job` when the device wants it read in other pieces. */
  readonly planned: Job;
  readonly phase: Phase;
  readonly slot: Slot;
  /** The turn it waits for or has; null: none. */
  turn: object | null = null;
  /** It is planned no more: what it still gives is nothing. */
  gone = false;

  constructor(job: Job, planned: Job, phase: Phase, now: number) {
    this.job = job;
    this.planned = planned;
    this.phase = phase;
    this.slot = new Slot(phase, now);
  }
}

/**
 * The jobs that a session wants run in place of one; null: they are no replacement of it. They read the same
 * device over the same line in the same period, and no more than was planned.
 * @param pieces how many jobs the planned one has become already, this one included
 */
export function replacements(entry: PolledJob, instead: unknown, pieces: number): Job[] | null {
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
  return instead.every(fit) && pieces - 1 + instead.length <= most ? instead : null;
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
