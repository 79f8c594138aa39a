/**
 * The tables of the journal's file, and the checksums over what stands in them (R1).
 *
 * Holds: a record's crc is over everything that says what it is (epoch, seq, class, series, text); the crc of another
 * row that matters is over the whole of it. SQLite's own check finds few flipped bits; these find each.
 */
import { crc32 } from "node:zlib";
import type { Sql, Sqlite } from "../sqlite.ts";
import type { CursorRow, EpochRow } from "./wire.ts";

/** "CEJ1" */
export const applicationId = 0x43454a31;
const schemaVersion = 3;

const tables = `
CREATE TABLE epoch (e INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, previous TEXT, cause TEXT NOT NULL, boot TEXT NOT NULL,
  mono REAL NOT NULL, base INTEGER, baseQuality INTEGER NOT NULL, head INTEGER, salvaged INTEGER NOT NULL DEFAULT 0,
  crc INTEGER NOT NULL);
CREATE TABLE series (s INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE series_copy (s INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE record (e INTEGER NOT NULL, seq INTEGER NOT NULL, class TEXT NOT NULL, s INTEGER NOT NULL, text TEXT NOT NULL,
  crc INTEGER NOT NULL, PRIMARY KEY (e, seq)) WITHOUT ROWID;
CREATE INDEX record_kept ON record (e, seq) WHERE class = 'K';
CREATE TABLE cursor (uplink TEXT NOT NULL, e INTEGER NOT NULL, next INTEGER NOT NULL, delivered INTEGER NOT NULL,
  withheld INTEGER NOT NULL, lost INTEGER NOT NULL, beforeTo INTEGER NOT NULL, carriedTo INTEGER NOT NULL, crc INTEGER NOT NULL,
  PRIMARY KEY (uplink, e)) WITHOUT ROWID;
CREATE TABLE refused (uplink TEXT NOT NULL, e INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL,
  again INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (uplink, e, seq)) WITHOUT ROWID;
CREATE INDEX refused_row ON refused (e, seq);
CREATE TABLE claim (uplink TEXT NOT NULL, e INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, gaps TEXT NOT NULL,
  PRIMARY KEY (uplink, e, first)) WITHOUT ROWID;
CREATE TABLE seen (n INTEGER PRIMARY KEY, lines TEXT NOT NULL);
CREATE TABLE mark (at INTEGER NOT NULL, e INTEGER NOT NULL, upTo INTEGER NOT NULL, PRIMARY KEY (e, upTo)) WITHOUT ROWID;
CREATE TABLE thinned (e INTEGER NOT NULL, class TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  crc INTEGER NOT NULL, swept INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (e, class, first)) WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};
`;

/** What was remembered of messages is given up once: a message sent again over this change is stored twice. */
const fromVersion1 = `
DROP TABLE seen;
CREATE TABLE seen (n INTEGER PRIMARY KEY, lines TEXT NOT NULL);
PRAGMA user_version = 2;
`;

/** Checksums over whole rows instead of texts alone; a row that was damaged before stays damaged. */
const fromVersion2 = `
ALTER TABLE record RENAME TO record2;
ALTER TABLE epoch RENAME TO epoch2;
ALTER TABLE series RENAME TO series2;
ALTER TABLE cursor RENAME TO cursor2;
DROP INDEX refused_row;
ALTER TABLE refused RENAME TO refused2;
ALTER TABLE claim RENAME TO claim2;
ALTER TABLE seen RENAME TO seen2;
ALTER TABLE mark RENAME TO mark2;
${tables}
INSERT INTO epoch SELECT e, id, previous, cause, boot, mono, base, baseQuality, head, 0,
  row_crc(e, id, previous, cause, boot, mono, base, baseQuality, head) FROM epoch2;
INSERT INTO series SELECT s, body, row_crc(s, body) FROM series2;
INSERT INTO series_copy SELECT * FROM series;
INSERT INTO record SELECT e, seq, class, s, text, record_crc(e, seq, class, s, text) + (crc <> text_crc(text)) FROM record2;
INSERT INTO cursor SELECT uplink, e, next, delivered, withheld, lost, beforeTo, 0,
  row_crc(uplink, e, next, delivered, withheld, lost, beforeTo, 0) FROM cursor2;
INSERT INTO refused SELECT * FROM refused2;
INSERT INTO claim SELECT * FROM claim2;
INSERT INTO seen SELECT * FROM seen2;
INSERT INTO mark SELECT * FROM mark2;
DROP TABLE record2; DROP TABLE epoch2; DROP TABLE series2; DROP TABLE cursor2; DROP TABLE refused2; DROP TABLE claim2;
DROP TABLE seen2; DROP TABLE mark2;
`;

/** Without its series a row says nothing, so each stands in two places of the file. */
export function putSeries(sql: Sql, s: number, body: string): void {
  const crc = rowCrc(s, body);
  sql("INSERT OR IGNORE INTO series VALUES (?, ?, ?)").run(s, body, crc);
  sql("INSERT OR IGNORE INTO series_copy VALUES (?, ?, ?)").run(s, body, crc);
}

/** @param signed `seq TAB class TAB s TAB text`, as it stands in a commit line */
export const recordCrc = (e: number, signed: string): number => crc32(signed, e >>> 0);

/** Of the columns of a row that is no record, in the order of its table. */
export const rowCrc = (...columns: unknown[]): number => crc32(JSON.stringify(columns));

/** `head` is null while it is the newest. */
export type EpochColumns = Omit<EpochRow, "head"> & { head: number | null };

export const epochCrc = (row: EpochColumns): number =>
  rowCrc(row.e, row.id, row.previous, row.cause, row.boot, row.mono, row.base, row.baseQuality, row.head);

export function putEpoch(sql: Sql, row: EpochColumns): void {
  const { e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged } = row;
  const statement = sql("INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.run(e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, epochCrc(row));
}

export function putCursor(sql: Sql, row: Omit<CursorRow, "quarantined">): void {
  const { uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo } = row;
  const statement = sql("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.run(uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo, cursorCrc(row));
}

export const cursorCrc = (row: Omit<CursorRow, "quarantined">): number =>
  rowCrc(row.uplink, row.e, row.next, row.delivered, row.withheld, row.lost, row.beforeTo, row.carriedTo);

/** Makes the tables of a new file, or brings an older file to this version. @throws when a later program wrote it */
export function bringUp(db: Sqlite): void {
  const version = () => db.pragma("user_version", { simple: true }) as number;
  if (version() === 0) db.transaction(() => db.exec(tables))();
  if (version() === 1) db.transaction(() => db.exec(fromVersion1))();
  if (version() === 2) {
    db.function("row_crc", { varargs: true }, (...columns) => rowCrc(...columns));
    db.function("text_crc", (text) => crc32(text as string));
    db.function("record_crc", (e, seq, recordClass, s, text) =>
      recordCrc(e as number, `${seq}\t${recordClass}\t${s}\t${text}`),
    );
    db.transaction(() => db.exec(fromVersion2))();
  }
  if (version() === schemaVersion) return;
  const detail = `journal file has version ${version()}, this program knows ${schemaVersion}`;
  // A later program counts on by one; anything else was never written by one of ours.
  throw Object.assign(new Error(detail), { code: version() <= schemaVersion + 20 ? "version" : "damaged" });
}
