/**
 * A counter over the life of its position: what one more reading means after all that is known. Pure.
 *
 * All amounts are as the unit itself shows them (`CounterPlan`). counted = reading + base, where base is the sum of
 * last − first over the replacements that took place, and of the roll-overs.
 *
 * Holds:
 * - a step back is the last digit (at most `noise`, or what a 32-bit float cannot tell), an answer that was heard
 *   before (one of the last `remembered`), a roll-over, a replacement that the files tell of, or `fell`: unexplained;
 * - a roll-over is believed when the last reading was in the last tenth before `rollOver`, the new one is in the first
 *   tenth, and the step over the end is no longer than `perHour` allows for the time between; where that is not known,
 *   the tenths alone decide. One that goes the other way within the same bounds is taken back: so an answer of 0 by a
 *   meter that starts, or an old answer after a true roll-over, counts nothing twice;
 * - a leap forward that `perHour` does not allow is `doubtful` until the next reading confirms it;
 * - after a fall the last reading before it is kept. Back near it in one step of at least half the fall: it never fell.
 */
import type { CounterPlan } from "../../config/schema/plan.ts";
import { allowance, type CounterSwap, type KnownCounter } from "./counter-known.ts";
import { matched, swapsSince } from "./counter-swaps.ts";

export interface CounterReading {
  shown: number;
  /** Wall ms UTC; null while not known. */
  atMs: number | null;
  /** Since the last reading that counted, ms; null: not known. */
  elapsedMs: number | null;
  /** `repeated` by the device; `late`: kept from before the last reading. */
  age: "new" | "repeated" | "late";
  serial?: string;
}

export type CounterStep =
  /** `repeated`: an older answer, the last reading stands. `doubtful`: perhaps. `fell`: not to be counted. */
  | { what: "on" | "late" | "repeated" | "doubtful"; known: KnownCounter; shown: number }
  | { what: "fell"; known: KnownCounter; first: boolean }
  /** It goes on, and how its base came to be another, or its fall to be none. */
  | { what: "rolled" | "unrolled" | "swapped" | "back"; known: KnownCounter; shown: number };

const remembered = 8;
const nearShare = 0.1;

/** What replacements and roll-overs add, as the unit shows it. */
export const baseOf = ({ rolled, added }: KnownCounter): number => rolled + added;

/** The same as the files have them now. What is mended there, or taken out, changes the base. */
function asWritten(known: KnownCounter, swaps: readonly CounterSwap[]): KnownCounter {
  const { done, gone } = matched(known.swaps, swaps);
  const added = done.reduce((sum, { last, first }) => sum + last - first, 0);
  return { ...known, swaps: [...gone, ...done], added };
}

/** @param swaps replacements in the files, oldest first */
export function countOn(
  plan: CounterPlan,
  swaps: readonly CounterSwap[],
  before: KnownCounter | undefined,
  reading: CounterReading,
): CounterStep {
  const { shown, atMs } = reading;
  if (before === undefined) return { what: "on", known: asWritten(begun(swaps, reading), swaps), shown };
  const noise = Math.max(plan.noise, Math.abs(before.last) * 2 ** -22);
  if (reading.age !== "new") return ofOld(before, reading, noise);
  const allowed = allowance(plan, reading.elapsedMs);
  const on = shown >= before.last - noise;
  const serial = reading.serial ?? before.serial;
  const same = { ...before, ...(serial === undefined ? {} : { serial }) };
  const known = on && before.fell === undefined ? asWritten(same, swaps) : same;

  const { pending } = matched(known.swaps, swaps);
  if (pending.length > 0) {
    const renewed =
      before.serial !== undefined && known.serial !== undefined && before.serial !== known.serial;
    const done = swapsSince(pending, { known, shown, atMs, falls: !on, renewed, plan });
    if (done !== null) {
      const { fell: _fell, leap: _leap, ...rest } = known;
      const base = asWritten({ ...rest, swaps: [...known.swaps, ...done.swaps] }, swaps);
      if (done.unit || (on && known.fell === undefined))
        return begunAnew(
          { ...base, lastMs: atMs, recent: [] },
          shown,
          done.unit ? done.swaps.at(-1) : undefined,
          noise,
        );
    }
  }
  if (known.fell !== undefined) return afterFall(known, known.fell, reading, { noise, allowed, on });
  const rolled = overEnd(plan, known, shown, allowed);
  if (rolled !== null)
    return goesOn(rolled > 0 ? "rolled" : "unrolled", { ...known, rolled: known.rolled + rolled }, reading);
  if (!on) {
    if (known.recent.some((one) => Math.abs(one - shown) <= noise))
      return { what: "repeated", known: { ...known, recent: known.recent.slice(1) }, shown };
    const fell = { atMs, first: shown, latest: shown };
    return { what: "fell", known: { ...known, fell }, first: true };
  }
  const step = shown - known.last;
  const leaps = step > allowed || (plan.rollOver !== undefined && step > plan.rollOver / 2);
  const confirmed = known.leap !== undefined && Math.abs(shown - known.leap) <= Math.max(allowed, noise);
  if (leaps && !confirmed) return { what: "doubtful", known: { ...known, leap: shown }, shown };
  return goesOn(known.added === before.added ? "on" : "swapped", known, reading);
}

