/**
 * Reads what can be read of a damaged file into the present one (R12): rows keep their epoch and seq and go out as
 * backlog, what cannot be read is claimed as corrupt.
 *
 * Holds: a row is taken only when its checksum says that it is what was written; taking it twice is harmless, so a
 * salvage that was interrupted begins again; one step is one short transaction.
 * Never happens: a row under another epoch's name; a change of the file that is read.
 *
 * The numbers of its epochs are shifted below all that the present file gives (by `shift` a generation), those of its
 * series are left as they are, since rows name them. No number is given twice: after a damage both go on further up.
 */
import type { Sql, Sqlite } from "../sqlite.ts";
import type { Aside } from "./aside.ts";
import { Findings } from "./findings.ts";
import type { Row } from "./pages.ts";
import {
  type EpochColumns,
  epochOf,
  isOwed,
  type OwedRow,
  putClaim,
  putCursor,
  putEpoch,
  putOwed,
  putRefused,
  putSeries,
  recordCrc,
  rowCrc,
} from "./schema.ts";
import type { Content, CursorRow } from "./wire.ts";
import { Wreck } from "./wreck.ts";

const shift = 1_000_000_000;
const epochShift = 1_000_000;
const seriesShift = 100_000;

/** First numbers that a file of this generation gives. */
export const firstEpoch = (generation: number): number => generation * epochShift + 1;
export const firstSeries = (generation: number): number => generation * seriesShift + 1;

/** What the numbers in a file say of its generation. */
export function generationOf({ epochs, series }: Pick<Content, "epochs" | "series">): number {
  const e = epochs.reduce((most, row) => Math.max(most, row.e), 0);
  const s = series.reduce((most, [number]) => Math.max(most, number), 0);
  return Math.max(0, Math.floor((e - 1) / epochShift), Math.floor((s - 1) / seriesShift));
}

export class Salvage {
  readonly aside: Aside;
  readonly #db: Sqlite;
  readonly #sql: Sql;
  readonly #wreck: Wreck;
  /** Shift of its epochs' numbers; those of a WAL alone are the present file's. */
  readonly #by: number;
  /** A WAL alone is small; whose its epochs are is known only when all of it was read. */
  readonly #isWhole: boolean;
  readonly #found = new Findings();
  /** Numbers of series and of epochs that rows name, and how many rows there were. */
  readonly #numbers = new Set<number>();
  readonly #epochs = new Set<number>();
  #records = 0;
  /** Pages looked at. */
  #done = 0;

  /** @param generation of the present file */
  constructor(aside: Aside, generation: number, db: Sqlite, sql: Sql) {
    this.aside = aside;
    this.#db = db;
    this.#sql = sql;
    this.#isWhole = aside.database !== null;
    this.#by = this.#isWhole ? (generation - aside.generation) * shift : 0;
    this.#wreck = new Wreck(aside);
  }

  /** Share of it that was looked at, 0 to 1. */
  get share(): number {
    return this.#done / Math.max(1, this.#wreck.pages);
  }

  /** It held something of ours. */
  get foundAny(): boolean {
    const { epochs, series } = this.#found;
    return this.#records + epochs.size + series.size > 0;
  }

  /** Looks at `pages` more; true: that was all. */
  step(pages: number): boolean {
    const until = Math.min(this.#wreck.pages, this.#isWhole ? this.#done + pages : this.#wreck.pages);
    this.#db.transaction(() => {
      for (; this.#done < until; this.#done++)
        for (const row of this.#wreck.rows(this.#done)) {
          this.#found.note(row);
          this.#take(row);
        }
    })();
    return this.#done >= this.#wreck.pages;
  }

