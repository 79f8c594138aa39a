/**
 * The local history: every record of the school for as long as there is room, for local queries, charts and modules.
 * It is an uplink like any other (R14): the journal hands it slices and it answers with receipts, but its platform
 * is a file of its own beside the journal's.
 *
 * Holds:
 * - a record is here once, however often its batch comes: what is here is known by (epoch, seq), as runs (R13);
 * - a receipt is given after the commit that holds its rows; a power cut may undo the last commits (synchronous =
 *   NORMAL), and `next` of the next receipt tells the journal so;
 * - it takes no more room than its quota, and none of the disk's free floor: its oldest goes first;
 * - a file that is damaged or of another program is set aside and begun anew; the journal sends what it still has.
 * Never happens: the journal or the agent waits for it, or holds a row for its sake; a clock that jumps empties it.
 */
import type { Value } from "../../config/schema/vocabulary.ts";

/** What is asked of it: values of one device, the newest first. */
export interface HistoryAsk {
  device: string;
  /** Absent: all of its points. */
  point?: string | undefined;
  /** Wall ms UTC: `from` is within, `to` is not. With either, values of unknown time are left out. */
  from?: number | undefined;
  to?: number | undefined;
  /** Most values of the answer. */
  limit: number;
  /** Highest data level of who asks. */
  level: number;
}

export interface HistoryValue {
  point: string;
  /** Wall ms UTC by the device, else of its arrival; null: the clock was not known and never became so. */
  time: number | null;
  /** Wall ms UTC of its arrival; null as above. */
  received: number | null;
  /** 0 synced, 1 holdover, 2 not known, 3 corrected later. */
  timeQuality: number;
  value: Value;
  quality: number;
  /** UCUM. */
  unit?: string | undefined;
}

export interface HistoryAnswer {
  /** Newest first. */
  values: HistoryValue[];
  /** There are older ones: ask again with `to` = time of the last. Values of one ms are never parted. */
  more: boolean;
  /** Values of unknown time that were left out. */
  undated: number;
  /** Pieces of it that could not be read any more. */
  damaged: number;
  /** Points of this device that are here and may be seen. Empty: nothing of it is here. */
  points: string[];
  /** Devices that are here; given when nothing of the one that was asked for is. */
  devices?: string[];
}

export interface HistoryExtent {
  /** Wall ms UTC of the oldest and the newest record; null while there is none of known time. */
  oldest: number | null;
  newest: number | null;
  records: number;
  /** On disk, what was set aside included. */
  bytes: number;
}

/** Told as it happens, by callback; the callback throws nothing. */
export type HistoryFact =
  | { what: "open"; extent: HistoryExtent }
  | { what: "stored"; extent: HistoryExtent }
  /** A file was set aside (or lost) and begun anew; `why` is a code. */
  | { what: "anew"; why: string }
  /** Below the disk's free floor with nothing left to give up: it does not grow. */
  | { what: "resting" };
