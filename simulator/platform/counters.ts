/** What a receiver counted since it began; a restore from a backup does not turn these back. */
import type { Malformed } from "./claim.ts";

export interface Counters {
  /** Everything that came in as a batch, whatever became of it. */
  batches: number;
  rows: number;
  stored: number;
  /** Rows that were there already, absorbed. */
  duplicates: number;
  /** Same key, other value. */
  conflicts: number;
  /** Rows judged and refused; and those whose earlier refusal was repeated. */
  rejected: number;
  stickyRejects: number;
  /** Retry batches that came again and got the answer of their first time. */
  repeatedRetries: number;
  tooLarge: number;
  /** Messages that were no batch, by reason. */
  malformed: { [Reason in Malformed]?: number };
  /** Records that came although declared lost; and those whose loss had been certain. */
  recordsOverLosses: number;
  falseGaps: number;
  /** Records moved from time quality 2 to 3. */
  corrected: number;
  /** An epoch came with another base than before. */
  baseChanges: number;
  /** A series number got other attributes within one epoch. */
  seriesChanges: number;
  /** Simulated data without bit 7, or bit 7 on real data. */
  mislabelled: number;
}

export function newCounters(): Counters {
  return {
    batches: 0,
    rows: 0,
    stored: 0,
    duplicates: 0,
    conflicts: 0,
    rejected: 0,
    stickyRejects: 0,
    repeatedRetries: 0,
    tooLarge: 0,
    malformed: {},
    recordsOverLosses: 0,
    falseGaps: 0,
    corrected: 0,
    baseChanges: 0,
    seriesChanges: 0,
    mislabelled: 0,
  };
}
