/**
 * What health knows of the lines of a polled link: how busy they are, and what is wrong with the line itself rather
 * than with one device on it.
 *
 * Holds: numbers that are none count as 0; memory is bounded by the lines of the plan and the rows of the catalogue.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { InVain, LineFact } from "./facts.ts";
import { Punctuality } from "./punctuality.ts";
import type { Finding } from "./verdict.ts";

/** Answers that cannot be read, of several devices; and of one alone. */
export const garbled = "E121";
export const oneGarbled = "E122";
/** It has not the time for all that it is asked. */
const tooBusy = "E129";
/** What is a line's trouble rather than one device's. */
const troubles: ReadonlySet<string> = new Set(["E124", "E125", "E126", "E128"]);
/** A line is never quite clean: fewer turns, or a smaller share of what was heard, is nothing to look at. */
const fewestGarbled = 5;
const garbledShare = 0.05;
/** One device that has more of them than this is alone with it. */
const aloneShare = 0.8;
/** What no sound line ever shows, such as a second master, may come by chance once or twice; but no proof does. */
const fewestOthers = 3;
const proofs: ReadonlySet<string> = new Set(["line.gateway-proved"]);
/** What came with answers is told for so long after the last, or twice as long as it stayed away. */
const overMs = 60_000;
const viewMs = 300_000;

const whole = (value: number): number => (Number.isFinite(value) && value > 0 ? Math.floor(value) : 0);

interface Sign {
  last: number;
  times: number;
  proved: boolean;
  gapMs: number;
}

export class PolledLines {
  #lines: readonly LineFact[] = [];
  readonly #punctual = new Map<string, Punctuality>();
  /** What devices told of the line, by row. */
  readonly #signs = new Map<string, Sign>();
  /** Since when each trouble is there, by code. */
  #since = new Map<string, number>();