  /** All was looked at: its epochs, places and losses become the present file's; what no claim will tell is owed. */
  finish(): void {
    this.#db.transaction(() => {
      const { epochs, series, cursors, thinned, refused, claims, owed } = this.#found;
      this.#recoverNames();
      for (const s of this.#numbers) this.#takeSeries(s, series.get(s));
      for (const epoch of epochs.values()) this.#finishEpoch(epoch);
      const known = (e: number) => epochs.has(e);
      const changed = (e: number) => this.#target(e);
      for (const row of cursors.values())
        if (known(row.e) && this.#nextOf(row.uplink, changed(row.e)) === 0)
          putCursor(this.#sql, { ...row, e: changed(row.e) });
      for (const [e, recordClass, first, last] of thinned.values())
        if (known(e)) {
          const row = [changed(e), recordClass, first, last];
          this.#sql("INSERT OR IGNORE INTO thinned VALUES (?, ?, ?, ?, ?, 0)").run(...row, rowCrc(...row));
        }
      // What lies beyond a place that is known is judged again.
      const placed = (uplink: string, e: number, seq: number) =>
        known(e) && seq < this.#nextOf(uplink, changed(e));
      for (const [uplink, e, seq, code] of refused.values())
        if (placed(uplink, e, seq)) putRefused(this.#sql, uplink, changed(e), seq, code);
      for (const [uplink, e, first, last, gaps] of claims.values())
        if (placed(uplink, e, last)) putClaim(this.#sql, uplink, changed(e), first, last, gaps);
      const lost = new Map([["", this.#dropNameless()]]);
      for (const { uplink, e } of cursors.values())
        if (known(e)) lost.set(uplink, (lost.get(uplink) ?? 0) + this.#addUp(uplink, changed(e)));
      const wreck = this.aside.generation;
      for (const [uplink, count] of lost) if (count > 0) this.#owe({ wreck, uplink, count, told: 0 });
      for (const row of owed.values()) this.#owe(row);
    })();
  }

  /** Unless it was, by this salvage before it began again. */
  #owe(row: OwedRow): void {
    if (!isOwed(this.#sql, row)) putOwed(this.#sql, row);
  }

  /** Of an epoch without a name nothing can be said to anybody. @returns rows that it must have had */
  #dropNameless(): number {
    const nameless = "e NOT IN (SELECT e FROM epoch)";
    const spans = this.#sql(
      `SELECT max(seq) - min(seq) + 1 FROM record WHERE ${nameless} GROUP BY e`,
    ).pluck();
    const lost = (spans.all() as number[]).reduce((sum, count) => sum + count, 0);
    this.#sql(`DELETE FROM record WHERE ${nameless}`).run();
    return lost;
  }

  close(): void {
    this.#wreck.close();
  }

  #take(row: Row): void {
    const [e, seq, recordClass, s, text, crc] = row;
    if (row.length !== 6 || !isNumbers(e, seq, s, crc) || typeof text !== "string") return;
    const signed = `${seq}\t${recordClass}\t${s}\t${text}`;
    if (recordCrc(e as number, signed) !== crc) return;
    const to = this.#target(e as number);
    const insert = this.#sql("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?)");
    insert.run(to, seq, recordClass, s, text, recordCrc(to, signed));
    this.#records += 1;
    this.#numbers.add(s as number);
    this.#epochs.add(e as number);
    if (seq === 1) this.#found.noteOpening(e as number, text);
  }

  /** Rows whose series is not known, or whose number is another's by now, say nothing that is true. */
  #takeSeries(s: number, body: string | undefined): void {
    const present = this.#sql("SELECT body FROM series WHERE s = ?").pluck().get(s) as string | undefined;
    if (body !== undefined && present === undefined) putSeries(this.#sql, s, body);
    else if (this.#isWhole && present !== undefined && present !== body)
      for (const e of this.#epochs)
        this.#sql("DELETE FROM record WHERE e = ? AND s = ?").run(this.#target(e), s);
  }

  /** Epochs whose row was lost have their name in the next one. */
  #recoverNames(): void {
    const { epochs, before } = this.#found;
    for (const [e, { id }] of before) {
      if (epochs.has(e - 1) || this.#heldTo(e - 1) === 0) continue;
      const lost = {
        previous: null,
        cause: "salvaged",
        boot: "",
        mono: 0,
        base: null,
        baseQuality: 2,
        salvaged: 1,
        purgedTo: 0,
      } as const;
      epochs.set(e - 1, { e: e - 1, id, head: null, ...lost });
    }
  }

  #finishEpoch(epoch: EpochColumns): void {
    const e = this.#target(epoch.e);
    const held = this.#heldTo(epoch.e);
    const settled = [...this.#found.cursors.values()].map((row) => (row.e === epoch.e ? row.next - 1 : 0));
    const told = this.#found.before.get(epoch.e + 1)?.head ?? 0;
    const head = Math.max(epoch.head ?? 0, held, told, ...settled);
    const twin = this.#sql("SELECT e FROM epoch WHERE id = ? AND e <> ?").pluck().get(epoch.id, e);
    if (twin !== undefined) {
      this.#join(epoch, twin as number, head);
      return;
    }
    const present = this.#sql("SELECT head FROM epoch WHERE e = ?").get(e) as
      | { head: number | null }
      | undefined;
    // What this process began itself is not old.
    if (present !== undefined && (present.head === null || present.head >= head)) return;
    if (head > 0) putEpoch(this.#sql, { ...epoch, e, head, salvaged: 1 });
  }

  /** The present file has this epoch, under another number: a copy of an older file is in use. */
  #join({ e }: EpochColumns, twin: number, head: number): void {
    const rows = this.#sql("SELECT seq, class, s, text FROM record WHERE e = ?").all(this.#target(e)) as {
      seq: number;
      class: string;
      s: number;
      text: string;
    }[];
    const insert = this.#sql("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?)");
    for (const { seq, class: recordClass, s, text } of rows)
      insert.run(twin, seq, recordClass, s, text, recordCrc(twin, `${seq}\t${recordClass}\t${s}\t${text}`));
    this.#sql("DELETE FROM record WHERE e = ?").run(this.#target(e));
    this.#found.epochs.delete(e);
    const present = epochOf(this.#sql, twin);
    if (present?.head !== null && present !== undefined && present.head < head)
      putEpoch(this.#sql, { ...present, head, salvaged: 1 });
  }

  #heldTo(e: number): number {
    return (
      (this.#sql("SELECT max(seq) FROM record WHERE e = ?").pluck().get(this.#target(e)) as number | null) ??
      0
    );
  }

  /**
   * Of refused rows some may not have been readable, which are lost; some were accepted later and are refused no more.
   * @returns how many are lost
   */
  #addUp(uplink: string, e: number): number {
    const row = this.#sql(
      "SELECT uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo FROM cursor WHERE uplink = ? AND e = ?",
    ).get(uplink, e) as CursorRow;
    const refused = this.#sql("SELECT count(*) FROM refused WHERE uplink = ? AND e = ?")
      .pluck()
      .get(uplink, e) as number;
    const missing = row.next - 1 - row.delivered - row.withheld - row.lost - refused;
    if (missing > 0) putCursor(this.#sql, { ...row, lost: row.lost + missing });
    else if (row.delivered + missing >= 0)
      putCursor(this.#sql, { ...row, delivered: row.delivered + missing });
    else {
      // Of different moments: everything goes again, and the platform knows what it has.
      putCursor(this.#sql, { ...row, next: 1, delivered: 0, withheld: 0, lost: 0 });
      for (const table of ["refused", "claim"])
        this.#sql(`DELETE FROM ${table} WHERE uplink = ? AND e = ?`).run(uplink, e);
    }
    return Math.max(0, missing);
  }

  /** 0: its place is not known. */
  #nextOf(uplink: string, e: number): number {
    const next = this.#sql("SELECT next FROM cursor WHERE uplink = ? AND e = ?").pluck().get(uplink, e);
    return (next as number | undefined) ?? 0;
  }

  /** Number that an epoch has in the present file. */
  #target(e: number): number {
    return e - this.#by;
  }
}

const isNumbers = (...values: unknown[]): boolean => values.every((value) => typeof value === "number");
