/**
 * The journal's file (R1). Holds epochs, series, records, and per uplink its cursors and refused rows.
 *
 * Holds: one transaction = one commit; rows are immutable; within an epoch seqs are 1..head without holes
 * until they are deleted as a settled prefix; a row's crc is over its text.
 * Never happens: a write outside a transaction; a read that outlives its call.
 */
import { statSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { Series } from "../../config/schema/vocabulary.ts";
import { openSqlite, type Sqlite, type Statement } from "../sqlite.ts";
import { BulkInsert } from "./bulk-insert.ts";
import {
  type Asks,
  type CursorRow,
  type EpochRow,
  type Loaded,
  type ReadReply,
  type Replies,
  recordLine,
} from "./wire.ts";

/** "CEJ1" */
const applicationId = 0x43454a31;
const schemaVersion = 2;

const schema = `
CREATE TABLE epoch (e INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, previous TEXT, cause TEXT NOT NULL, boot TEXT NOT NULL,
  mono REAL NOT NULL, base INTEGER, baseQuality INTEGER NOT NULL, thinnedTo INTEGER NOT NULL DEFAULT 0, head INTEGER);
CREATE TABLE series (s INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE record (e INTEGER NOT NULL, seq INTEGER NOT NULL, class TEXT NOT NULL, s INTEGER NOT NULL, text TEXT NOT NULL,
  crc INTEGER NOT NULL, PRIMARY KEY (e, seq)) WITHOUT ROWID;
CREATE TABLE cursor (uplink TEXT NOT NULL, e INTEGER NOT NULL, next INTEGER NOT NULL, delivered INTEGER NOT NULL,
  withheld INTEGER NOT NULL, lost INTEGER NOT NULL, beforeTo INTEGER NOT NULL, PRIMARY KEY (uplink, e)) WITHOUT ROWID;
CREATE TABLE refused (uplink TEXT NOT NULL, e INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL,
  again INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (uplink, e, seq)) WITHOUT ROWID;
CREATE INDEX refused_row ON refused (e, seq);
CREATE TABLE claim (uplink TEXT NOT NULL, e INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, gaps TEXT NOT NULL,
  PRIMARY KEY (uplink, e, first)) WITHOUT ROWID;
CREATE TABLE seen (n INTEGER PRIMARY KEY, lines TEXT NOT NULL);
CREATE TABLE mark (at INTEGER NOT NULL, e INTEGER NOT NULL, upTo INTEGER NOT NULL, PRIMARY KEY (e, upTo)) WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};
`;

/** What was remembered of messages is given up once: a message sent again over this change is stored twice. */
const fromVersion1 = `
DROP TABLE seen;
CREATE TABLE seen (n INTEGER PRIMARY KEY, lines TEXT NOT NULL);
PRAGMA user_version = 2;
`;

/** Rows deleted in one transaction, so that a purge never delays a commit for long. */
const purgeRows = 2000;

type Gap = [first: number, last: number, why: string];

export class Store {
  readonly #file: string;
  readonly #db: Sqlite;
  /** Inode of the open file: another one, or none, at its path means that what is written goes nowhere. */
  readonly #inode: number;
  readonly #statements = new Map<string, Statement>();
  readonly #records = new BulkInsert(6, "INSERT INTO record", (text) => this.#db.prepare(text));

  /** @throws when the file is locked, foreign, damaged or of a newer version */
  constructor(file: string, maxBytes: number | undefined) {
    this.#file = file;
    this.#db = openSqlite(file, {
      applicationId,
      synchronous: "FULL",
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    try {
      const version = this.#db.pragma("user_version", { simple: true });
      if (version === 0) this.#db.transaction(() => this.#db.exec(schema))();
      else if (version === 1) this.#db.transaction(() => this.#db.exec(fromVersion1))();
      else if (version !== schemaVersion)
        throw new Error(`journal file has version ${version}, this program knows ${schemaVersion}`);
      this.#inode = statSync(file).ino;
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Reads everything the main half needs; gives the newest epoch its head from the rows that exist. */
  load(): Loaded {
    const newestHead = this.#sql("SELECT max(seq) AS head FROM record WHERE e = ?");
    const epochs = this.#sql(
      "SELECT e, id, previous, cause, boot, mono, base, baseQuality, head FROM epoch ORDER BY e",
    ).all() as (Omit<EpochRow, "head"> & { head: number | null })[];
    return {
      epochs: epochs.map((row) => ({
        ...row,
        head: row.head ?? (newestHead.get(row.e) as { head: number | null }).head ?? 0,
      })),
      series: (this.#sql("SELECT s, body FROM series ORDER BY s").all() as { s: number; body: string }[]).map(
        (row) => [row.s, JSON.parse(row.body) as Series],
      ),
      cursors: this.#sql(
        `SELECT uplink, e, next, delivered, withheld, lost, beforeTo,
           (SELECT count(*) FROM refused r WHERE r.uplink = c.uplink AND r.e = c.e) AS quarantined FROM cursor c ORDER BY e`,
      ).all() as CursorRow[],
      seen: this.#sql("SELECT lines FROM seen ORDER BY n").pluck().all() as string[],
      retrying: (
        this.#sql("SELECT uplink, count(*) AS rows FROM refused WHERE again = 1 GROUP BY uplink").all() as {
          uplink: string;
          rows: number;
        }[]
      ).map((row) => [row.uplink, row.rows]),
      bytes: this.bytes(),
      used: this.used(),
    };
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
        if (row !== null) records.add(row.e, row.seq, row.class, row.s, row.text, crc32(row.text));
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
    // Deleted or unmounted under us: the fsync succeeded, and nobody will ever find these rows.
    if (statSync(this.#file, { throwIfNoEntry: false })?.ino !== this.#inode) {
      throw Object.assign(new Error("the journal file is no longer in its folder"), { code: "ENOENT" });
    }
  }

  /** Rows of one epoch in [from, to], at most `rows` of them and about `bytes` of text. */
  read(e: number, from: number, to: number, rows: number, bytes: number): ReadReply {
    const reply: ReadReply = { rows: [], corrupt: [], upTo: to };
    let size = 0;
    const found = this.#sql(
      "SELECT seq, s, text, crc FROM record WHERE e = ? AND seq BETWEEN ? AND ? ORDER BY seq",
    );
    for (const row of found.iterate(e, from, to) as Iterable<{
      seq: number;
      s: number;
      text: string;
      crc: number;
    }>) {
      if (reply.rows.length + reply.corrupt.length >= rows || (size > 0 && size + row.text.length > bytes)) {
        reply.upTo = row.seq - 1;
        break;
      }
      size += row.text.length;
      if (crc32(row.text) === row.crc) reply.rows.push({ seq: row.seq, s: row.s, text: row.text });
      else reply.corrupt.push(row.seq);
    }
    return reply;
  }

  /** Quarantined rows marked for another try, of one epoch. */
  refused(uplink: string, rows: number): Replies["refused"] {
    const e = this.#sql("SELECT min(e) FROM refused WHERE uplink = ? AND again = 1").pluck().get(uplink) as
      | number
      | null;
    if (e === null) return { e: 0, rows: [] };
    const found = this.#sql(
      `SELECT record.seq, s, text, crc FROM refused JOIN record USING (e, seq)
       WHERE uplink = ? AND refused.e = ? AND again = 1 ORDER BY seq LIMIT ?`,
    ).all(uplink, e, rows) as { seq: number; s: number; text: string; crc: number }[];
    return { e, rows: found.filter((row) => crc32(row.text) === row.crc) };
  }

  /** Marks quarantined rows for another try: all, or those refused with `code`. Gives how many are marked. */
  retry(uplink: string, code: string | null): number {
    this.#sql("UPDATE refused SET again = 1 WHERE uplink = ? AND (? IS NULL OR code = ?)").run(
      uplink,
      code,
      code,
    );
    return this.#sql("SELECT count(*) FROM refused WHERE uplink = ? AND again = 1")
      .pluck()
      .get(uplink) as number;
  }

  /** The platform went back (R9): the cursor returns to `to`, the fates of [to, next) are undone exactly. */
  rewind(uplink: string, e: number, to: number): CursorRow {
    return this.#db.transaction(() => {
      const cursor = this.#sql(
        "SELECT uplink, e, next, delivered, withheld, lost, beforeTo FROM cursor WHERE uplink = ? AND e = ?",
      ).get(uplink, e) as CursorRow;
      let withheld = 0;
      let lost = 0;
      const claims = this.#sql(
        "SELECT first, last, gaps FROM claim WHERE uplink = ? AND e = ? AND last >= ?",
      ).all(uplink, e, to) as {
        first: number;
        last: number;
        gaps: string;
      }[];
      for (const claim of claims) {
        const kept: Gap[] = [];
        for (const [first, last, why] of JSON.parse(claim.gaps) as Gap[]) {
          const undone = last - Math.max(first, to) + 1;
          if (undone > 0 && (why === "policy" || why === "before")) withheld += undone;
          else if (undone > 0) lost += undone;
          if (first < to) kept.push([first, Math.min(last, to - 1), why]);
        }
        this.#sql("DELETE FROM claim WHERE uplink = ? AND e = ? AND first = ?").run(uplink, e, claim.first);
        if (kept.length > 0) this.#claim(uplink, e, claim.first, to - 1, JSON.stringify(kept));
      }
      const refused = this.#sql("DELETE FROM refused WHERE uplink = ? AND e = ? AND seq >= ?").run(
        uplink,
        e,
        to,
      ).changes;
      // What is settled again is held for a day from then, not from the first time.
      this.#sql("DELETE FROM mark WHERE e = ? AND upTo > ?").run(e, to);
      const delivered = cursor.next - to - withheld - lost - refused;
      this.#sql(
        "UPDATE cursor SET next = ?, delivered = delivered - ?, withheld = withheld - ?, lost = lost - ? WHERE uplink = ? AND e = ?",
      ).run(to, delivered, withheld, lost, uplink, e);
      return {
        ...cursor,
        next: to,
        delivered: cursor.delivered - delivered,
        withheld: cursor.withheld - withheld,
        lost: cursor.lost - lost,
        quarantined: this.#sql("SELECT count(*) FROM refused WHERE uplink = ? AND e = ?")
          .pluck()
          .get(uplink, e) as number,
      };
    })();
  }

  /**
   * Deletes rows that each of `uplinks` settled at least `holdMs` ago (kept so long for a platform that went back).
   * What only an uplink holds that is none of them any more is held no longer: should it come back, it claims what
   * is gone as `gone`. Quarantined rows stay, and the last row of the newest epoch, which tells its head.
   * An epoch that nobody needs any more goes with its last row.
   * @param now trusted wall ms; null: nobody knows, so only with `holdMs` 0 anything goes
   */
  purge({ now, holdMs, uplinks }: Asks["purge"]): Replies["purge"] {
    const ours = JSON.stringify(uplinks);
    return this.#db.transaction(() => {
      // An uplink that is new and has no cursor on disk yet has settled nothing.
      const settled = this.#sql(
        `SELECT e, min(next) AS upTo FROM cursor WHERE uplink IN (SELECT value FROM json_each(?))
         GROUP BY e HAVING min(next) > 1 AND count(*) = ?`,
      ).all(ours, uplinks.length) as { e: number; upTo: number }[];
      if (now !== null)
        for (const { e, upTo } of settled)
          this.#sql("INSERT OR IGNORE INTO mark VALUES (?, ?, ?)").run(now, e, upTo);
      const due = holdMs === 0 ? settled : this.#due(now === null ? null : now - holdMs, settled);
      let deleted = 0;
      for (const { e, upTo } of due) {
        if (deleted >= purgeRows) return { deleted, folded: [], more: true, used: this.used() };
        const doomed = this.#sql(
          `SELECT seq FROM record r WHERE e = @e AND seq < @upTo
             AND (seq < (SELECT max(seq) FROM record WHERE e = @e) OR EXISTS (SELECT 1 FROM epoch WHERE e = @e AND head IS NOT NULL))
             AND NOT EXISTS (SELECT 1 FROM refused f WHERE f.e = @e AND f.seq = r.seq
               AND f.uplink IN (SELECT value FROM json_each(@ours))) ORDER BY seq LIMIT @limit`,
        )
          .pluck()
          .all({ e, upTo, ours, limit: purgeRows - deleted }) as number[];
        for (const seq of doomed) this.#sql("DELETE FROM record WHERE e = ? AND seq = ?").run(e, seq);
        deleted += doomed.length;
        if (doomed.length === 0) {
          this.#sql("DELETE FROM mark WHERE e = ? AND upTo < ?").run(e, upTo);
          this.#sql("DELETE FROM claim WHERE e = ? AND last < ?").run(e, upTo);
        }
      }
      const empty = this.#sql(
        `SELECT e FROM epoch WHERE head IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record WHERE record.e = epoch.e)
           AND NOT EXISTS (SELECT 1 FROM cursor WHERE cursor.e = epoch.e AND cursor.next <= epoch.head
             AND cursor.uplink IN (SELECT value FROM json_each(?)))`,
      )
        .pluck()
        .all(ours) as number[];
      for (const table of ["epoch", "cursor", "claim", "mark", "refused"]) {
        for (const e of empty) this.#sql(`DELETE FROM ${table} WHERE e = ?`).run(e);
      }
      return { deleted, folded: empty, more: deleted >= purgeRows, used: this.used() };
    })();
  }

  /** How far each epoch was settled at `until`; bounded by today: a platform that went back took some of it with it. */
  #due(until: number | null, settled: readonly { e: number; upTo: number }[]): { e: number; upTo: number }[] {
    if (until === null) return [];
    const marked = this.#sql("SELECT e, max(upTo) AS upTo FROM mark WHERE at <= ? GROUP BY e").all(until) as {
      e: number;
      upTo: number;
    }[];
    return marked.flatMap(({ e, upTo }) => {
      const now = settled.find((each) => each.e === e);
      return now === undefined ? [] : [{ e, upTo: Math.min(upTo, now.upTo) }];
    });
  }

  /** Bytes of the database that hold data. */
  used(): number {
    const pages = (name: string) => this.#db.pragma(name, { simple: true }) as number;
    return (pages("page_count") - pages("freelist_count")) * pages("page_size");
  }

  /** Bytes of the database and its WAL. */
  bytes(): number {
    const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    return size(this.#file) + size(`${this.#file}-wal`);
  }

  close(): void {
    this.#db.close();
  }

  #apply(text: string): void {
    const body = text.slice(1);
    switch (text[0]) {
      case "E": {
        const row = JSON.parse(body) as EpochRow;
        this.#sql(
          "INSERT INTO epoch (e, id, previous, cause, boot, mono, base, baseQuality) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ).run(row.e, row.id, row.previous, row.cause, row.boot, row.mono, row.base, row.baseQuality);
        return;
      }
      case "H": {
        const [e, head] = JSON.parse(body) as [number, number];
        this.#sql("UPDATE epoch SET head = ? WHERE e = ?").run(head, e);
        return;
      }
      case "S": {
        const [s, series] = JSON.parse(body) as [number, Series];
        this.#sql("INSERT INTO series VALUES (?, ?)").run(s, JSON.stringify(series));
        return;
      }
      case "B": {
        const [e, base, quality] = JSON.parse(body) as [number, number, number];
        this.#sql("UPDATE epoch SET base = ?, baseQuality = ? WHERE e = ?").run(base, quality, e);
        return;
      }
      case "C": {
        const row = JSON.parse(body) as CursorRow;
        this.#sql("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?, ?, ?)").run(
          row.uplink,
          row.e,
          row.next,
          row.delivered,
          row.withheld,
          row.lost,
          row.beforeTo,
        );
        return;
      }
      case "Q": {
        const [uplink, e, seq, code] = JSON.parse(body) as [string, number, number, string];
        this.#sql("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, 0)").run(uplink, e, seq, code);
        return;
      }
      case "U": {
        const [uplink, e, seq] = JSON.parse(body) as [string, number, number];
        this.#sql("DELETE FROM refused WHERE uplink = ? AND e = ? AND seq = ?").run(uplink, e, seq);
        return;
      }
      case "G": {
        const [uplink, e, first, last, gaps] = JSON.parse(body) as [string, number, number, number, string];
        this.#claim(uplink, e, first, last, gaps);
        return;
      }
      default:
        throw new Error(`unknown commit line ${JSON.stringify(text[0])}`);
    }
  }

  #claim(uplink: string, e: number, first: number, last: number, gaps: string): void {
    this.#sql("INSERT OR REPLACE INTO claim VALUES (?, ?, ?, ?, ?)").run(uplink, e, first, last, gaps);
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
