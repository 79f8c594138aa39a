/**
 * The journal: every record of a school on local disk until each uplink has it confirmed.
 *
 * Holds (journal-wide, always):
 * - `append` resolves only after the fsync of the commit that holds all of its records; order of calls = order of seq.
 * - An epoch is one opening; seq starts at 1 with the event `journal.opened` and has no holes; nothing is appended to an earlier epoch.
 * - Only committed rows are handed out; no seq ≥ next + 4,000 outside early slices.
 * - Per uplink and epoch, from what is on disk: head = delivered + withheld + quarantined + lost + waiting.
 * Never happens:
 * - a row changes after append; a settled prefix moves over an unsettled seq; a receipt settles what is not in flight.
 */

import type { Lane } from "../../config/schema/batch.ts";
import type { Series } from "../../config/schema/vocabulary.ts";
import type { Key } from "../../drivers/contract/index.ts";
import type { Draft, Receipt, Slice } from "../../gateway/contract/index.ts";

/** `now`: alarm, event, command; `ack`: somebody awaits an acknowledgement; `polled`: nobody waits. */
export type Urgency = "now" | "ack" | "polled";

/** What an uplink takes and where it begins; known to the journal from open on. */
export interface UplinkFilter {
  id: string;
  /** Pure, by the attributes of the series alone. Never asked about the gateway's own openings and losses. */
  accepts(series: Series): boolean;
  /** Where an uplink seen for the first time begins; earlier seqs are claimed as `before`. */
  start: "now" | "oldest";
  /** Rows are kept until it has them; default true. false: what is gone when it comes is claimed as `gone`. */
  holds?: boolean;
}

/** The five fates of one uplink's seqs, and the head they sum to. */
export interface Account {
  uplink: string;
  epoch: string;
  head: number;
  delivered: number;
  withheld: number;
  quarantined: number;
  lost: number;
  waiting: number;
}

export interface JournalStatus {
  state: "open" | "store-down" | "closed";
  epoch: string;
  /** Highest seq given and highest committed in the newest epoch. */
  given: number;
  head: number;
  /** Bytes of database + WAL. */
  bytes: number;
  /** Bytes of it that hold data; the rest is written again before the file grows. */
  used: number;
  pendingBytes: number;
  /** More data than the quota and nothing left that may go: measurements are refused, everything else goes on. */
  full: boolean;
  /** The writer is at work: the file on disk may change at any moment. */
  writing: boolean;
  commits: number;
  /** Records committed since this process opened the journal, openings included. */
  stored: number;
  repeated: number;
  accounts: Account[];
  /** Receipts that settled nothing: unknown, late, repeated, malformed. */
  strayReceipts: number;
  /** Since this process opened the journal: records that had to make room, and records that could not be read any more. */
  lost: { quota: number; unreadable: number };
  /** What became of a file that could not be used, in this process: the last one. */
  broken?: "damaged" | "file-lost";
  /** A damaged file is being read: share of it that was read, 0 to 1. */
  salvaging?: number;
  /** Last commit failure, as a code (ENOSPC, EIO, …). */
  fault?: string;
}

export interface Quarantine {
  codes: { code: string; count: number }[];
  /** `base`: wall ms of t = 0 of its epoch, or null. */
  rows: {
    epoch: string;
    base: number | null;
    seq: number;
    code: string;
    series: Series | null;
    text: string;
  }[];
}

export interface CarriedWord {
  epoch: string;
  first: number;
  last: number;
  rejected: readonly { seq: number; code: string }[];
}

export interface Journal {
  /**
   * All drafts and keys in one transaction. Resolves after its fsync.
   * Rejects with NotStored "busy" above maxPendingBytes, "store-down" when the disk refuses.
   * A known key gives `repeated: true` and stores nothing; a repeat of an uncommitted message shares its fate.
   */
  append(drafts: Draft[], keys: Key[], urgency: Urgency): Promise<{ repeated: boolean }>;
  /** True iff `append` with these keys would find a repeat: ask before anything is derived from the message. */
  knows(keys: Key[]): boolean;
  /** The next piece of a lane, marked as in flight; null when there is nothing to send now. */
  read(uplink: string, lane: Lane, max: { rows: number; bytes: number }): Promise<Slice | null>;
  /** Claims without rows, one for each epoch held for this uplink (the newest included); ask at connect and hourly. */
  claims(uplink: string): Slice[];
  /** Applies a receipt by R9; idempotent. Resolves when persisted. Throws nothing for a bad receipt: it is counted. */
  settle(uplink: string, slice: string, receipt: Receipt): Promise<void>;
  /** Forgets what is in flight in a lane: reading starts at `next` again (too large, session lost and bytes gone). */
  release(uplink: string, lane: Lane): void;
  /** Quarantined rows are offered again on lane retry, all or those with `code`. Resolves to how many. */
  retry(uplink: string, code?: string): Promise<number>;
  /** Quarantined rows of an uplink: how many by code, and the first `rows` of them with what they are. */
  quarantine(uplink: string, rows: number): Promise<Quarantine>;
  /**
   * The next piece to be carried by hand (R14): what waits for an uplink after `after`, oldest epoch first, as a claim.
   * Nothing is in flight by it; that it was given away is on disk before it is. null: that was all.
   */
  carry(
    uplink: string,
    after: { epoch: string; seq: number } | null,
    max: { rows: number; bytes: number },
  ): Promise<Slice | null>;
  /**
   * The platform's word that it has [first, last] of an epoch but for what it rejected: moves `next` iff
   * first ≤ next ≤ last + 1. Resolves when persisted, to how many seqs it moved.
   */
  carried(uplink: string, word: CarriedWord): Promise<number>;
  /** A new epoch (an uplink reconnects with > 1,000 rows waiting in the newest). */
  roll(cause: string): Promise<void>;
  /**
   * Other uplinks, or other filters of the same, from now on. One that is gone has nothing in flight any more,
   * keeps its place on disk for the day it comes back, and holds no row meanwhile; a changed filter holds for seqs not yet claimed (R14).
   */
  adopt(uplinks: readonly UplinkFilter[]): void;
  /** The wall clock is known: base of this boot's epochs that have none. `quality` 0 synced, 1 holdover. */
  clockKnown(wallMs: number, quality: 0 | 1): void;
  /** Base of the newest epoch, or null: for normalising device times. */
  base(): { ms: number; quality: number } | null;
  status(): JournalStatus;
  /** Called after each commit and each settle, coalesced: there may be something to read. */
  onChange(wake: () => void): void;
  /** Commits what waits, then closes the file. */
  close(): Promise<void>;
}
