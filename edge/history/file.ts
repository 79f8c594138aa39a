/**
 * The history's file: its tables, and setting it aside when it cannot be used.
 *
 * `fresh` holds batches as they came, row texts untouched; when there are enough of them they become one part:
 * chunks of one series and epoch each, found by (part, series). Parts are in the order of arrival, and go whole.
 */
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { openSqlite, type Sqlite } from "../sqlite.ts";

/** "CEH1" */
const applicationId = 0x43454831;
const schemaVersion = 1;

const tables = `
CREATE TABLE series (s INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE epoch (e INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, base INTEGER, quality INTEGER NOT NULL,
  blindTo INTEGER NOT NULL, done TEXT NOT NULL);
CREATE TABLE fresh (n INTEGER PRIMARY KEY, e INTEGER NOT NULL, rows INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
  numbers TEXT NOT NULL, text TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE part (p INTEGER NOT NULL, e INTEGER NOT NULL, rows INTEGER NOT NULL, t0 INTEGER NOT NULL, t1 INTEGER NOT NULL,
  d0 REAL, d1 REAL, PRIMARY KEY (p, e)) WITHOUT ROWID;
CREATE TABLE chunk (p INTEGER NOT NULL, s INTEGER NOT NULL, e INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (p, s, e)) WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};
`;

/** What goes away by waiting or by a person: the file itself may be well. */
const passing = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|PERM|AUTH)/;
/** The file is not what was written. */
const broken = /^SQLITE_(CORRUPT|NOTADB)/;

export const codeOf = (error: unknown): string => (error as { code?: string }).code ?? "unknown";

export const isDamage = (error: unknown): boolean => broken.test(codeOf(error));

/**
 * Opens the file, or sets aside what cannot be used and makes a new one.
 * @returns `anew`: why the one before was set aside; null: it was not
 * @throws what may pass: the file is in use, the disk is full or gone
 */
export function openHistoryFile(file: string): { db: Sqlite; anew: string | null } {
  try {
    return { db: openOnce(file), anew: null };
  } catch (error) {
    const code = codeOf(error);
    if (passing.test(code)) throw error;
    setAside(file);
    return { db: openOnce(file), anew: broken.test(code) ? "damaged" : "foreign" };
  }
}

function openOnce(file: string): Sqlite {
  const db = openSqlite(file, { applicationId, synchronous: "NORMAL" });
  try {
    // What is written is hardly ever read again.
    db.pragma("cache_size = -1000");
    const version = db.pragma("user_version", { simple: true });
    if (version === 0) db.transaction(() => db.exec(tables))();
    else if (version !== schemaVersion) throw new Error(`the history file is of version ${version}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const asideOf = (file: string) => `${file}.broken`;

/** One such file is kept, for who wants to look at it, while there is room. */
export function setAside(file: string): void {
  dropAside(file);
  if (existsSync(file)) renameSync(file, asideOf(file));
  for (const tail of ["-wal", "-shm"]) rmSync(file + tail, { force: true });
}

export function asideBytes(file: string): number {
  return statSync(asideOf(file), { throwIfNoEntry: false })?.size ?? 0;
}

export function dropAside(file: string): void {
  rmSync(asideOf(file), { recursive: true, force: true });
}
