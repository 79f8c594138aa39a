/**
 * What one line was busy with. Pure: time comes from outside, monotonic ms.
 *
 * Holds: a share is told only of a whole minute; a fault that stays away for a minute, and for twice as long as it
 * used to, while answers come, is over and told no more.
 * Memory: one entry per piece of time, and in it at most `maxCodes` codes; devices are those of the plan.
 */
import type { Why } from "./bus.ts";
import { AskedInVain, type InVain } from "./in-vain.ts";

/** What health and the status learn of one line. */
export interface LineFigures {
  line: string;
  /** Of the last minute, 0 to 1; null: the line is known for less than that. */
  busyShare: number | null;
  /** Moments at which a job was due and the line had no time for it; those of silent devices do not count. */
  cyclesMissed: number;
  /** Turns since the line was first used. */
  turns: Readonly<Record<Why, number>>;
  /** Devices that are down. */
  silent: readonly string[];
  /** Of the last minutes: polls and rechecks that were answered, and those that were not, by code; what is over aside. */
  recent: {
    answered: number;
    faults: readonly FaultFigures[];
    /** By device: the code that its last turns without an answer share, if there are some. */
    lately: ReadonlyMap<string, string>;
    /** By device that did not answer its last turn. */
    inVain: ReadonlyMap<string, InVain>;
  };
}

export interface FaultFigures {
  code: string;
  turns: number;
  /** How many devices had it. */
  devices: number;
  /** Turns of each. */
  who: ReadonlyMap<string, number>;
}

const pieceMs = 5_000;
const busyPieces = 12;
const windowMs = 60_000;
const outcomePieceMs = 10_000;
const outcomePieces = 30;
/** A fault is over after so long without it, and so many answers. */
const overMs = 60_000;
const overAnswers = 5;
/** Turns of one device that share a code; what the line itself has is certain at once. */
const someTurns = 3;
const enoughTurns = (code: string): number => (code.startsWith("line.") ? 1 : someTurns);
/** More codes in one piece of time are counted as the last of these. */
const maxCodes = 16;
const otherCode = "other";

type ByCode = Map<string, Map<string, number>>;

interface Outcomes {
  piece: number;
  answered: number;
  /** Turns by code and device. */
  faults: ByCode;
}

export class LineRecord {
  cyclesMissed = 0;
  readonly turns: Record<Why, number> = { command: 0, probe: 0, poll: 0, recheck: 0 };
  readonly #since: number;
  /** Busy ms by piece of time, oldest first. */
  #busy: { piece: number; ms: number }[] = [];
  #outcomes: Outcomes[] = [];
  /** When each code came last, and how long it had stayed away before. */
  readonly #last = new Map<string, { at: number; gapMs: number }>();
  /** By device: the code of its last turn without an answer, and of how many before. */
  readonly #lately = new Map<string, { code: string; turns: number; at: number }>();

  readonly #inVain = new AskedInVain();

  constructor(now: number) {
    this.#since = now;
  }

  /** A turn had the line. */
  turn(why: Why, from: number, to: number): void {
    this.turns[why] += 1;
    const first = Math.max(Math.floor(from / pieceMs), Math.floor(to / pieceMs) - busyPieces);
    for (let piece = first; piece * pieceMs < to; piece += 1)
      this.#add(piece, Math.min(to, (piece + 1) * pieceMs) - Math.max(from, piece * pieceMs));
  }

  answered(device: string, now: number): void {
    this.#inVain.answered(device);
    this.#now(now).answered += 1;
  }

  failed(device: string, code: string, now: number): void {
    this.#forget(now);
    this.#inVain.failed(device, now);
    const { faults } = this.#now(now);
    const name = faults.has(code) || faults.size < maxCodes ? code : otherCode;
    const devices = faults.get(name) ?? new Map<string, number>();
    devices.set(device, (devices.get(device) ?? 0) + 1);
    faults.set(name, devices);
    const before = this.#last.get(name)?.at ?? now;
    this.#last.set(name, { at: now, gapMs: Math.min(overMs, now - before) });
    const known = this.#lately.get(device);
    const turns = known?.code === code ? known.turns + 1 : 1;
    this.#lately.set(device, { code, turns, at: now });
  }

  /** @param from since when a turn has the line, or null */
  busyShare(from: number | null, now: number): number | null {
    if (now - this.#since < windowMs) return null;
    const start = (Math.floor(now / pieceMs) - busyPieces + 1) * pieceMs;
    const past = this.#busy.filter(({ piece }) => (piece + 1) * pieceMs > start);
    const running = from === null ? 0 : now - Math.max(from, start);
    const busyMs = past.reduce((sum, { ms }) => sum + ms, running);
    const share = busyMs / (now - start);
    return share >= 0 ? Math.min(1, share) : 0;
  }

  recent(now: number): LineFigures["recent"] {
    this.#forget(now);
    const all: ByCode = new Map();
    for (const { faults } of this.#outcomes)
      for (const [code, devices] of faults) {
        const who = all.get(code) ?? new Map<string, number>();
        all.set(code, who);
        for (const [device, turns] of devices) who.set(device, (who.get(device) ?? 0) + turns);
      }
    return {
      answered: this.#outcomes.reduce((sum, { answered }) => sum + answered, 0),
      faults: [...all].map(([code, who]) => ({
        code,
        turns: [...who.values()].reduce((sum, turns) => sum + turns, 0),
        devices: who.size,
        who,
      })),
      lately: this.#shared(),
      inVain: this.#inVain.all,
    };
  }

  #shared(): Map<string, string> {
    const some = [...this.#lately].filter(([, { code, turns }]) => turns >= enoughTurns(code));
    return new Map(some.map(([device, { code }]) => [device, code]));
  }

  /** What is too old, and what is over. */
  #forget(now: number): void {
    const oldest = Math.floor(now / outcomePieceMs) - outcomePieces;
    this.#inVain.forget(oldest * outcomePieceMs);
    this.#outcomes = this.#outcomes.filter(({ piece }) => piece > oldest);
    for (const [device, { at }] of this.#lately)
      if (Math.floor(at / outcomePieceMs) <= oldest) this.#lately.delete(device);
    for (const [code, { at, gapMs }] of this.#last) {
      if (Math.floor(at / outcomePieceMs) <= oldest) this.#last.delete(code);
      if (now - at < Math.max(overMs, 2 * gapMs) || this.#answeredAfter(at) < overAnswers) continue;
      this.#last.delete(code);
      for (const { faults } of this.#outcomes) faults.delete(code);
    }
  }

  #answeredAfter(at: number): number {
    const piece = Math.floor(at / outcomePieceMs);
    return this.#outcomes.reduce((sum, each) => sum + (each.piece > piece ? each.answered : 0), 0);
  }

  #add(piece: number, ms: number): void {
    const last = this.#busy.at(-1);
    if (last?.piece === piece) last.ms += ms;
    else this.#busy.push({ piece, ms });
    while (this.#busy.length > busyPieces + 1) this.#busy.shift();
  }

  #now(now: number): Outcomes {
    const piece = Math.floor(now / outcomePieceMs);
    const last = this.#outcomes.at(-1);
    if (last?.piece === piece) return last;
    const next: Outcomes = { piece, answered: 0, faults: new Map() };
    this.#outcomes.push(next);
    while (this.#outcomes.length > outcomePieces) this.#outcomes.shift();
    return next;
  }
}
