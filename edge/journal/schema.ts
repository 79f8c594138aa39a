/**
 * The tables of the journal's file, and the checksums over what stands in them (R1).
 *
 * Holds: a record's crc is over everything that says what it is (epoch, seq, class, series, text); the crc of another
 * row that matters is over the whole of it. SQLite's own check finds few flipped bits; these find each.
 */
import { crc32 } from "node:zlib";
import type { Sql, Sqlite } from "../sqlite.ts";
import { DamagedError } from "./damaged.ts";
import type { CursorRow, EpochRow, Owed } from "./wire.ts";

/** "CEJ1" */
export const applicationId = 0x43454a31;
const schemaVersion = 4;

const tables = `
CREATE TABLE epoch (e INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, previous TEXT, cause TEXT NOT NULL, boot TEXT NOT NULL,
  mono REAL NOT NULL, base INTEGER, baseQuality INTEGER NOT NULL, head INTEGER, salvaged INTEGER NOT NULL DEFAULT 0,
  purgedTo INTEGER NOT NULL DEFAULT 0, crc INTEGER NOT NULL);
CREATE TABLE series (s INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE series_copy (s INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE record (e INTEGER NOT NULL, seq INTEGER NOT NULL, class TEXT NOT NULL, s INTEGER NOT NULL, text TEXT NOT NULL,
  crc INTEGER NOT NULL, PRIMARY KEY (e, seq)) WITHOUT ROWID;
CREATE INDEX record_kept ON record (e, seq) WHERE class <> 'T';
CREATE TABLE cursor (uplink TEXT NOT NULL, e INTEGER NOT NULL, next INTEGER NOT NULL, delivered INTEGER NOT NULL,
  withheld INTEGER NOT NULL, lost INTEGER NOT NULL, beforeTo INTEGER NOT NULL, carriedTo INTEGER NOT NULL, crc INTEGER NOT NULL,
  PRIMARY KEY (uplink, e)) WITHOUT ROWID;
CREATE TABLE refused (uplink TEXT NOT NULL, e INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL,
  again INTEGER NOT NULL DEFAULT 0, crc INTEGER NOT NULL, PRIMARY KEY (uplink, e, seq)) WITHOUT ROWID;
CREATE INDEX refused_row ON refused (e, seq);
CREATE TABLE claim (uplink TEXT NOT NULL, e INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, gaps TEXT NOT NULL,
  crc INTEGER NOT NULL, PRIMARY KEY (uplink, e, first)) WITHOUT ROWID;
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

/** What was refused and what was claimed without rows get their checksums. */
const signFates = `
ALTER TABLE refused ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claim ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;
UPDATE refused SET crc = row_crc(uplink, e, seq, code);
UPDATE claim SET crc = row_crc(uplink, e, first, last, gaps);
PRAGMA user_version = 4;
`;

/** The tables that are small; records keep theirs, whose checksums were changed before (`signRecords`). */
const fromVersion2 = `
ALTER TABLE epoch RENAME TO epoch2;
ALTER TABLE series RENAME TO series2;
ALTER TABLE cursor RENAME TO cursor2;
${tables.replace(/CREATE TABLE (record|refused|claim|seen|mark) [^;]*;|CREATE INDEX refused_row[^;]*;/g, "")}
INSERT INTO epoch SELECT e, id, previous, cause, boot, mono, base, baseQuality, head, 0, 0,
  row_crc(e, id, previous, cause, boot, mono, base, baseQuality, head, 0) FROM epoch2;
INSERT INTO series SELECT s, body, row_crc(s, body) FROM series2;
INSERT INTO series_copy SELECT * FROM series;
INSERT INTO cursor SELECT uplink, e, next, delivered, withheld, lost, beforeTo, 0,
  row_crc(uplink, e, next, delivered, withheld, lost, beforeTo, 0) FROM cursor2;
