import type { EpochRow } from "./wire.ts";

/** An epoch in memory: what is on disk (`head` = highest committed seq), and how far the newest has been given out. */
export interface OpenEpoch extends EpochRow {
  /** Last seq given. */
  given: number;
}
