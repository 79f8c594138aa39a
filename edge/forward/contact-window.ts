/**
 * When a contact window is open, in the school's local time. Pure but for remembering the zone's offset.
 *
 * Holds: a range includes its start and not its end. It opens later by a share of ten minutes, or of a twentieth of
 * the range when that is less, so that a province's gateways do not come all at once; it never closes later.
 * Where clocks go forward over a start, it is as long after midnight as on other days.
 */
import { createHash } from "node:crypto";
import type { DailyRange } from "../../config/schema/plan.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const mostSpreadMs = 600_000;
const spreadShare = 1 / 20;
/** Offsets of zones change at such moments only. */
const quarterMs = 900_000;

/** China has one time zone. The machine's own is not asked: many gateways run in UTC. */
const schoolZone = "Asia/Shanghai";

/** Where this gateway stands among all, [0, 1): the same at every start. */
export function shareOf(school: string, gateway: string): number {
  const digest = createHash("sha256").update(`${school}/${gateway}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

export class ContactWindow {
  readonly #ranges: readonly DailyRange[];
  readonly #share: number;
  readonly #offsetMs: (wallMs: number) => number;

  /** @param ranges at least one. @param share of the spread, [0, 1). @param zone as the zone table names it */
  constructor(ranges: readonly DailyRange[], share: number, zone = schoolZone) {
    this.#ranges = ranges;
    this.#share = share;
    this.#offsetMs = offsetOf(zone);
  }

  /** Wall ms from which on it is open: `wallMs` itself when it is open then, else the next opening. */
  opensAt(wallMs: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [from, to] of this.#near(wallMs)) {
      if (from <= wallMs && wallMs < to) return wallMs;
      if (from > wallMs) next = Math.min(next, from);
    }
    return next;
  }

  /** Wall ms at which it closes; `wallMs` itself when it is closed. */
  closesAt(wallMs: number): number {
    for (const [from, to] of this.#near(wallMs)) if (from <= wallMs && wallMs < to) return to;
    return wallMs;
  }

  /** Local time of day as people say it, `18:07`; a minute that has begun counts as over, so that it is never too early. */
  clock(wallMs: number): string {
    const at = Math.ceil(wallMs / minuteMs) * minuteMs;
    return new Date(at + this.#offsetMs(at)).toISOString().slice(11, 16);
  }

  /** The openings of yesterday, today and tomorrow, in wall ms. */
  *#near(wallMs: number): Generator<readonly [from: number, to: number]> {
    const midnight = Math.floor((wallMs + this.#offsetMs(wallMs)) / dayMs) * dayMs;
    for (const day of [midnight - dayMs, midnight, midnight + dayMs]) {
      for (const { from, to } of this.#ranges) {
        const start = this.#instant(day + from * minuteMs);
        const end = this.#instant(day + to * minuteMs);
        const spread = this.#share * Math.min(mostSpreadMs, spreadShare * (end - start));
        if (start < end) yield [start + spread, end];
      }
    }
  }

  /** Wall ms of a local time; of one that clocks jump over, by the clock before the jump. */
  #instant(localMs: number): number {
    const early = localMs - this.#offsetMs(localMs - dayMs / 2);
    const late = localMs - this.#offsetMs(localMs + dayMs / 2);
    // Before a change the earlier offset holds, after it the later one; in a gap neither does.
    for (const at of [early, late]) if (at + this.#offsetMs(at) === localMs) return at;
    return Math.max(early, late);
  }
}

/** Ms by which a zone's local time is ahead of UTC. Asking the zone table is slow: remembered for a quarter of an hour. */
function offsetOf(zone: string): (wallMs: number) => number {
  const known = new Map<number, number>();
  let format: Intl.DateTimeFormat | undefined;
  return (wallMs) => {
    const quarter = Math.floor(wallMs / quarterMs) * quarterMs;
    let offset = known.get(quarter);
    if (offset === undefined) {
      format ??= new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
      });
      const parts = new Map(format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]));
      const of = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
      offset = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute")) - quarter;
      if (known.size >= 64) known.clear();
      known.set(quarter, offset);
    }
    return offset;
  };
}
