/** A judgement on one subject, in monotonic time: what every judge of this folder gives. */
import type { HealthState, Reason, Value } from "../../config/schema/vocabulary.ts";

export interface Finding {
  code: string;
  state: HealthState;
  /** Monotonic ms. */
  since: number;
  facts: Record<string, Value>;
  root?: string;
}

export interface Verdict {
  state: HealthState;
  /** Worst first; the first one names the state. */
  findings: Finding[];
}

const weights: Record<HealthState, number> = { down: 4, degraded: 3, unknown: 2, off: 1, ok: 0 };
const levels: Record<Reason["level"], number> = { gateway: 0, bus: 1, device: 2, point: 3 };

/** How bad a state is; higher is worse. */
export const weight = (state: HealthState): number => weights[state];

/** The state a subject has from its findings: notices and intended states do not count. */
export function verdict(findings: Finding[], otherwise: HealthState = "ok"): Verdict {
  const sorted = findings.toSorted((a, b) => weight(b.state) - weight(a.state) || a.since - b.since);
  const worst = sorted[0];
  const counts = worst !== undefined && worst.state !== "ok" && worst.state !== "off";
  return { state: counts ? worst.state : otherwise, findings: sorted };
}

/** Order of reasons for people: unexplained first, then by state, level, age and name. */
export function worstFirst(a: Reason, b: Reason): number {
  return (
    Number(a.root !== undefined) - Number(b.root !== undefined) ||
    weight(b.state) - weight(a.state) ||
    levels[a.level] - levels[b.level] ||
    a.since - b.since ||
    (a.subject < b.subject ? -1 : Number(a.subject > b.subject))
  );
}

/** Whole minutes since a monotonic instant. */
export const minutes = (since: number, now: number): number => Math.floor((now - since) / 60_000);
