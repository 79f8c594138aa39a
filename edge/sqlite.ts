/**
 * The one way to open a database. Worker threads only: the main thread must never load better-sqlite3,
 * because a slow fsync (hundreds of ms on eMMC) would disturb RS-485 timing and keep-alives.
 */
import { isMainThread } from "node:worker_threads";
import Database from "better-sqlite3";

export type Sqlite = Database.Database;
export type Statement = Database.Statement;
/** A statement by its text, prepared once. */
export type Sql = (text: string) => Statement;

export interface SqliteOptions {
  /** Written into the file at birth and checked afterwards: a foreign file is refused. */
  applicationId: number;
  /** FULL for the journal (fsync per commit), NORMAL for what can be rebuilt. */
  synchronous: "FULL" | "NORMAL";
  /** Hard limit of the file in bytes; beyond it commits fail with SQLITE_FULL. */
  maxBytes?: number;
}

/** Pages that a file may always grow by when it is opened. */
const sparePages = 64;
/** SQLite's default page; equals eMMC and SSD pages. */
const pageBytes = 4096;

/**
 * Opens (or makes) a database for one process alone: WAL, exclusive lock, incremental vacuum.
 * @throws when the file is locked by another process (`SQLITE_BUSY`), is no database, or belongs to another program.
 */
export function openSqlite(file: string, options: SqliteOptions): Sqlite {
  if (isMainThread) throw new Error("a database is opened in a worker thread only");
  const db = new Database(file, { timeout: 0 });
  try {
    // First of all: then the index of the WAL lies in memory, and a full disk can be opened.
    db.pragma("locking_mode = EXCLUSIVE");
    // Before the first table: a later change of auto_vacuum is ignored by SQLite.
    db.pragma(`page_size = ${pageBytes}`);
    db.pragma("auto_vacuum = INCREMENTAL");
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${options.synchronous}`);
    db.pragma("journal_size_limit = 4194304");
    db.pragma("cell_size_check = ON");
    db.pragma("trusted_schema = OFF");
    db.pragma("temp_store = MEMORY");
    db.pragma("cache_size = -8000");
    const found = db.pragma("application_id", { simple: true });
    const tables = db.prepare("SELECT count(*) FROM sqlite_master").pluck().get();
    if (found === 0 && tables === 0) db.pragma(`application_id = ${options.applicationId}`);
    else if (found !== options.applicationId)
      throw Object.assign(new Error(`${file} belongs to another program`), { code: "foreign" });
    const maxPages = Math.floor((options.maxBytes ?? 2 ** 42) / pageBytes);
    // Also a file that has reached its limit can be written: what says that something may go has to be.
    const pages = db.pragma("page_count", { simple: true }) as number;
    db.pragma(`max_page_count = ${Math.max(maxPages, pages + sparePages)}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
