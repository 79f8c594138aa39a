/** One question and its time. */
import type { Clock } from "../../config/schema/context.ts";
import type { Session } from "../../drivers/contract/index.ts";
import { call, within } from "../supervise/within.ts";

/** Its time is over; what it was asked of may answer later. */
export class OutOfTime extends Error {
  readonly code: "deadline" | "hung";
  constructor(code: OutOfTime["code"] = "deadline") {
    super(code === "hung" ? "it does not end" : "the question took longer than it may");
    this.name = "OutOfTime";
    this.code = code;
  }
}

const openMs = 30_000;
/** What does not end this long after it was told to is left alone. */
const goneMs = 3_000;

/**
 * @param work ends as soon as its signal is aborted: at `ms`, or with `cut`
 * @throws what it throws; OutOfTime `hung`: it has not ended
 */
export async function timed<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  cut?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const signal = cut === undefined ? over.signal : AbortSignal.any([over.signal, cut]);
  const outcome = call(() => work(signal)).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  let came = await within(clock, outcome, ms, cut);
  if (came === undefined) {
    over.abort(new OutOfTime());
    came = await within(clock, outcome, goneMs);
  }
  if (came === undefined) throw new OutOfTime("hung");
  if ("error" in came) throw came.error;
  return came.value;
}

/** What is opened too late is closed. @throws as `timed` */
export async function openIn(
  clock: Clock,
  open: (signal: AbortSignal) => Promise<Session>,
  cut?: AbortSignal,
): Promise<Session> {
  const late = { is: false };
  const opening = async (signal: AbortSignal) => {
    const session = await open(signal);
    if (late.is) await session.close();
    return session;
  };
  try {
    return await timed(clock, openMs, opening, cut);
  } catch (error) {
    late.is = true;
    throw error;
  }
}

/** Waits for its end, but not for ever. */
export async function closeIn(clock: Clock, session: Session): Promise<void> {
  await within(
    clock,
    call(() => session.close()).catch(() => {}),
    goneMs,
  );
}
