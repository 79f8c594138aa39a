/**
 * What health knows of the lines of a polled link: how busy they are, and what is wrong with the line itself rather
 * than with one device on it.
 *
 * Holds: numbers that are none count as 0; memory is bounded by the lines of the plan and the rows of the catalogue.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { LineFact } from "./facts.ts";
import type { Finding } from "./verdict.ts";

/** Answers with wrong checksums. */
const garbled = "E121";
/** What is a line's trouble rather than one device's. */
const troubles: ReadonlySet<string> = new Set([garbled, "E124", "E125", "E126", "E128"]);
/** A line is never quite clean: fewer turns, or a smaller share of what was heard, is nothing to look at. */
const fewestGarbled = 5;
const garbledShare = 0.05;
/** What no sound line ever shows, such as a second master, may come by chance once or twice. */
const fewestOthers = 3;

const whole = (value: number): number => (Number.isFinite(value) && value > 0 ? Math.floor(value) : 0);

export class PolledLines {
  #lines: readonly LineFact[] = [];
  /** Since when each trouble is there, by code. */
  #since = new Map<string, number>();

  take(lines: readonly LineFact[], now: number): void {
    this.#lines = lines;
    const codes = new Set(this.#troubles().map(({ code }) => code));
    for (const code of this.#since.keys()) if (!codes.has(code)) this.#since.delete(code);
    for (const code of codes) if (!this.#since.has(code)) this.#since.set(code, now);
  }

  /** Anything is polled at all. */
  get any(): boolean {
    return this.#lines.length > 0;
  }

  /** Of the busiest line, 0 to 1. */
  get busyShare(): number {
    return Math.min(1, Math.max(0, ...this.#lines.map(({ busyShare }) => (busyShare >= 0 ? busyShare : 0))));
  }

  get cyclesMissed(): number {
    return this.#lines.reduce((sum, { cyclesMissed }) => sum + whole(cyclesMissed), 0);
  }

  findings(now: number): Finding[] {
    return this.#troubles().map(({ code, facts }) => ({
      ...{ code, facts, since: this.#since.get(code) ?? now },
      state: reasonFor(code, "E119").state,
    }));
  }

  /** Of a link that is one line. Where each host is a line of its own, its devices tell. */
  #troubles(): Pick<Finding, "code" | "facts">[] {
    const [line, ...others] = this.#lines;
    if (line === undefined || others.length > 0) return [];
    const rows = new Map<string, { turns: number; devices: number }>();
    for (const { code, turns, devices } of line.recent.faults) {
      const row = reasonFor(code, "E119").code;
      if (!troubles.has(row)) continue;
      const known = rows.get(row) ?? { turns: 0, devices: 0 };
      rows.set(row, {
        turns: known.turns + whole(turns),
        devices: Math.max(known.devices, whole(devices)),
      });
    }
    const found: Pick<Finding, "code" | "facts">[] = [];
    for (const [code, { turns, devices }] of rows) {
      const share = turns / (whole(line.recent.answered) + turns);
      if (code !== garbled) {
        if (turns >= fewestOthers) found.push({ code, facts: { times: turns } });
      } else if (devices > 1 && turns >= fewestGarbled && share >= garbledShare)
        found.push({ code, facts: { share: Math.round(100 * share) } });
    }
    return found;
  }
}
