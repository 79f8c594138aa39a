/**
 * What the two halves of the journal say to each other. A commit crosses as one joined string
 * (one line a change), never as an array of objects; replies are small.
 *
 * Lines: first character is the verb, fields are separated by tabs. Row texts are JSON and
 * hold neither tab nor newline raw; everything that comes from outside crosses as JSON.
 */
import type { Series } from "../../config/schema/vocabulary.ts";

/** One opening of the journal, as on disk. */
export interface EpochRow {
  e: number;
  /** 80 random bits, hex. */
  id: string;
  previous: string | null;
  cause: string;
  boot: string;
  /** Monotonic ms of `boot` at t = 0. */
  mono: number;
  base: number | null;
  baseQuality: number;
  /** Highest seq; null on disk while it is the newest, filled in by load. */
  head: number;
  /** 1: came out of a damaged file, so what is not there is corrupt. */
  salvaged: 0 | 1;
  /** Seqs below were settled by all, so that they may be gone; any other hole is damage. */
  purgedTo: number;
}

export interface CursorRow {
  uplink: string;
  e: number;
  next: number;
  delivered: number;
  withheld: number;
  lost: number;
  /** Seqs up to here are claimed as `before`. */
  beforeTo: number;
  /** Seqs up to here may be at the platform unconfirmed: carried by hand, or sent before it went back. */
  carriedTo: number;
  quarantined: number;
}

/** Records of a damaged file that are lost and that no claim tells: a record of their loss is owed. */
export interface Owed {
  /** Generation of that file. */
  wreck: number;
  /** Empty: each. */
  uplink: string;
  count: number;
}

/** Everything the main half needs to go on from what truly is on disk. */
export interface Content {
  epochs: EpochRow[];
  series: [s: number, series: Series][];
  cursors: CursorRow[];
  /** What is remembered of messages, as lines of the verbs K, D and X in their order. */
  seen: string[];
  /** Rows marked for another try, per uplink. */
  retrying: [uplink: string, rows: number][];
  owed: Owed[];
  space: Space;
}

/** What was found when the file was opened. */
export interface Loaded extends Content {
  /** Not the file that was there before: that one was damaged, or is gone. */
  cause: "damaged" | "file-lost" | null;
  /** Numbers that a new epoch and a new series get at least: no number is given twice. */
  firstEpoch: number;
  firstSeries: number;
  /** Damaged files that wait to be salvaged. */
  aside: number;
}

/** How many rows of a series, and their times in ms of the epoch. */
export interface Weight {
  s: number;
  count: number;
  fromT: number;
  toT: number;
}

/** What the writer thread is given. */
export interface WriterData {
  file: string;
  maxBytes: number | undefined;
  /** Free bytes of the disk that are not for us. */
  floorBytes: number;
}

/** Bytes of the disk that the journal has and may have. */
export interface Space {
  /** Database and WAL. */
  bytes: number;
  /** The database alone. */
  file: number;
  /** Of the database, what holds data: what was deleted is used again before the file grows. */
  used: number;
  /** Free on the disk. */
  free: number;
}

/** Rows of one class in [first, last] that had to make room. */
export interface Thinned {
  class: string;
  first: number;
  last: number;
}

export interface StoredRow {
  seq: number;
  s: number;
  text: string;
}

/** What the main half asks, and with what. */
export interface Asks {
  /** `damaged`: what is there is not to be used any more. */
  open: { damaged: boolean };
  commit: { lines: string };
  /** Rows in [from, to]; without any, what is covered may reach on to `bareTo`. */
  read: { e: number; from: number; to: number; bareTo: number; rows: number; bytes: number };
  refused: { uplink: string; rows: number };
  /** The newest rows of these series, none of class T, from a seq of each epoch on. */
  latest: { from: [e: number, seq: number][]; series: number[]; rows: number };
  retry: { uplink: string; code: string | null };
  rewind: { uplink: string; e: number; to: number };
  /** `ranMs`: monotonic ms since the last of these in this process, or since its start. */
  purge: { ranMs: number; holdMs: number; uplinks: string[] };
  /** Rows of a class in [first, last], at most `rows` of them and none of `untilT` (ms of the epoch) or later. */
  weigh: { e: number; class: string; first: number; last: number; untilT: number; rows: number };
  sweep: { uplinks: string[] };
  /** Characters of the rows of class K, and of the journal's own. */
  kept: null;
  /** How many rows an uplink refused, by code, and the first of them. */
  quarantined: { uplink: string; rows: number };
  /** Looks at so many pages of what was set aside. */
  salvage: { pages: number };
  reserve: null;
  close: null;
}
export type Op = keyof Asks;

