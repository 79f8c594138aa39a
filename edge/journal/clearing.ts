/**
 * What goes from the journal's file: rows that all have settled, and rows that had to make room (R9, R11).
 *
 * Holds: one call deletes at most `atOnce` rows, so that no commit waits long for it; a row goes only when each uplink
 * that holds has settled it a day ago (or room is needed), or when it was thinned, which a loss record tells.
 * Never happens: a quarantined row goes; the last row of the newest epoch goes, which tells its head.
 */
import type { Sql, Sqlite } from "../sqlite.ts";
import { DamagedError } from "./damaged.ts";
import { weighIn } from "./making-room.ts";
import { epochOf, putEpoch, recordCrc, rowCrc } from "./schema.ts";
import type { Asks, Replies, Thinned, Weight } from "./wire.ts";

/** Rows deleted in one transaction. */
const atOnce = 2000;

/** In these words, so that the few rows that are no measurements are found by their index. */
const only = (recordClass: string) => (recordClass === "K" ? "class = 'K' AND class <> 'T'" : "class = 'T'");
/** Refused by an uplink of ours. */
const pinned =
  "EXISTS (SELECT 1 FROM refused f WHERE f.e = r.e AND f.seq = r.seq AND f.uplink IN (SELECT value FROM json_each(@ours)))";
/** Not the row that tells how far the newest epoch has come. */
const passed =
  "(seq < (SELECT max(seq) FROM record WHERE e = @e) OR EXISTS (SELECT 1 FROM epoch WHERE e = @e AND head IS NOT NULL))";

export class Clearing {
  readonly #db: Sqlite;
  readonly #sql: Sql;

  constructor(db: Sqlite, sql: Sql) {
    this.#db = db;
    this.#sql = sql;
  }