  take(lines: readonly LineFact[], now: number): void {
    this.#lines = lines;
    const names = new Set(lines.map(({ line }) => line));
    for (const name of this.#punctual.keys()) if (!names.has(name)) this.#punctual.delete(name);
    for (const { line, cyclesMissed, turns } of lines) {
      const known = this.#punctual.get(line) ?? new Punctuality();
      this.#punctual.set(line, known);
      known.take(whole(cyclesMissed), whole(turns?.poll ?? 0), now);
    }
    this.#date(now);
  }

  /** A device told a fault, perhaps beside a good answer. @returns whether it is the line's, and not the device's */
  heard(code: string, now: number): boolean {
    const row = reasonFor(code, "E119").code;
    if (!troubles.has(row) || !this.isOne) return false;
    const known = this.#signs.get(row);
    const again = known !== undefined && now - known.last <= viewMs ? known : null;
    const proved = proofs.has(code) || again?.proved === true;
    const gapMs = again === null ? 0 : Math.min(overMs, now - again.last);
    this.#signs.set(row, { last: now, times: (again?.times ?? 0) + 1, proved, gapMs });
    this.#date(now);
    return true;
  }

  /** Anything is polled at all. */
  get any(): boolean {
    return this.#lines.length > 0;
  }

  /** All its devices share one. */
  get isOne(): boolean {
    return this.#lines.length === 1;
  }

  /** Of the busiest line, 0 to 1; null: they are not known for long enough. */
  get busyShare(): number | null {
    const shares = this.#lines.flatMap(({ busyShare }) => (busyShare === null ? [] : [busyShare]));
    return shares.length === 0
      ? null
      : Math.min(1, Math.max(0, ...shares.map((share) => (share >= 0 ? share : 0))));
  }

  get cyclesMissed(): number {
    return this.#lines.reduce((sum, { cyclesMissed }) => sum + whole(cyclesMissed), 0);
  }

  /** Turns of the last minutes in which a device had a fault of this code. */
  turnsOf(code: string, device: string): number {
    const all = this.#lines.flatMap(({ recent }) => recent.faults.filter((fault) => fault.code === code));
    return all.reduce((sum, { who }) => sum + whole(who?.get(device) ?? 0), 0);
  }

  /** Null: it answered when it was asked last, or nobody knows. */
  inVain(device: string): InVain | null {
    for (const { recent } of this.#lines) {
      const known = recent.inVain?.get(device);
      if (known !== undefined) return known;
    }
    return null;
  }

  /** @param box what carries it, which may cost it time */
  findings(now: number, box?: string): Finding[] {
    return this.#troubles(now).map(({ code, facts }) => ({
      ...{ code, since: this.#since.get(code) ?? now },
      facts: code === tooBusy && box !== undefined ? { ...facts, box } : facts,
      state: reasonFor(code, "E119").state,
    }));
  }

  #date(now: number): void {
    const codes = new Set(this.#troubles(now).map(({ code }) => code));
    for (const code of this.#since.keys()) if (!codes.has(code)) this.#since.delete(code);
    for (const code of codes) if (!this.#since.has(code)) this.#since.set(code, now);
  }

  #troubles(now: number): Pick<Finding, "code" | "facts">[] {
    return [...this.#ofTheLine(now), ...this.#late()];
  }

  /** Of a link that is one line. Where each host is a line of its own, its devices tell. */
  #ofTheLine(now: number): Pick<Finding, "code" | "facts">[] {
    const [line, ...others] = this.#lines;
    if (line === undefined || others.length > 0) return [];
    const times = new Map<string, number>();
    const proved = new Set<string>();
    for (const [row, sign] of this.#signs) {
      if (now - sign.last >= Math.max(overMs, 2 * sign.gapMs)) continue;
      times.set(row, sign.times);
      if (sign.proved) proved.add(row);
    }
    const counted = new Map<string, number>();
    for (const { code, turns } of line.recent.faults) {
      const row = reasonFor(code, "E119").code;
      if (proofs.has(code)) proved.add(row);
      if (troubles.has(row)) counted.set(row, (counted.get(row) ?? 0) + whole(turns));
    }
    // A fault may be in both: it is not counted twice.
    for (const [row, turns] of counted) times.set(row, Math.max(turns, times.get(row) ?? 0));
    const found = [...times]
      .filter(([row, turns]) => turns >= fewestOthers || (turns > 0 && proved.has(row)))
      .map(([code, turns]) => ({ code, facts: { times: turns } }));
    const share = garbledOf(line);
    return share === null ? found : [...found, { code: garbled, facts: { share: Math.round(100 * share) } }];
  }

  #late(): Pick<Finding, "code" | "facts">[] {
    const [worst] = this.#lines
      .flatMap(({ line, busyShare }) => {
        const share = this.#punctual.get(line)?.missedShare() ?? null;
        return share === null ? [] : [{ line, share, busyShare }];
      })
      .sort((a, b) => b.share - a.share);
    if (worst === undefined) return [];
    const { line, share, busyShare } = worst;
    const busy = busyShare !== null && busyShare >= 0 ? Math.round(100 * Math.min(1, busyShare)) : null;
    const facts = { share: Math.round(100 * share), busy, line: this.isOne ? null : line };
    return [{ code: tooBusy, facts }];
  }
}

/** Which share of what was heard cannot be read; null: too little, or of one device alone. */
function garbledOf({ recent: { answered, faults } }: LineFact): number | null {
  let turns = 0;
  let devices = 0;
  const who = new Map<string, number>();
  for (const fault of faults) {
    const row = reasonFor(fault.code, "E119").code;
    if (row !== garbled && row !== oneGarbled) continue;
    turns += whole(fault.turns);
    devices = Math.max(devices, whole(fault.devices));
    for (const [device, own] of fault.who ?? []) who.set(device, (who.get(device) ?? 0) + whole(own));
  }
  const share = turns / (whole(answered) + turns);
  devices = Math.max(devices, who.size);
  const alone = Math.max(0, ...who.values()) > aloneShare * turns;
  return devices > 1 && !alone && turns >= fewestGarbled && share >= garbledShare ? share : null;
}
