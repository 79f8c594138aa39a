/**
 * What one line was busy with. Pure: time comes from outside, monotonic ms.
 * Memory: one entry per piece of time, and in it at most `maxCodes` codes; devices are those of the plan.
 */
import type { Why } from "./bus.ts";

/** What health and the status learn of one line. */
export interface LineFigures {
  line: string;
  /** Of the last minute, 0 to 1. */
  busyShare: number;
  /** Moments at which a job was due and the line had no time for it; those of silent devices do not count. */
  cyclesMissed: number;
  /** Turns since the line was first used. */
  turns: Readonly<Record<Why, number>>;
  /** Devices that are down. */
  silent: readonly string[];
  /** Of the last minutes: polls and rechecks that were answered, and those that were not, by code. */
  recent: { answered: number; faults: readonly FaultFigures[] };
}

export interface FaultFigures {
  code: string;
  turns: number;
  /** How many devices had it. */
  devices: number;
}

const pieceMs = 5_000;
const busyPieces = 12;
const outcomePieceMs = 60_000;
const outcomePieces = 5;
/** More codes in one piece of time are counted as the last of these. */
const maxCodes = 16;
const otherCode = "other";

interface Outcomes {
  piece: number;
  answered: number;
  faults: Map<string, { turns: number; devices: Set<string> }>;
}

export class LineRecord {
  cyclesMissed = 0;
  readonly turns: Record<Why, number> = { command: 0, probe: 0, poll: 0, recheck: 0 };
  readonly #since: number;
  /** Busy ms by piece of time, oldest first. */
  #busy: { piece: number; ms: number }[] = [];
  #outcomes: Outcomes[] = [];

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

  answered(now: number): void {
    this.#now(now).answered += 1;
  }

  failed(device: string, code: string, now: number): void {
    const { faults } = this.#now(now);
    const name = faults.has(code) || faults.size < maxCodes ? code : otherCode;
    const known = faults.get(name) ?? { turns: 0, devices: new Set() };
    known.turns += 1;
    known.devices.add(device);
    faults.set(name, known);
  }

  /** @param from since when a turn has the line, or null */
  busyShare(from: number | null, now: number): number {
    const start = Math.max(this.#since, (Math.floor(now / pieceMs) - busyPieces + 1) * pieceMs);
    const past = this.#busy.filter(({ piece }) => (piece + 1) * pieceMs > start);
    const running = from === null ? 0 : now - Math.max(from, start);
    const busyMs = past.reduce((sum, { ms }) => sum + ms, running);
    const share = busyMs / (now - start);
    return share >= 0 ? Math.min(1, share) : 0;
  }

  recent(now: number): LineFigures["recent"] {
    const oldest = Math.floor(now / outcomePieceMs) - outcomePieces;
    const seen = this.#outcomes.filter(({ piece }) => piece > oldest);
    const all = new Map<string, { turns: number; devices: Set<string> }>();
    for (const { faults } of seen)
      for (const [code, { turns, devices }] of faults) {
        const known = all.get(code) ?? { turns: 0, devices: new Set() };
        all.set(code, { turns: known.turns + turns, devices: new Set([...known.devices, ...devices]) });
      }
    return {
      answered: seen.reduce((sum, { answered }) => sum + answered, 0),
      faults: [...all].map(([code, { turns, devices }]) => ({ code, turns, devices: devices.size })),
    };
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
