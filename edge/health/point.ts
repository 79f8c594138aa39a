/**
 * What health remembers of one point, and how it judges it: by fresh good values alone.
 * Its reasons never tell a value of a point above data level 2, nor a text; its last value is kept for those
 * who may see it.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { PointPlan } from "../../config/schema/plan.ts";
import { Quality, type Value } from "../../config/schema/vocabulary.ts";
import type { ValueFact } from "./facts.ts";
import { Stuck } from "./stuck.ts";
import type { Finding, Verdict } from "./verdict.ts";
import { verdict } from "./verdict.ts";

/** Periods without a fresh good value after which something is stale, and after which it is down. */
export const stalePeriods = 3;
/** Good readings in a row after which what was wrong before is over. */
export const goodReadings = 3;
export const deadPeriods = 6;

/** Data level up to which a value may be shown. */
const openLevel = 2;

const badCodes: ReadonlyMap<number, string> = new Map([
  [Quality.configuration, "E201"],
  [Quality.outOfRange, "E212"],
  [Quality.deviceFault, "E213"],
]);

/** Says something new about the world, if not always exactly: all but "repeated", "assumed" and the bad ones. */
export function isFresh(quality: number): boolean {
  const bare = quality & (Quality.simulated - 1);
  return bare < Quality.stale || (bare >= Quality.inaccurate && bare < Quality.noCommunication);
}

export interface Heard {
  value: Value;
  quality: number;
  /** Wall ms UTC, or null while the clock was not known. */
  time: number | null;
  /** Monotonic ms when it was taken. */
  at: number;
  fell?: ValueFact["fell"];
}

export class PointHealth {
  plan: PointPlan;
  /** Monotonic ms of the newest fresh good value. */
  lastGood: number | null = null;
  /** What it said last, good or not. */
  last: Heard | null = null;
  #bad: { since: number; last: number; quality: number; facts: Finding["facts"] } | null = null;
  #fault: { code: string; at: number } | null = null;
  /** Monotonic ms of its last readings, good or not; the newest last. */
  #heard: number[] = [];
  readonly #stuck = new Stuck();

  constructor(plan: PointPlan) {
    this.plan = plan;
  }

  /** Whether it must speak in every period; events, alarms and what is said on change come when they come. */
  get periodic(): boolean {
    return this.lasting && this.plan.onChange !== true;
  }

  /** Whether what it said last is still so, as long as its device is there; an event was at its moment. */
  get lasting(): boolean {
    return this.plan.kind !== "event" && this.plan.kind !== "alarm";
  }

  /** Whether its silence is a fault: what a unit may lack is missed only after it was heard. */
  get missed(): boolean {
    return this.periodic && (this.plan.optional !== true || this.lastGood !== null);
  }

  /** What feeds its device tells it: its silence is of that one's making. */
  get inferred(): boolean {
    return this.plan.inferred !== undefined;
  }

  /** Readings after a monotonic instant, as far as it counts: `goodReadings`. */
  heardSince(instant: number): number {
    return this.#heard.filter((at) => at > instant).length;
  }

  hear(heard: Heard, now: number): void {
    const { quality, value, at, fell } = heard;
    this.#heard.push(now);
    if (this.#heard.length > goodReadings) this.#heard.shift();
    // Of readings that a device kept, those of before do not hide the newest.
    if (this.last === null || at >= this.last.at) this.last = heard;
    const bare = quality & (Quality.simulated - 1);
    // Of what is never but assumed, this is all that can be heard.
    if (isFresh(quality) || (this.plan.assumed === true && bare === Quality.assumed)) {
      this.#stuck.hear(this.plan, value, now);
      this.lastGood = Math.max(this.lastGood ?? Number.NEGATIVE_INFINITY, at);
      this.#bad = null;
      this.#fault = null;
      return;
    }
    if (bare < Quality.noCommunication) return;
    const open = this.plan.level <= openLevel;
    const shown = typeof value === "number" && Number.isFinite(value) && open;
    const facts = { quality: bare, value: shown ? value : null, ...(open && fell !== undefined ? fell : {}) };
    this.#bad = { since: this.#bad?.since ?? now, last: now, quality: bare, facts };
  }

  fault(code: string, now: number): void {
    this.#fault = { code, at: now };
  }

  /** Unknown where nobody tells it now, because of who should; it is never wrong itself. */
  #judgeInferred(from: number, now: number): Verdict {
    const { inferred, everyMs } = this.plan;
    const expected = Math.max(this.lastGood ?? from, from);
    const isLate = this.periodic && now - expected > stalePeriods * everyMs;
    if (!isLate) return verdict([], this.lastGood === null ? "unknown" : "ok");
    const root = inferred?.from?.device;
    if (root === undefined) return verdict([], "unknown");
    return verdict([{ code: "E211", state: "unknown", since: expected, facts: {}, root }]);
  }

  /** `from`: since when values could be expected at all (monotonic ms). */
  judge(from: number, now: number): Verdict {
    if (this.inferred) return this.#judgeInferred(from, now);
    const findings: Finding[] = [];
    const staleMs = stalePeriods * this.plan.everyMs;
    const expected = Math.max(this.lastGood ?? from, from);
    const state = now - expected > deadPeriods * this.plan.everyMs && this.periodic ? "down" : "degraded";
    const bad = this.#bad;
    const fault = this.#fault;
    // What is said on change alone stays as bad as it was last.
    const stays = this.lasting && !this.periodic;
    if (bad !== null && (stays || now - bad.last <= staleMs)) {
      const code = badCodes.get(bad.quality) ?? "E214";
      const [min = null, max = null] = code === "E212" ? (this.plan.range ?? []) : [];
      const facts = { ...bad.facts, min, max };
      // It is read as well as ever; only nobody may count with it.
      const here = code === "E201" ? "degraded" : state;
      findings.push({ code, state: here, since: bad.since, facts });
    } else if (fault !== null && now - fault.at <= staleMs) {
      findings.push({
        code: reasonFor(fault.code, "E214").code,
        state,
        since: fault.at,
        facts: { code: fault.code },
      });
    } else if (this.missed && now - expected > staleMs) {
      findings.push({ code: "E211", state, since: expected, facts: {} });
    } else {
      const stuck = this.#stuck.at(now);
      const value = this.plan.level <= openLevel ? (stuck?.value ?? null) : null;
      if (stuck !== null)
        findings.push({ code: "E220", state: "degraded", since: stuck.since, facts: { value } });
    }
    const silent = this.plan.optional === true && this.lasting ? "off" : "unknown";
    return verdict(findings, this.lastGood === null ? silent : "ok");
  }
}
