/**
 * The facts that other parts push into health, and what health tells back.
 * Facts are small and cheap to push; nothing in them is trusted to be well-formed text.
 */
import type { HealthState, Value } from "../../config/schema/vocabulary.ts";

export type LinkFact =
  | { what: "opening" }
  | { what: "open" }
  /** `nextMs`: until it is tried again; null or absent: nobody knows. */
  | { what: "closed"; code?: string; retry?: "later" | "never"; detail?: string; nextMs?: number | null }
  /** Told while its devices are polled, every few seconds. */
  | { what: "polled"; lines: readonly LineFact[] };

/** How one line is doing. */
export interface LineFact {
  line: string;
  /** Of the last minute, 0 to 1; null: it is known for less than that. */
  busyShare: number | null;
  /** Moments at which something was due and the line had no time for it. */
  cyclesMissed: number;
  /** Turns since it was first used. */
  turns?: { readonly poll: number };
  /** Of the last minutes: polls that were answered, and those that were not; what is over aside. */
  recent: {
    answered: number;
    faults: readonly LineTrouble[];
    /** By device: the code that its last turns without an answer share. */
    lately?: ReadonlyMap<string, string>;
    /** By device that did not answer when it was asked last. */
    inVain?: ReadonlyMap<string, InVain>;
  };
}

/** Monotonic ms. */
export interface InVain {
  /** It was asked in vain for the first time since it last answered. */
  first: number;
  /** From here on it was asked as often in vain as makes a device silent; null: not so often yet. */
  enough: number | null;
}

export interface LineTrouble {
  code: string;
  turns: number;
  /** How many devices had it. */
  devices: number;
  /** Turns of each. */
  who?: ReadonlyMap<string, number>;
}

/** One normalised value, whether it was stored or not. */
export interface ValueFact {
  point: string;
  quality: number;
  value: Value;
  /** Wall ms UTC of the record; null while the clock is not known. */
  time: number | null;
  /** Selected by the storing rule. */
  kept: boolean;
  /** A counter that fell, and nobody has said why: from and to as people see them on the unit. */
  fell?: { from: number; to: number; unit: string };
}

export type UplinkFact =
  | { what: "connecting" }
  | { what: "open"; confirms: "receipt" | "broker" }
  | { what: "closed"; code: string; retry: "later" | "never"; detail: string }
  /** A receipt was settled. */
  | { what: "settled"; taken: number; rejected: number; lane: string }
  /** A batch was not taken, but nothing in it was judged. */
  | { what: "kept"; lane: string; code: string; detail: string }
  /** Batches are in flight and nothing was confirmed for so long; `times` in a row, absent: nobody counts. */
  | { what: "stalled"; forMs: number; times?: number }
  /** The platform asks that nothing but alarms is sent for so long; 0: that is over before its time. */
  | { what: "paused"; forMs: number }
  /** By its contact windows: when it may be used again, and backlog sent, as local times of day; null: now. */
  | { what: "waits"; use: string | null; backlog: { opens: string; records: number } | null }
  | { what: "stray"; code: string }
  /** Given up until somebody looks: the platform keeps rejecting. */
  | { what: "stopped"; code: string };

/** What the journal says of itself; a `JournalStatus` with what the agent knows of the disk. */
export interface JournalFact {
  state: "open" | "store-down" | "closed";
  head: number;
  stored: number;
  bytes: number;
  /** Of them taken by data; absent: all. */
  used?: number;
  repeated?: number;
  accounts: readonly {
    uplink: string;
    delivered: number;
    withheld: number;
    quarantined: number;
    lost: number;
    waiting: number;
  }[];
  /** Since the start: records that had to make room, and records that could not be read any more. */
  lost?: { quota: number; unreadable: number };
  /** A file could not be used: it was damaged, or gone. */
  broken?: "damaged" | "file-lost";
  /** The damaged file is being read: share of it that was read, 0 to 1. */
  salvaging?: number;
  fault?: string;
  /** The quota is used up and nothing may go: measurements are refused until the platform has confirmed what is stored. */
  full?: boolean;
  /** Appends are being refused because too much waits for the disk. */
  busy?: boolean;
  /** Wall ms UTC of the last commit. */
  lastCommitMs?: number;
  disk?: { freeBytes: number; floorBytes: number };
}

/** What the local history says of itself. */
export type HistoryFact =
  | { what: "open" | "stored"; extent: HistoryExtent }
  | { what: "closed"; code: string }
  /** A file that could not be used was set aside; it begins anew. */
  | { what: "anew" };

export interface HistoryExtent {
  /** Wall ms UTC of the oldest and newest record; null while there is none of known time. */
  oldest: number | null;
  newest: number | null;
  records: number;
  /** On disk. */
  bytes: number;
}

export interface ClockFact {
  known: boolean;
  /** 0 synced, 1 holdover, 2 not yet known, 3 corrected later. */
  quality: number;
  /** Whose word it goes by; `nobody`: who vouched for it no longer does. */
  source?: "system" | "configuration" | "platform" | "nobody";
  /** How far a platform's clock is ahead of ours (negative: behind), when that is worth a word; else null. */
  platformAheadMs?: number | null;
  /** What the machine's clock shows, when that cannot be although somebody vouches for it; else null. */
  absurdMs?: number | null;
}

export interface ConfigurationFact {
  running: string;
  /** Revision of the files in the folder; null while nobody looked. */
  files: string | null;
  /** Errors in the files; with any, the running configuration stays. */
  problems: readonly { file: string; line: number }[];
}

/** One subject's state became another. Told once per change. */
export interface Change {
  subject: string;
  of: "gateway" | "uplink" | "link" | "device";
  from: HealthState;
  to: HealthState;
  /** Row of the catalogue of reasons; absent when all is well. */
  code?: string;
  /** Wall ms UTC. */
  at: number;
  /** How long it was not well; present when it is well again. */
  lastedMs?: number;
  /** What explains it: a link for its devices. An explained change raises no alarm of its own. */
  root?: string;
}