/** Rows found in [from, upTo]; seqs of it that are in neither list are not held, those in `thinned` for want of room. */
export interface ReadReply {
  rows: StoredRow[];
  corrupt: number[];
  thinned: Thinned[];
  upTo: number;
}

export interface Replies {
  open: Loaded;
  commit: Space;
  read: ReadReply;
  /** `unreadable`: seqs of which there is no row any more, or not as it was written. */
  refused: { e: number; rows: StoredRow[]; unreadable: number[] };
  /** The oldest first. */
  latest: { e: number; row: StoredRow }[];
  retry: { rows: number };
  rewind: CursorRow;
  /** `folded`: epochs that are gone altogether. */
  purge: { deleted: number; folded: number[]; more: boolean; space: Space };
  /** What would be lost by series, `t` in ms of its epoch; series 0: of rows that cannot be read. */
  weigh: { first: number; last: number; fromT: number; losses: Weight[]; more: boolean } | null;
  sweep: { deleted: number; more: boolean; space: Space };
  kept: { chars: number; ownChars: number };
  quarantined: {
    codes: { code: string; count: number }[];
    rows: (StoredRow & { e: number; code: string })[];
  };
  /** `share` of one file, 0 to 1; `content`: it was read to its end. `more`: there is more to read. */
  salvage: { share: number; content: Content | null; more: boolean };
  reserve: null;
  close: null;
}

export const line = {
  epoch: (row: Omit<EpochRow, "head">) => `E${JSON.stringify(row)}`,
  closed: (e: number, head: number) => `H${JSON.stringify([e, head])}`,
  series: (s: number, series: Series) => `S${JSON.stringify([s, series])}`,
  record: (e: number, seq: number, recordClass: string, s: number, text: string) =>
    `R${e}\t${seq}\t${recordClass}\t${s}\t${text}`,
  /** `n`: its number in the slot, from 1; 0: the only one. `keys`: of `keyLength` characters each, the last of them is the nth. */
  seen: (slot: string, n: number, keys: string) => `K${slot}\t${n}\t${keys}`,
  drop: (slot: string) => `D${slot}`,
  /** What was remembered is over; what still holds follows. */
  anew: () => "X",
  base: (e: number, base: number, quality: number) => `B${JSON.stringify([e, base, quality])}`,
  cursor: (row: Omit<CursorRow, "quarantined">) => `C${JSON.stringify(row)}`,
  refused: (uplink: string, e: number, seq: number, code: string) =>
    `Q${JSON.stringify([uplink, e, seq, code])}`,
  /** Rows of `recordClass` in [first, last] do not exist any more. */
  thin: (e: number, recordClass: string, first: number, last: number) =>
    `T${JSON.stringify([e, recordClass, first, last])}`,
  /** The record of what was owed is in this commit. */
  told: ({ wreck, uplink }: Owed) => `L${JSON.stringify([wreck, uplink])}`,
  accepted: (uplink: string, e: number, seq: number) => `U${JSON.stringify([uplink, e, seq])}`,
  claim: (
    uplink: string,
    e: number,
    first: number,
    last: number,
    gaps: readonly (readonly [number, number, string])[],
  ) => `G${JSON.stringify([uplink, e, first, last, JSON.stringify(gaps)])}`,
} as const;

/** Reads back what `line.record` wrote at [start, end) of `lines`; `signed`: what its crc is over. null: a line of another verb. */
export function recordLine(
  lines: string,
  start: number,
  end: number,
): { e: number; seq: number; class: string; s: number; text: string; signed: string } | null {
  if (lines[start] !== "R") return null;
  const seq = lines.indexOf("\t", start) + 1;
  const recordClass = lines.indexOf("\t", seq) + 1;
  const s = lines.indexOf("\t", recordClass) + 1;
  const text = lines.indexOf("\t", s) + 1;
  return {
    e: Number(lines.slice(start + 1, seq - 1)),
    seq: Number(lines.slice(seq, recordClass - 1)),
    class: lines.slice(recordClass, s - 1),
    s: Number(lines.slice(s, text - 1)),
    text: lines.slice(text, end),
    signed: lines.slice(seq, end),
  };
}

/** A key is so many characters of base64url. */
export const keyLength = 11;
/** Keys a slot remembers. */
export const keysPerSlot = 256;
