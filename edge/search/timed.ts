/** One question and its time. */
import type { Clock } from "../../config/schema/context.ts";

/** Its time is over; what it was asked of may answer later. */
export class OutOfTime extends Error {
  readonly code = "deadline";
  constructor() {
    super("the question took longer than it may");
    this.name = "OutOfTime";
  }
}

/** @param work ends as soon as its signal is aborted: at `ms`, or with `cut` */
export async function timed<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  cut?: AbortSignal,
): Promise<T> {
  const [over, done] = [new AbortController(), new AbortController()];
  clock.sleep(ms, done.signal).then(
    () => over.abort(new OutOfTime()),
    () => {},
  );
  try {
    return await work(cut === undefined ? over.signal : AbortSignal.any([over.signal, cut]));
  } finally {
    done.abort("over");
  }
}
