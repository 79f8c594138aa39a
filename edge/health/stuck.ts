/**
 * A sensor that says the same to the last digit for most of a day: air moves, by day and by night. Pure but for what it
 * remembers of one point.
 *
 * In two recorded classrooms and an office sound sensors repeated a value for 14.8 h at most; those that had stopped said
 * it for 23 and 122 h.
 */
import type { PointPlan } from "../../config/schema/plan.ts";
import type { Value } from "../../config/schema/vocabulary.ts";

const stuckMs = 20 * 3_600_000;
/** Fewer readings of one value say nothing. */
const fewest = 30;
/** Longest pause between two of them: a logger may stand still by night; behind a longer one the air may be where it was. */
const longestGapMs = 8 * 3_600_000;
/** What is never still in a room; the rest may well be, such as a lamp's power or the light at night. */
const restless: ReadonlySet<string> = new Set(["temperature", "humidity", "co2"]);
/** Where sensors that calibrate themselves end, ppm: an empty school may stay there for days. */
const co2Floor = 400;

export class Stuck {
  #same: { value: number; since: number; times: number; last: number } | null = null;

  /** @param now monotonic ms */
  hear({ id }: Pick<PointPlan, "id">, value: Value, now: number): void {
    if (!restless.has(id) || typeof value !== "number" || (id === "co2" && value <= co2Floor)) {
      this.#same = null;
      return;
    }
    const same = this.#same;
    if (same !== null && same.value === value && now - same.last <= longestGapMs) {
      same.times += 1;
      same.last = now;
    } else this.#same = { value, since: now, times: 1, last: now };
  }

  /** Since when it is stuck, and at what; null: it is not, or nobody can tell. */
  at(now: number): { value: number; since: number } | null {
    const same = this.#same;
    return same !== null && same.times >= fewest && now - same.since >= stuckMs ? same : null;
  }
}
