/**
 * Whether one line has the time for what is asked of it, from what it counts. Pure: time comes from outside,
 * monotonic ms.
 *
 * Holds: too little time is claimed only of a line that misses a notable share in each of the last steps: what falls
 * silent at once costs a line time, but not for so long. Memory: one sample for each `sampleMs` of them.
 */

const stepMs = 40_000;
const steps = 3;
const sampleMs = 5_000;
const notableShare = 0.05;
/** In all steps together. */
const fewestDue = 20;

interface Sample {
  at: number;
  missed: number;
  done: number;
}

export class Punctuality {
  /** Oldest first. */
  #samples: Sample[] = [];

  /** Both count from when the line was first used. */
  take(missed: number, done: number, now: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && (missed < last.missed || done < last.done)) this.#samples = [];
    else if (last !== undefined && now - last.at < sampleMs) return;
    this.#samples.push({ at: now, missed, done });
    const begin = now - steps * stepMs;
    // One is kept from before, to count from.
    while ((this.#samples[1]?.at ?? now) <= begin) this.#samples.shift();
  }

  /** What share of what was due was not done, 0 to 1; null: it has the time, or it is too early to say. */
  missedShare(): number | null {
    const [newest] = this.#samples.slice(-1);
    if (newest === undefined) return null;
    const marks = Array.from({ length: steps + 1 }, (_, step) =>
      this.#samples.findLast(({ at }) => at <= newest.at - step * stepMs),
    );
    const shares = marks.slice(1).map((from, step) => share(from, marks[step]));
    const [from] = marks.slice(-1);
    const whole = share(from, newest);
    if (whole === null || whole.due < fewestDue) return null;
    return shares.every((each) => each !== null && each.missed >= notableShare * each.due && each.missed > 0)
      ? whole.missed / whole.due
      : null;
  }
}

function share(from: Sample | undefined, to: Sample | undefined): { missed: number; due: number } | null {
  if (from === undefined || to === undefined) return null;
  const missed = to.missed - from.missed;
  return { missed, due: missed + to.done - from.done };
}