UPDATE epoch SET purgedTo = ifnull((SELECT min(seq) FROM record WHERE record.e = epoch.e), 1);
UPDATE epoch SET crc = row_crc(e, id, previous, cause, boot, mono, base, baseQuality, head, purgedTo);
DROP TABLE epoch2; DROP TABLE series2; DROP TABLE cursor2;
${signFates}`;

/** Rows whose checksum is changed in one transaction. */
const atOnce = 2000;

/**
 * Checksums over whole records instead of their texts alone, a little at a time, so that neither file nor WAL grows.
 * Begun again after a crash it leaves alone what it has done; a row that was damaged before stays damaged.
 */
function signRecords(db: Sqlite): void {
  const next = db.prepare(
    "SELECT e, seq, class, s, text, crc FROM record WHERE (e, seq) > (?, ?) ORDER BY e, seq LIMIT ?",
  );
  const change = db.prepare("UPDATE record SET crc = ? WHERE e = ? AND seq = ?");
  let at: [e: number, seq: number] = [Number.MIN_SAFE_INTEGER, 0];
  for (let more = true; more; ) {
    const rows = next.all(...at, atOnce) as RecordColumns[];
    db.transaction(() => {
      for (const { e, seq, class: recordClass, s, text, crc } of rows)
        if (crc === crc32(text)) change.run(recordCrc(e, `${seq}\t${recordClass}\t${s}\t${text}`), e, seq);
    })();
    const last = rows.at(-1);
    if (last !== undefined) at = [last.e, last.seq];
    more = rows.length === atOnce;
  }
}

type RecordColumns = RecordRow & { e: number };

/** Without its series a row says nothing, so each stands in two places of the file. */
export function putSeries(sql: Sql, s: number, body: string): void {
  const crc = rowCrc(s, body);
  sql("INSERT OR IGNORE INTO series VALUES (?, ?, ?)").run(s, body, crc);
  sql("INSERT OR IGNORE INTO series_copy VALUES (?, ?, ?)").run(s, body, crc);
}

/** @param signed `seq TAB class TAB s TAB text`, as it stands in a commit line */
export const recordCrc = (e: number, signed: string): number => crc32(signed, e >>> 0);

/** A record as it lies in its table. */
export interface RecordRow {
  seq: number;
  class: string;
  s: number;
  text: string;
  crc: number;
}

/** It is what was written; a flipped bit of a type makes bytes of a text, which read the same. */
export const sound = (e: number, { seq, class: recordClass, s, text, crc }: RecordRow): boolean =>
  typeof text === "string" && recordCrc(e, `${seq}\t${recordClass}\t${s}\t${text}`) === crc;

/** Of the columns of a row that is no record, in the order of its table. */
export const rowCrc = (...columns: unknown[]): number => crc32(JSON.stringify(columns));

/** `head` is null while it is the newest. */
export type EpochColumns = Omit<EpochRow, "head"> & { head: number | null };

export const epochCrc = (row: EpochColumns): number => {
  const { e, id, previous, cause, boot, mono, base, baseQuality, head, purgedTo } = row;
  return rowCrc(e, id, previous, cause, boot, mono, base, baseQuality, head, purgedTo);
};

const epochColumns =
  "e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo, crc FROM epoch";

/** @throws DamagedError when one is not what was written */
export function epochsOf(sql: Sql): EpochColumns[] {
  return (sql(`SELECT ${epochColumns} ORDER BY e`).all() as (EpochColumns & { crc: number })[]).map(checked);
}

/** @throws DamagedError when it is not what was written */
export function epochOf(sql: Sql, e: number): EpochColumns | undefined {
  const row = sql(`SELECT ${epochColumns} WHERE e = ?`).get(e) as
    | (EpochColumns & { crc: number })
    | undefined;
  return row === undefined ? undefined : checked(row);
}

function checked({ crc, ...row }: EpochColumns & { crc: number }): EpochColumns {
  if (epochCrc(row) !== crc) throw new DamagedError(`epoch ${row.e}`);
  return { ...row, salvaged: row.salvaged ? 1 : 0 };
}

export function putEpoch(sql: Sql, row: EpochColumns): void {
  const { e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo } = row;
  const columns = [e, id, previous, cause, boot, mono, base, baseQuality, head, salvaged, purgedTo];
  sql(`INSERT OR REPLACE INTO epoch VALUES (${columns.map(() => "?").join()}, ?)`).run(
    ...columns,
    epochCrc(row),
  );
}

export function putCursor(sql: Sql, row: Omit<CursorRow, "quarantined">): void {
  const { uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo } = row;
  const statement = sql("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement.run(uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo, cursorCrc(row));
}

export const cursorCrc = (row: Omit<CursorRow, "quarantined">): number =>
  rowCrc(row.uplink, row.e, row.next, row.delivered, row.withheld, row.lost, row.beforeTo, row.carriedTo);

/** A row that an uplink refused, and whether it goes again. */
export function putRefused(sql: Sql, uplink: string, e: number, seq: number, code: string): void {
  const crc = rowCrc(uplink, e, seq, code);
  sql("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, 0, ?)").run(uplink, e, seq, code, crc);
}

/** What an uplink was told of [first, last] that is no row: `gaps` is their JSON. */
export function putClaim(
  sql: Sql,
  uplink: string,
  e: number,
  first: number,
  last: number,
  gaps: string,
): void {
  const crc = rowCrc(uplink, e, first, last, gaps);
  sql("INSERT OR REPLACE INTO claim VALUES (?, ?, ?, ?, ?, ?)").run(uplink, e, first, last, gaps, crc);
}

/** `told`: 1 once there is a record of that loss. It stays: a salvage may begin again after that. */
export type OwedRow = Owed & { told: 0 | 1 };

const hasOwed = (sql: Sql): boolean =>
  sql("SELECT 1 FROM sqlite_schema WHERE name = 'owed'").get() !== undefined;

/** That losses of this wreck are written down for this uplink already. */
export const isOwed = (sql: Sql, { wreck, uplink }: Owed): boolean =>
  hasOwed(sql) && sql("SELECT 1 FROM owed WHERE wreck = ? AND uplink = ?").get(wreck, uplink) !== undefined;

/** Made when there is something to be written in it: a school whose disk is well has no page for it. */
const owedTable = `CREATE TABLE IF NOT EXISTS owed (wreck INTEGER NOT NULL, uplink TEXT NOT NULL, count INTEGER NOT NULL,
  told INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (wreck, uplink)) WITHOUT ROWID`;

/** `uplink` is empty when it is each of them. */
export function putOwed(sql: Sql, { wreck, uplink, count, told }: OwedRow): void {
  sql(owedTable).run();
  const crc = rowCrc(wreck, uplink, count, told);
  sql("INSERT OR REPLACE INTO owed VALUES (?, ?, ?, ?, ?)").run(wreck, uplink, count, told, crc);
}

/** @throws DamagedError when one is not what was written */
export function owedOf(sql: Sql): Owed[] {
  if (!hasOwed(sql)) return [];
  const rows = sql("SELECT wreck, uplink, count, told, crc FROM owed").all() as (OwedRow & { crc: number })[];
  return rows.flatMap(({ told, crc, ...owed }) => {
    if (rowCrc(owed.wreck, owed.uplink, owed.count, told) !== crc) throw new DamagedError("what is owed");
    return told === 1 ? [] : [owed];
  });
}

/** Makes the tables of a new file, or brings an older file to this version. @throws when a later program wrote it */
export function bringUp(db: Sqlite): void {
  const version = () => db.pragma("user_version", { simple: true }) as number;
  if (version() === 0) db.transaction(() => db.exec(tables))();
  if (version() === 1) db.transaction(() => db.exec(fromVersion1))();
  db.function("row_crc", { varargs: true }, (...columns) => rowCrc(...columns));
  if (version() === 2) {
    signRecords(db);
    db.transaction(() => db.exec(fromVersion2))();
  }
  if (version() === 3) db.transaction(() => db.exec(signFates))();
  if (version() === schemaVersion) return;
  const detail = `journal file has version ${version()}, this program knows ${schemaVersion}`;
  // A later program counts on by one; anything else was never written by one of ours.
  throw Object.assign(new Error(detail), { code: version() <= schemaVersion + 20 ? "version" : "damaged" });
}
