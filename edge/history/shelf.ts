/**
 * What of the file is in memory: series, epochs, and which part spans which time. Read at opening, then kept in step.
 *
 * Holds: small whatever is stored: one entry a series, an epoch, and an epoch of a part.
 */
import type { Series } from "../../config/schema/vocabulary.ts";
import type { HistoryExtent } from "./contract.ts";
import { Intervals } from "./intervals.ts";

export interface EpochState {
  e: number;
  id: string;
  /** Wall ms of t = 0; null while unknown. */
  base: number | null;
  /** Time quality that `base` gives. */
  quality: number;
  /** Rows up to this t came before the base was known. */
  blindTo: number;
  /** Seqs that are here, or will never be: rows and gaps of claims. */
  done: Intervals;
}

/** Rows of one epoch in a part: `t` in ms of the epoch, `d` the times by their devices, when there are any. */
export interface Stretch {
  e: number;
  rows: number;
  t0: number;
  t1: number;
  d0: number | null;
  d1: number | null;
}

export class Shelf {
  readonly epochs = new Map<string, EpochState>();
  readonly byNumber = new Map<number, EpochState>();
  /** By number, and numbers by their body. */
  readonly series = new Map<number, Series>();
  readonly numbers = new Map<string, number>();
  /** In the order of arrival. */
  readonly parts = new Map<number, Stretch[]>();
  /** What came after the last part, by epoch. */
  fresh = new Map<number, Stretch>();
  freshRows = 0;
  freshChars = 0;

  addEpoch(epoch: EpochState): EpochState {
    this.epochs.set(epoch.id, epoch);
    this.byNumber.set(epoch.e, epoch);
    return epoch;
  }

  addSeries(s: number, body: string): number {
    this.series.set(s, JSON.parse(body) as Series);
    this.numbers.set(body, s);
    return s;
  }

  addFresh(e: number, rows: number, t0: number, t1: number, chars: number): void {
    const known = this.fresh.get(e);
    if (known === undefined) this.fresh.set(e, { e, rows, t0, t1, d0: null, d1: null });
    else {
      known.rows += rows;
      known.t0 = Math.min(known.t0, t0);
      known.t1 = Math.max(known.t1, t1);
    }
    this.freshRows += rows;
    this.freshChars += chars;
  }

  emptyFresh(): void {
    this.fresh = new Map();
    this.freshRows = 0;
    this.freshChars = 0;
  }

  /** Arrival of a stretch as wall ms; null while its base is unknown. */
  arrival({ e, t0, t1 }: Stretch): { oldest: number; newest: number } | null {
    const base = this.byNumber.get(e)?.base ?? null;
    return base === null ? null : { oldest: base + t0, newest: base + t1 };
  }

  /** Arrival of a part; null when it is not known of all of it. */
  arrivalOf(part: readonly Stretch[]): { oldest: number; newest: number } | null {
    let oldest = Number.POSITIVE_INFINITY;
    let newest = Number.NEGATIVE_INFINITY;
    for (const stretch of part) {
      const arrival = this.arrival(stretch);
      if (arrival === null) return null;
      oldest = Math.min(oldest, arrival.oldest);
      newest = Math.max(newest, arrival.newest);
    }
    return { oldest, newest };
  }

  extent(bytes: number): HistoryExtent {
    let oldest: number | null = null;
    let newest: number | null = null;
    let records = 0;
    for (const part of [...this.parts.values(), [...this.fresh.values()]])
      for (const stretch of part) {
        records += stretch.rows;
        const arrival = this.arrival(stretch);
        if (arrival === null) continue;
        oldest = Math.min(oldest ?? arrival.oldest, arrival.oldest);
        newest = Math.max(newest ?? arrival.newest, arrival.newest);
      }
    return { oldest, newest, records, bytes };
  }

  static epoch(row: {
    e: number;
    id: string;
    base: number | null;
    quality: number;
    blindTo: number;
    done: string;
  }): EpochState {
    return { ...row, done: new Intervals(JSON.parse(row.done) as [number, number][]) };
  }
}
