/** What is remembered of a counter, as its unit shows it, and how far one can move. */
import type { CounterPlan } from "../../config/schema/plan.ts";

/** One replacement as far as one counter goes, as the units showed it. */
export interface CounterSwap {
  atMs: number;
  last: number;
  first: number;
}

/** What is known of a counter from one reading to the next. */
export interface KnownCounter {
  /** The last reading that counted. */
  last: number;
  /** Wall ms UTC of it and of the first one ever; null: the time was not known. */
  lastMs: number | null;
  sinceMs: number | null;
  /** Sum of the roll-overs. */
  rolled: number;
  /** Replacements that took place, as the files told of them last; also those that they tell of no more. */
  swaps: readonly CounterSwap[];
  /** What those in the files add. */
  added: number;
  /** Serial number that was expected of the unit. */
  serial?: string;
  /** It fell, and nobody has said why: when, to what at first, and the newest reading since. */
  fell?: { atMs: number | null; first: number; latest: number };
  /** Readings before the last one, oldest first; not kept over a restart. */
  recent: readonly number[];
  /** A leap forward that waits to be confirmed; not kept over a restart. */
  leap?: number;
}

const hourMs = 3_600_000;
/** A poll that came late, or a clock that is a little off, makes no step impossible. */
const spareHours = 0.1;

/** The longest step in that time. */
export function allowance({ perHour }: CounterPlan, elapsedMs: number | null): number {
  if (perHour === undefined || elapsedMs === null) return Number.POSITIVE_INFINITY;
  return perHour * (Math.max(0, elapsedMs) / hourMs + spareHours);
}