/** A last digit that went back from the first reading is not told. */
function begunAnew(
  known: KnownCounter,
  shown: number,
  unit: CounterSwap | undefined,
  noise: number,
): CounterStep {
  const first = unit?.first ?? shown;
  const last = shown < first && shown >= first - noise ? first : shown;
  return { what: "swapped", known: { ...known, last }, shown: last };
}

/** Of an earlier unit's time nobody knows: all replacements that the files put before now took place. */
function begun(swaps: readonly CounterSwap[], { shown, atMs, serial }: CounterReading): KnownCounter {
  return {
    ...{ last: shown, lastMs: atMs, sinceMs: atMs, rolled: 0, added: 0, recent: [] },
    swaps: swaps.filter((swap) => atMs === null || swap.atMs <= atMs),
    ...(serial === undefined ? {} : { serial }),
  };
}

/** What the device repeats is recorded as it says it; what it kept is counted where this unit can have shown it. */
function ofOld(known: KnownCounter, { age, shown }: CounterReading, noise: number): CounterStep {
  if (known.fell !== undefined) return { what: "fell", known, first: false };
  if (age === "repeated") return { what: "repeated", known, shown };
  return shown <= known.last + noise ? { what: "late", known, shown } : { what: "fell", known, first: false };
}

/** The same after its unit was seen to show this, now or before. */
export const remember = (known: KnownCounter, shown: number): KnownCounter => ({
  ...known,
  recent: [...known.recent, shown].slice(-remembered),
});

/** The last digit that went back is not told: the last reading stands. */
function goesOn(
  what: "on" | "rolled" | "unrolled" | "swapped" | "back",
  known: KnownCounter,
  reading: CounterReading,
): CounterStep {
  const { fell: _fell, leap: _leap, ...rest } = known;
  const last = what === "on" || what === "swapped" ? Math.max(known.last, reading.shown) : reading.shown;
  const { recent } = remember(known, known.last);
  const lastMs = reading.atMs ?? known.lastMs;
  return {
    what,
    known: { ...rest, last, lastMs, sinceMs: known.sinceMs ?? reading.atMs, recent },
    shown: last,
  };
}

function afterFall(
  known: KnownCounter,
  fell: NonNullable<KnownCounter["fell"]>,
  reading: CounterReading,
  { noise, allowed, on }: { noise: number; allowed: number; on: boolean },
): CounterStep {
  const { shown } = reading;
  const returns = shown - fell.latest >= (known.last - fell.first) / 2;
  if (on && returns && shown - known.last <= Math.max(allowed, noise)) return goesOn("back", known, reading);
  return { what: "fell", known: { ...known, fell: { ...fell, latest: shown } }, first: false };
}

/** What a step over the end adds, or takes back; null: it is none. */
function overEnd(
  { rollOver }: CounterPlan,
  known: KnownCounter,
  shown: number,
  allowed: number,
): number | null {
  if (rollOver === undefined || shown < 0 || shown >= rollOver || known.last >= rollOver) return null;
  const near = rollOver * nearShare;
  if (known.last >= rollOver - near && shown <= near && shown + rollOver - known.last <= allowed)
    return rollOver;
  const undone = known.rolled >= rollOver && known.last <= near && shown >= rollOver - near;
  return undone && known.last + rollOver - shown <= allowed ? -rollOver : null;
}
