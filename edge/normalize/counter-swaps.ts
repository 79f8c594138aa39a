/**
 * Which replacements of the unit took place between the last reading of a counter and the new one. Pure.
 *
 * What the files tell of is believed when its readings fit: the old unit was not beyond its last reading, the new one
 * is not before its first, and neither is further from it than the time allows. People write down a day and whole
 * numbers: a day either way, and one unit, make no difference.
 * One in the files from a day and more before the counter was first read belongs to its base, whatever is read.
 * Never happens: one that is to come, or that was put off, is counted before the readings show it.
 */
import type { CounterPlan, Swap } from "../../config/schema/plan.ts";
import { allowance, type CounterSwap, type KnownCounter } from "./counter-known.ts";

const dayMs = 86_400_000;
/** Readings are written down without their decimals. */
const written = 1;

/** Those that have readings of this point. */
export function swapsOf(swapped: readonly Swap[], point: string): CounterSwap[] {
  return swapped.flatMap(({ atMs, last, first }) => {
    const [before, after] = [last.get(point), first.get(point)];
    return before === undefined || after === undefined ? [] : [{ atMs, last: before, first: after }];
  });
}

/**
 * Replacements that took place, against the files. One stays the same when its time or its readings are mended.
 * @returns `done` as the files have them, `gone` from the files, and those that are `pending` there
 */
export function matched(known: readonly CounterSwap[], swaps: readonly CounterSwap[]) {
  const done = new Set(swaps.filter(({ atMs }) => known.some((one) => one.atMs === atMs)));
  const gone = known.filter(({ atMs }) => !swaps.some((swap) => swap.atMs === atMs));
  const moved = gone.filter((one) => {
    const same = swaps.find((swap) => !done.has(swap) && swap.last === one.last && swap.first === one.first);
    if (same !== undefined) done.add(same);
    return same !== undefined;
  });
  return {
    done: swaps.filter((swap) => done.has(swap)),
    gone: gone.filter((one) => !moved.includes(one)),
    pending: swaps.filter((swap) => !done.has(swap)),
  };
}

export interface SwapQuestion {
  known: KnownCounter;
  shown: number;
  atMs: number | null;
  falls: boolean;
  /** Another serial number is expected of the unit than of the one before. */
  renewed: boolean;
  plan: CounterPlan;
}

/**
 * @param pending replacements that are not counted yet, oldest first
 * @returns those to count from now on, `unit`: another unit is read now; null: none
 */
export function swapsSince(
  pending: readonly CounterSwap[],
  asked: SwapQuestion,
): { swaps: CounterSwap[]; unit: boolean } | null {
  const { sinceMs } = asked.known;
  const past = pending.filter(({ atMs }) => sinceMs !== null && atMs < sinceMs - dayMs);
  const unit = unitsSince(
    pending.filter((swap) => !past.includes(swap)),
    asked,
  );
  return past.length + unit.length === 0 ? null : { swaps: [...past, ...unit], unit: unit.length > 0 };
}

function unitsSince(pending: readonly CounterSwap[], asked: SwapQuestion): CounterSwap[] {
  const { known, atMs, falls, renewed } = asked;
  const from = known.lastMs;
  // A fall that waits to be explained took place when it was seen.
  const until = known.fell === undefined ? atMs : known.fell.atMs;
  const open = pending.filter(
    (swap) => (until === null || swap.atMs <= until + dayMs) && (from === null || swap.atMs >= from - dayMs),
  );
  // What was to come when it was seen explains a fall only where nothing else does.
  const past = open.filter((swap) => until === null || swap.atMs <= until);
  const tries = [...past.map((_, at) => past.slice(0, past.length - at)), open.slice(0, past.length + 1)];
  const fit = tries.find((some) => some.length > 0 && fits(some, asked, until)) ?? [];
  if (fit.length === 0 || falls || known.fell !== undefined || renewed) return fit;
  // Nothing fell: the new unit came with more than the old one had, or nobody looked for longer than a day.
  const [one] = fit;
  const unseen = from !== null && atMs !== null && one !== undefined && one.atMs >= from && one.atMs <= atMs;
  const leapt = fit.length === 1 && one !== undefined && one.first > one.last + written;
  return leapt || (unseen && atMs - from > dayMs) ? fit : [];
}

function fits(
  some: readonly CounterSwap[],
  { known, shown, atMs, plan }: SwapQuestion,
  until: number | null,
) {
  const [oldest, newest] = [some[0], some.at(-1)];
  if (oldest === undefined || newest === undefined) return false;
  const since = (ms: number | null) =>
    ms === null || known.lastMs === null ? null : Math.max(0, ms - known.lastMs);
  const oldMoved = oldest.last - known.last;
  const newMoved = shown - newest.first;
  return (
    oldMoved >= -written &&
    oldMoved <= allowance(plan, since(until)) + written &&
    newMoved >= -written &&
    newMoved <= allowance(plan, since(atMs)) + written
  );
}
