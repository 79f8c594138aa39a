/**
 * The journal's file (R1). Holds epochs, series, records, and per uplink its cursors and refused rows.
 *
 * Holds: one transaction = one commit; rows are immutable; within an epoch seqs are 1..head without holes
 * until they are deleted as a settled prefix or thinned; what is read back is what was written, by its crc.
 * Never happens: a write outside a transaction; a read that outlives its call.
 */
import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Series } from "../../config/schema/vocabulary.ts";
import { openSqlite, type Sql, type Sqlite, type Statement } from "../sqlite.ts";
import type { Aside } from "./aside.ts";
import { BulkInsert } from "./bulk-insert.ts";
import { Clearing } from "./clearing.ts";
import { checkpointCode, DamagedError } from "./damaged.ts";
import { Fates } from "./fates.ts";
import { Salvage } from "./salvage.ts";
import {
  applicationId,
  bringUp,
  cursorCrc,
  epochOf,
  epochsOf,
  owedOf,
  putClaim,
  putCursor,
  putEpoch,
  putOwed,
  putRefused,
  putSeries,
  type RecordRow,
  recordCrc,
  rowCrc,
  sound,
} from "./schema.ts";
import {
  type Asks,
  type Content,
  type CursorRow,
  type EpochRow,
  type ReadReply,
  type Replies,
  recordLine,
  type Space,
  type Thinned,
} from "./wire.ts";

/** SQLite brings a WAL of 4 MB into the database by itself. */
const longWalBytes = 16 * 1024 * 1024;

/** Rows that are looked at for the latest of some series: some tenths of a second. */
const mostLooked = 20_000;

export class Store {
  readonly #file: string;
  readonly #db: Sqlite;
  /** Inode of the open file: another one, or none, at its path means that what is written goes nowhere. */
  readonly #inode: number;
  /** Inode of the WAL since the first commit. */
  #walInode: number | undefined;
  readonly #statements = new Map<string, Statement>();
  readonly #prepared: Sql = (text) => this.#sql(text);
  readonly #records = new BulkInsert(6, "INSERT INTO record", (text) => this.#db.prepare(text));
  /** What goes. */
  readonly clearing: Clearing;
  /** What uplinks made of rows. */
  readonly fates: Fates;

