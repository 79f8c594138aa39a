/**
 * What uplinks made of rows, as it lies on disk: refused rows and their next try, and going back with a platform (R9).
 *
 * Holds: one call is one transaction; what is not what was written is found when it is used, not by reading all of it at
 * every start: that a row is missing in an account is seen there by its sum.
 */
import type { Sql, Sqlite } from "../sqlite.ts";
import { DamagedError } from "./damaged.ts";
import { putClaim, putCursor, type RecordRow, rowCrc, sound } from "./schema.ts";
import type { Asks, CursorRow, Replies } from "./wire.ts";

type Gap = [first: number, last: number, why: string];

export class Fates {
  readonly #db: Sqlite;
  readonly #sql: Sql;

  constructor(db: Sqlite, sql: Sql) {
    this.#db = db;
    this.#sql = sql;
  }

  /** Quarantined rows marked for another try, of one epoch. */
  refused(uplink: string, rows: number): Replies["refused"] {
    const e = this.#sql("SELECT min(e) FROM refused WHERE uplink = ? AND again = 1").pluck().get(uplink) as
      | number
      | null;
    if (e === null) return { e: 0, rows: [], unreadable: [] };
    const found = this.#sql(
      `SELECT uplink, e, refused.seq, code, refused.crc AS signed, class, s, text, record.crc
       FROM refused LEFT JOIN record USING (e, seq)
       WHERE uplink = ? AND refused.e = ? AND again = 1 ORDER BY refused.seq LIMIT ?`,
    ).all(uplink, e, rows) as (RecordRow & RefusedColumns)[];
    for (const row of found) mustBeWritten(row);
    const isSound = (row: RecordRow) => sound(e, row);
    return {
      e,
      rows: found.filter(isSound).map(({ seq, s, text }) => ({ seq, s, text })),
      unreadable: found.filter((row) => !isSound(row)).map(({ seq }) => seq),
    };
  }

  /** Rows that an uplink refused: how many by code, and the first `rows` of them. */
  quarantined({ uplink, rows }: Asks["quarantined"]): Replies["quarantined"] {
    const codes = this.#sql(
      "SELECT code, count(*) AS count FROM refused WHERE uplink = ? GROUP BY code ORDER BY count(*) DESC",
    ).all(uplink) as { code: string; count: number }[];
    const found = this.#sql(
      `SELECT refused.e, record.seq, class, s, text, record.crc, code FROM refused JOIN record USING (e, seq)
       WHERE uplink = ? ORDER BY refused.e, seq LIMIT ?`,
    ).all(uplink, rows) as (RecordRow & { e: number; code: string })[];
    return {
      codes,
      rows: found
        .filter((row) => sound(row.e, row))
        .map(({ e, seq, s, text, code }) => ({ e, seq, s, text, code })),
    };
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
        "SELECT uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo FROM cursor WHERE uplink = ? AND e = ?",
      ).get(uplink, e) as CursorRow;
      let withheld = 0;
      let lost = 0;
      const claims = this.#sql(
        "SELECT uplink, e, first, last, gaps, crc FROM claim WHERE uplink = ? AND e = ? AND last >= ?",
      ).all(uplink, e, to) as ClaimColumns[];
      for (const claim of claims) {
        if (rowCrc(uplink, e, claim.first, claim.last, claim.gaps) !== claim.crc)
          throw new DamagedError(`what ${uplink} was told`);
        const kept: Gap[] = [];
        for (const [first, last, why] of JSON.parse(claim.gaps) as Gap[]) {
          const undone = last - Math.max(first, to) + 1;
          if (undone > 0 && (why === "policy" || why === "before")) withheld += undone;
          else if (undone > 0) lost += undone;
          if (first < to) kept.push([first, Math.min(last, to - 1), why]);
        }
        this.#sql("DELETE FROM claim WHERE uplink = ? AND e = ? AND first = ?").run(uplink, e, claim.first);
        if (kept.length > 0) putClaim(this.#sql, uplink, e, claim.first, to - 1, JSON.stringify(kept));
      }
      const rejects = this.#sql(
        "SELECT uplink, e, seq, code, crc AS signed FROM refused WHERE uplink = ? AND e = ? AND seq >= ?",
      ).iterate(uplink, e, to) as Iterable<RefusedColumns>;
      for (const row of rejects) mustBeWritten(row);
      const refused = this.#sql("DELETE FROM refused WHERE uplink = ? AND e = ? AND seq >= ?").run(
        uplink,
        e,
        to,
      ).changes;
      // What is settled again is held for a day from then, not from the first time.
      this.#sql("DELETE FROM mark WHERE e = ? AND upTo > ?").run(e, to);
      const delivered = cursor.next - to - withheld - lost - refused;
      // What came out of a damaged file may not say of each seq what became of it: the sum holds all the same.
      const left = { delivered: cursor.delivered - delivered, lost: cursor.lost - lost };
      const short = Math.min(0, left.delivered);
      const lacking = Math.min(0, left.lost + short);
      const undone = {
        ...cursor,
        next: to,
        delivered: left.delivered - short,
        lost: left.lost + short - lacking,
        withheld: cursor.withheld - withheld + lacking,
      };
      putCursor(this.#sql, undone);
      return {
        ...undone,
        quarantined: this.#sql("SELECT count(*) FROM refused WHERE uplink = ? AND e = ?")
          .pluck()
          .get(uplink, e) as number,
      };
    })();
  }
}

interface RefusedColumns {
  uplink: string;
  e: number;
  seq: number;
  code: string;
  /** Its checksum. */
  signed: number;
}

/** @throws DamagedError when it is not what was written */
function mustBeWritten({ uplink, e, seq, code, signed }: RefusedColumns): void {
  if (rowCrc(uplink, e, seq, code) !== signed) throw new DamagedError(`what ${uplink} refused`);
}

interface ClaimColumns {
  uplink: string;
  e: number;
  first: number;
  last: number;
  gaps: string;
  crc: number;
}