  /**
   * Deletes rows that each of `uplinks` settled at least `holdMs` ago (kept so long for a platform that went back).
   * What only an uplink holds that is none of them any more is held no longer: should it come back, it claims what
   * is gone as `gone`. An epoch that nobody needs any more goes with its last row.
   * What "ago" is counts the time that this journal was open, which no clock can make jump.
   */
  purge({ ranMs, holdMs, uplinks }: Asks["purge"]): Omit<Replies["purge"], "space"> {
    const ours = JSON.stringify(uplinks);
    return this.#db.transaction(() => {
      // An uplink that is new and has no cursor on disk yet has settled nothing.
      const settled = this.#sql(
        `SELECT e, min(next) AS upTo FROM cursor WHERE uplink IN (SELECT value FROM json_each(?))
         GROUP BY e HAVING min(next) > 1 AND count(*) = ?`,
      ).all(ours, uplinks.length) as { e: number; upTo: number }[];
      const now = this.#ran(ranMs);
      for (const { e, upTo } of settled)
        this.#sql("INSERT OR IGNORE INTO mark VALUES (?, ?, ?)").run(now, e, upTo);
      const due = holdMs === 0 ? settled : this.#due(now - holdMs, settled);
      let deleted = 0;
      for (const { e, upTo } of due) {
        if (deleted >= atOnce) return { deleted, folded: [], more: true };
        const doomed = this.#sql(
          `SELECT seq FROM record r WHERE e = @e AND seq < @upTo AND ${passed} AND NOT ${pinned} ORDER BY seq LIMIT @limit`,
        )
          .pluck()
          .all({ e, upTo, ours, limit: atOnce - deleted }) as number[];
        this.#purged(e, upTo);
        this.#delete(e, doomed);
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
      for (const table of ["epoch", "cursor", "claim", "mark", "refused", "thinned"]) {
        for (const e of empty) this.#sql(`DELETE FROM ${table} WHERE e = ?`).run(e);
      }
      return { deleted, folded: empty, more: deleted >= atOnce };
    })();
  }

  #purged(e: number, upTo: number): void {
    const epoch = epochOf(this.#sql, e);
    if (epoch !== undefined && epoch.purgedTo < upTo) putEpoch(this.#sql, { ...epoch, purgedTo: upTo });
  }

  /** Ms that this journal was open in all its life, `more` since the last look. */
  #ran(more: number): number {
    const before = this.#sql("SELECT max(at) FROM mark").pluck().get() as number | null;
    const now = Math.round((before ?? 0) + more);
    // Under a number that no epoch has: it stays when the marks of epochs go.
    this.#sql("INSERT OR REPLACE INTO mark VALUES (?, 0, -1)").run(now);
    return now;
  }

  /** How far each epoch was settled at `until`; bounded by today: a platform that went back took some of it with it. */
  #due(until: number, settled: readonly { e: number; upTo: number }[]): { e: number; upTo: number }[] {
    const marked = this.#sql("SELECT e, max(upTo) AS upTo FROM mark WHERE at <= ? GROUP BY e").all(until) as {
      e: number;
      upTo: number;
    }[];
    return marked.flatMap(({ e, upTo }) => {
      const now = settled.find((each) => each.e === e);
      return now === undefined ? [] : [{ e, upTo: Math.min(upTo, now.upTo) }];
    });
  }

  /**
   * What would be lost with the oldest rows of a class in [first, last] of an epoch, by series: at most `rows` of them,
   * and none of `untilT` or later. Changes nothing. null: nothing of this class is left there.
   */
  weigh({ e, class: recordClass, first, last, untilT, rows }: Asks["weigh"]): Replies["weigh"] {
    const thinned = this.thinned(e, first, last).filter((each) => each.class === recordClass);
    const found = this.#sql(
      `SELECT seq, s, text, crc FROM record WHERE e = ? AND seq BETWEEN ? AND ? AND ${only(recordClass)} ORDER BY seq`,
    );
    const losses = new Map<number, Weight>();
    let from: { seq: number; t: number } | null = null;
    let to = first;
    let count = 0;
    let more = false;
    for (const { seq, s, text, crc } of found.iterate(e, first, last) as Iterable<{
      seq: number;
      s: number;
      text: string;
      crc: number;
    }>) {
      if (thinned.some((each) => each.first <= seq && seq <= each.last)) continue;
      const isSound =
        typeof text === "string" && recordCrc(e, `${seq}\t${recordClass}\t${s}\t${text}`) === crc;
      const t: number = isSound ? timeOf(text) : (from?.t ?? 0);
      more = count >= rows;
      if (more || t >= untilT) break;
      from ??= { seq, t };
      to = seq;
      count += 1;
      weighIn(losses, { s: isSound ? s : 0, count: 1, fromT: t, toT: t });
    }
    if (from === null) return null;
    return { first: from.seq, last: to, fromT: from.t, losses: [...losses.values()], more };
  }

  /** From this commit on rows of `recordClass` in [first, last] do not exist. */
  thin(e: number, recordClass: string, first: number, last: number): void {
    const crc = rowCrc(e, recordClass, first, last);
    this.#sql("INSERT OR REPLACE INTO thinned VALUES (?, ?, ?, ?, ?, 0)").run(
      e,
      recordClass,
      first,
      last,
      crc,
    );
  }

  /** What was thinned of [first, last]. @throws DamagedError when a row of it is not what was written */
  thinned(e: number, first: number, last: number): Thinned[] {
    const rows = this.#sql(
      "SELECT class, first, last, crc FROM thinned WHERE e = ? AND last >= ? AND first <= ? ORDER BY first",
    ).all(e, first, last) as (Thinned & { crc: number })[];
    return rows.map(({ crc, ...row }) => {
      if (rowCrc(e, row.class, row.first, row.last) !== crc) throw new DamagedError("what made room");
      return row;
    });
  }

  /** Deletes rows that were thinned. `more`: there are others. */
  sweep({ uplinks }: Asks["sweep"]): Omit<Replies["sweep"], "space"> {
    const ours = JSON.stringify(uplinks);
    return this.#db.transaction(() => {
      const next = this.#sql("SELECT e, class, first, last FROM thinned WHERE swept = 0 LIMIT 1").get() as
        | (Thinned & { e: number })
        | undefined;
      if (next === undefined) return { deleted: 0, more: false };
      const { e, first, last } = next;
      const doomed = this.#sql(
        `SELECT seq FROM record r WHERE e = @e AND seq BETWEEN @first AND @last AND ${only(next.class)}
           AND ${passed} AND NOT ${pinned} ORDER BY seq LIMIT @limit`,
      )
        .pluck()
        .all({ e, first, last, ours, limit: atOnce }) as number[];
      this.#delete(e, doomed);
      if (doomed.length < atOnce)
        this.#sql("UPDATE thinned SET swept = 1 WHERE e = ? AND class = ? AND first = ?").run(
          e,
          next.class,
          first,
        );
      return { deleted: doomed.length, more: true };
    })();
  }

  /** Characters of the rows of class K and of the journal's own, which are few. */
  kept(): Replies["kept"] {
    const found = this.#sql(
      "SELECT class, sum(length(text)) AS chars FROM record WHERE class <> 'T' GROUP BY class",
    ).all() as { class: string; chars: number }[];
    const of = (name: string) => found.find((row) => row.class === name)?.chars ?? 0;
    return { chars: of("K"), ownChars: of("J") };
  }

  #delete(e: number, seqs: readonly number[]): void {
    const statement = this.#sql("DELETE FROM record WHERE e = ? AND seq = ?");
    for (const seq of seqs) statement.run(e, seq);
  }
}

/** `t` of a row's text `[seq, series, t, …`. */
function timeOf(text: string): number {
  const start = text.indexOf(",", text.indexOf(",") + 1) + 1;
  return Number(text.slice(start, text.indexOf(",", start)));
}