  /** @throws when the file is locked, foreign, damaged or of a newer version */
  constructor(file: string, maxBytes: number | undefined) {
    this.#file = file;
    this.#db = openSqlite(file, {
      applicationId,
      synchronous: "FULL",
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    try {
      bringUp(this.#db);
      this.#inode = statSync(file).ino;
      this.clearing = new Clearing(this.#db, this.#prepared);
      this.fates = new Fates(this.#db, this.#prepared);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /**
   * Reads everything the main half needs; gives the newest epoch its head from the rows that exist.
   * @throws DamagedError when a row of it is not what was written
   */
  load(): Content {
    const newestHead = this.#sql("SELECT max(seq) FROM record WHERE e = ?").pluck();
    return {
      epochs: epochsOf(this.#prepared).map((row) => ({
        ...row,
        head: row.head ?? (newestHead.get(row.e) as number | null) ?? 0,
      })),
      series: this.#series(),
      cursors: this.#cursors(),
      seen: this.#sql("SELECT lines FROM seen ORDER BY n").pluck().all() as string[],
      retrying: (
        this.#sql("SELECT uplink, count(*) AS rows FROM refused WHERE again = 1 GROUP BY uplink").all() as {
          uplink: string;
          rows: number;
        }[]
      ).map((row) => [row.uplink, row.rows]),
      owed: owedOf(this.#prepared),
      space: this.space(),
    };
  }

  #series(): [number, Series][] {
    const rows = this.#sql("SELECT s, body, crc FROM series ORDER BY s").all() as {
      s: number;
      body: string;
      crc: number;
    }[];
    return rows.map(({ s, body, crc }) => {
      if (rowCrc(s, body) !== crc) throw new DamagedError(`series ${s}`);
      return [s, JSON.parse(body) as Series];
    });
  }

  #cursors(): CursorRow[] {
    const rows = this.#sql(
      `SELECT uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo, crc,
         (SELECT count(*) FROM refused r WHERE r.uplink = c.uplink AND r.e = c.e) AS quarantined FROM cursor c ORDER BY e`,
    ).all() as (CursorRow & { crc: number })[];
    return rows.map(({ crc, ...row }) => {
      if (cursorCrc(row) !== crc) throw new DamagedError(`cursor of ${row.uplink}`);
      // A refused row that is another uplink's, or nobody's, by a flipped bit.
      if (row.next - 1 !== row.delivered + row.withheld + row.lost + row.quarantined)
        throw new DamagedError(`the account of ${row.uplink}`);
      return row;
    });
  }

  /** Applies the lines of one commit in one transaction; on disk when it returns. */
  commit(lines: string): void {
    this.#db.transaction(() => {
      const records = this.#records;
      // What is remembered lies together in the order of time: by slot, each line would write a page of its own.
      const seen: string[] = [];
      for (let start = 0; start <= lines.length; ) {
        const found = lines.indexOf("\n", start);
        const end = found < 0 ? lines.length : found;
        const row = recordLine(lines, start, end);
        if (row !== null)
          records.add(row.e, row.seq, row.class, row.s, row.text, recordCrc(row.e, row.signed));
        else if ("KDX".includes(lines[start] as string)) {
          if (lines[start] === "X") {
            this.#sql("DELETE FROM seen").run();
            seen.length = 0;
          }
          seen.push(lines.slice(start, end));
        } else this.#apply(lines.slice(start, end));
        start = end + 1;
      }
      records.flush();
      if (seen.length > 0) this.#sql("INSERT INTO seen (lines) VALUES (?)").run(seen.join("\n"));
    })();
    this.#mustKeepWal();
    this.#mustCheckpoint();
    // Deleted or unmounted under us: the fsync succeeded, and nobody will ever find these rows.
    if (statSync(this.#file, { throwIfNoEntry: false })?.ino !== this.#inode) {
      throw Object.assign(new Error("the journal file is no longer in its folder"), { code: "ENOENT" });
    }
  }

  /** SQLite says nothing when the WAL cannot be brought into the database; then it would grow for ever. @throws then */
  #mustCheckpoint(): void {
    if ((statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0) < longWalBytes) return;
    try {
      this.#db.pragma("wal_checkpoint(RESTART)");
    } catch (error) {
      const { code = "", message } = error as Error & { code?: string };
      // A full disk is another matter: what is in the file makes room.
      if (code === "SQLITE_FULL") return;
      throw Object.assign(new Error(message, { cause: error }), { code: checkpointCode });
    }
  }

  /** @throws when the WAL is not in its folder any more; what was in it is brought into the database before */
  #mustKeepWal(): void {
    const inode = statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.ino;
    this.#walInode ??= inode;
    if (inode !== undefined && inode === this.#walInode) return;
    this.emptyWal();
    throw Object.assign(new Error("the journal's WAL is no longer in its folder"), { code: "ENOENT" });
  }

  /**
   * Rows of one epoch in [from, to], at most `rows` of them and about `bytes` of text. When there are none, what is
   * covered reaches on to the next row, at most to `bareTo`.
   */
  read({ e, from, to, bareTo, rows, bytes }: Asks["read"]): ReadReply {
    const thinned = this.clearing.thinned(e, from, bareTo);
    const reply: ReadReply = { rows: [], corrupt: [], thinned, upTo: to };
    const gone = (row: RecordRow) =>
      thinned.some((each) => each.class === row.class && each.first <= row.seq && row.seq <= each.last);
    let size = 0;
    const found = this.#sql(
      "SELECT seq, class, s, text, crc FROM record WHERE e = ? AND seq BETWEEN ? AND ? ORDER BY seq",
    );
    let bare = true;
    /** First seq that was not looked at. */
    let next = from;
    const miss = (until: number) => this.#mayMiss(e, next, until, thinned);
    for (const row of found.iterate(e, from, bareTo) as Iterable<RecordRow>) {
      // A page that lies where another should: what it says of its rows is true, and they are not here.
      if (!(row.seq >= next)) throw new DamagedError(`the order of rows at ${e}/${row.seq}`);
      if (gone(row)) continue;
      const isBeyond = row.seq > to || reply.rows.length + reply.corrupt.length >= rows;
      if (isBeyond || (size > 0 && size + row.text.length > bytes)) {
        if (row.seq <= to || bare) reply.upTo = row.seq - 1;
        miss(reply.upTo);
        return reply;
      }
      bare = false;
      miss(row.seq - 1);
      next = row.seq + 1;
      size += row.text.length;
      if (sound(e, row)) reply.rows.push({ seq: row.seq, s: row.s, text: row.text });
      else reply.corrupt.push(row.seq);
    }
    if (bare) reply.upTo = bareTo;
    miss(reply.upTo);
    return reply;
  }

  /** @throws DamagedError when rows of [from, to] must be there and are not */
  #mayMiss(e: number, from: number, to: number, thinned: readonly Thinned[]): void {
    if (from > to) return;
    const epoch = epochOf(this.#prepared, e);
    for (let seq = from; seq <= to; ) {
      const made = thinned.find(({ first, last }) => first <= seq && seq <= last);
      if (made === undefined && seq >= (epoch?.purgedTo ?? 0) && epoch?.salvaged !== 1)
        throw new DamagedError(`a row at ${e}/${seq} is not there`);
      if (made === undefined && epoch?.salvaged === 1) return;
      seq = made === undefined ? Math.min(to, (epoch?.purgedTo ?? 0) - 1) + 1 : made.last + 1;
    }
  }

  /** Ends when many other rows lie between: a commit waits for this. */
  latest({ from, series, rows }: Asks["latest"]): Replies["latest"] {
    const wanted = new Set(series);
    const found: Replies["latest"] = [];
    const kept = this.#sql(
      "SELECT seq, class, s, text, crc FROM record WHERE e = ? AND seq >= ? AND class <> 'T' ORDER BY seq DESC",
    );
    let looked = 0;
    for (const [e, first] of from.toSorted(([a], [b]) => b - a)) {
      const thinned = this.clearing
        .thinned(e, first, Number.MAX_SAFE_INTEGER)
        .filter((each) => each.class === "K");
      for (const row of kept.iterate(e, first) as Iterable<RecordRow>) {
        looked += 1;
        if (found.length >= rows || looked > mostLooked) return found.reverse();
        const { seq, s, text } = row;
        const gone = thinned.some((each) => each.first <= seq && seq <= each.last);
        if (wanted.has(s) && !gone && sound(e, row)) found.push({ e, row: { seq, s, text } });
      }
    }
    return found.reverse();
  }

  space(): Space {
    const pages = (name: string) => this.#db.pragma(name, { simple: true }) as number;
    const size = pages("page_size");
    const file = pages("page_count") * size;
    const { bavail, bsize } = statfsSync(dirname(this.#file));
    return {
      bytes: file + (statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0),
      file,
      used: file - pages("freelist_count") * size,
      free: bavail * bsize,
    };
  }

  /** A damaged file, to be read into this one. @param generation of this one */
  salvage(aside: Aside, generation: number): Salvage {
    return new Salvage(aside, generation, this.#db, this.#prepared);
  }

  /** Brings everything of the WAL into the database, and cuts it. */
  emptyWal(): void {
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    this.#db.close();
  }

  #apply(text: string): void {
    const body = text.slice(1);
    switch (text[0]) {
      case "E": {
        putEpoch(this.#prepared, { ...(JSON.parse(body) as Omit<EpochRow, "head">), head: null });
        return;
      }
      case "H": {
        const [e, head] = JSON.parse(body) as [number, number];
        this.#changeEpoch(e, { head });
        return;
      }
      case "S": {
        const [s, series] = JSON.parse(body) as [number, Series];
        putSeries(this.#prepared, s, JSON.stringify(series));
        return;
      }
      case "B": {
        const [e, base, baseQuality] = JSON.parse(body) as [number, number, number];
        this.#changeEpoch(e, { base, baseQuality });
        return;
      }
      case "C":
        putCursor(this.#prepared, JSON.parse(body) as CursorRow);
        return;
      case "T": {
        const [e, recordClass, first, last] = JSON.parse(body) as [number, string, number, number];
        this.clearing.thin(e, recordClass, first, last);
        return;
      }
      case "Q": {
        const [uplink, e, seq, code] = JSON.parse(body) as [string, number, number, string];
        putRefused(this.#prepared, uplink, e, seq, code);
        return;
      }
      case "U": {
        const [uplink, e, seq] = JSON.parse(body) as [string, number, number];
        this.#sql("DELETE FROM refused WHERE uplink = ? AND e = ? AND seq = ?").run(uplink, e, seq);
        return;
      }
      case "G": {
        const [uplink, e, first, last, gaps] = JSON.parse(body) as [string, number, number, number, string];
        putClaim(this.#prepared, uplink, e, first, last, gaps);
        return;
      }
      case "L": {
        const [wreck, uplink] = JSON.parse(body) as [number, string];
        const owed = owedOf(this.#prepared).find((each) => each.wreck === wreck && each.uplink === uplink);
        if (owed !== undefined) putOwed(this.#prepared, { ...owed, told: 1 });
        return;
      }
      default:
        throw new Error(`unknown commit line ${JSON.stringify(text[0])}`);
    }
  }

  #changeEpoch(e: number, change: Partial<EpochRow>): void {
    const row = epochOf(this.#prepared, e);
    if (row !== undefined) putEpoch(this.#prepared, { ...row, ...change });
  }

  #sql(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
