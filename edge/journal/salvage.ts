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
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import type { Sql, Sqlite } from "../sqlite.ts";
import type { Aside } from "./aside.ts";
import { pageBytes, type Row, readWal, rowsOf } from "./pages.ts";
import {
  cursorCrc,
  type EpochColumns,
  epochCrc,
  epochOf,
  putCursor,
  putEpoch,
  putSeries,
  recordCrc,
  rowCrc,
} from "./schema.ts";
import type { Content, CursorRow } from "./wire.ts";

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

/** Numbers of the epochs of one read, as they are in the damaged file. */
interface Found {
  epochs: Map<number, EpochColumns>;
  series: Map<number, string>;
  cursors: Map<string, CursorRow>;
  thinned: Map<string, [e: number, recordClass: string, first: number, last: number]>;
  refused: Map<string, [uplink: string, e: number, seq: number, code: string]>;
  claims: Map<string, [uplink: string, e: number, first: number, last: number, gaps: string]>;
  /** What the seq 1 of an epoch says of the one before. */
  before: Map<number, { id: string; head: number }>;
  records: number;
}

export class Salvage {
  readonly aside: Aside;
  readonly #db: Sqlite;
  readonly #sql: Sql;
  /** Shift of its epochs' numbers; those of a WAL alone are the present file's. */
  readonly #by: number;
  readonly #database: number | null;
  readonly #pages: number;
  readonly #wal: Buffer;
  readonly #frames: { page: number; at: number }[];
  readonly #newest = new Map<number, number>();
  readonly #found: Found = {
    epochs: new Map(),
    series: new Map(),
    cursors: new Map(),
    thinned: new Map(),
    refused: new Map(),
    claims: new Map(),
    before: new Map(),
    records: 0,
  };
  /** Numbers of series and of epochs that rows name. */
  readonly #numbers = new Set<number>();
  readonly #epochs = new Set<number>();
  /** Pages looked at. */
  #done = 0;

  /** @param generation of the present file */
  constructor(aside: Aside, generation: number, db: Sqlite, sql: Sql) {
    this.aside = aside;
    this.#db = db;
    this.#sql = sql;
    this.#by = (generation - aside.generation) * shift;
    this.#database = aside.database === null ? null : openSync(aside.database, "r");
    this.#pages = this.#database === null ? 0 : Math.ceil(fstatSync(this.#database).size / pageBytes);
    this.#wal = aside.wal === null ? Buffer.alloc(0) : readFileSync(aside.wal);
    const { applied, ignored } = readWal(this.#wal);
    for (const { page, at } of applied) this.#newest.set(page, at);
    this.#frames = [...applied, ...ignored];
  }

  /** Share of it that was looked at, 0 to 1. */
  get share(): number {
    return this.#done / Math.max(1, this.#pages + this.#frames.length);
  }

  /** It held something of ours. */
  get foundAny(): boolean {
    const { records, epochs, series } = this.#found;
    return records + epochs.size + series.size > 0;
  }

  /** Looks at `pages` more; true: that was all. */
  step(pages: number): boolean {
    this.#db.transaction(() => {
      // A WAL alone is small; whose its epochs are is known only when all of it was read.
      const isWhole = this.#database !== null;
      const until = isWhole ? this.#done + pages : this.#frames.length;
      if (!isWhole) for (const { at } of this.#frames) this.#note(this.#frame(at), false);
      for (; this.#done < until && this.#done < this.#pages + this.#frames.length; this.#done++) {
        const frame = this.#frames[this.#done - this.#pages];
        const page = frame === undefined ? this.#page(this.#done + 1) : this.#frame(frame.at);
        if (page === null) continue;
        const first = (frame?.page ?? this.#done + 1) === 1;
        if (isWhole) this.#note(page, first);
        this.#take(page, first);
      }
    })();
    return this.#done >= this.#pages + this.#frames.length;
  }

  /**
   * All was looked at: its epochs, places and losses become the present file's.
   * @returns records that are lost because the name of their epoch is
   */
  finish(): number {
    return this.#db.transaction(() => {
      const { epochs, series, cursors, thinned, refused, claims } = this.#found;
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
        if (placed(uplink, e, seq))
          this.#sql("INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, 0)").run(
            uplink,
            changed(e),
            seq,
            code,
          );
      for (const [uplink, e, first, last, gaps] of claims.values())
        if (placed(uplink, e, last))
          this.#sql("INSERT OR IGNORE INTO claim VALUES (?, ?, ?, ?, ?)").run(
            uplink,
            changed(e),
            first,
            last,
            gaps,
          );
      for (const row of cursors.values()) if (known(row.e)) this.#addUp(row.uplink, changed(row.e));
      // Of an epoch without a name nothing can be said to anybody.
      return this.#sql("DELETE FROM record WHERE e NOT IN (SELECT e FROM epoch)").run().changes;
    })();
  }

  close(): void {
    if (this.#database !== null) closeSync(this.#database);
  }

  /** Everything of a page that is no record. */
  #note(page: Buffer, first: boolean): void {
    for (const row of rowsOf(page, first, (number) => this.#page(number))) {
      const found = this.#found;
      const [a, b, c, d, f] = row;
      if (row.length === 12 && isNumbers(a) && typeof b === "string") this.#noteEpoch(row);
      else if (row.length === 3 && isNumbers(a) && typeof b === "string" && rowCrc(a, b) === c)
        found.series.set(a as number, b);
      else if (row.length === 9 && typeof a === "string" && isNumbers(b, c)) this.#noteCursor(row);
      else if (row.length === 6 && isNumbers(a, c, d) && typeof b === "string" && rowCrc(a, b, c, d) === f)
        found.thinned.set(JSON.stringify([a, b, c]), [a, b, c, d] as never);
      else if (row.length === 5 && typeof a === "string" && isNumbers(b, c) && typeof d === "string")
        found.refused.set(JSON.stringify([a, b, c]), [a, b, c, d] as never);
      else if (row.length === 5 && typeof a === "string" && isNumbers(b, c, d) && typeof f === "string")
        found.claims.set(JSON.stringify([a, b, c]), [a, b, c, d, f] as never);
    }
  }

  #noteEpoch([
    e,
    id,
    previous,
    cause,
    boot,
    mono,
    base,
    baseQuality,
    head,
    salvaged,
    purgedTo,
    crc,
  ]: Row): void {
    const epoch = {
      e,
      id,
      previous,
      cause,
      boot,
      mono,
      base,
      baseQuality,
      head,
      salvaged,
      purgedTo,
    } as EpochColumns;
    if (epochCrc(epoch) !== crc) return;
    // A page of before its base or its end was known may lie beside the later one.
    const known = this.#found.epochs.get(epoch.e);
    this.#found.epochs.set(epoch.e, {
      ...epoch,
      base: epoch.base ?? known?.base ?? null,
      baseQuality: Math.min(epoch.baseQuality, known?.baseQuality ?? 2),
      head: epoch.head ?? known?.head ?? null,
      purgedTo: Math.max(epoch.purgedTo, known?.purgedTo ?? 0),
    });
  }

  #noteCursor([uplink, e, next, delivered, withheld, lost, beforeTo, carriedTo, crc]: Row): void {
    const row = {
      uplink,
      e,
      next,
      delivered,
      withheld,
      lost,
      beforeTo,
      carriedTo,
      quarantined: 0,
    } as CursorRow;
    if (cursorCrc(row) !== crc) return;
    const name = JSON.stringify([uplink, e]);
    if ((this.#found.cursors.get(name)?.next ?? 0) < row.next) this.#found.cursors.set(name, row);
  }

  /** The records of a page. */
  #take(page: Buffer, first: boolean): void {
    for (const row of rowsOf(page, first, (number) => this.#page(number))) {
      const [e, seq, recordClass, s, text, crc] = row;
      if (row.length !== 6 || !isNumbers(e, seq, s, crc) || typeof text !== "string") continue;
      const signed = `${seq}\t${recordClass}\t${s}\t${text}`;
      if (recordCrc(e as number, signed) !== crc) continue;
      const to = this.#target(e as number);
      this.#sql("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?)").run(
        to,
        seq,
        recordClass,
        s,
        text,
        recordCrc(to, signed),
      );
      this.#found.records += 1;
      this.#numbers.add(s as number);
      this.#epochs.add(e as number);
      if (seq === 1) this.#noteOpening(e as number, text);
    }
  }

  #noteOpening(e: number, text: string): void {
    try {
      const { previous, previousHead } = JSON.parse((JSON.parse(text) as string[])[3] as string) as {
        previous: unknown;
        previousHead: unknown;
      };
      if (typeof previous === "string" && Number.isSafeInteger(previousHead))
        this.#found.before.set(e, { id: previous, head: previousHead as number });
    } catch {
      // A record that is no opening.
    }
  }

  /** Rows whose series is not known, or whose number is another's by now, say nothing that is true. */
  #takeSeries(s: number, body: string | undefined): void {
    const present = this.#sql("SELECT body FROM series WHERE s = ?").pluck().get(s) as string | undefined;
    if (body !== undefined && present === undefined) putSeries(this.#sql, s, body);
    else if (this.#database !== null && present !== undefined && present !== body)
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

  /** Of refused rows some may not have been readable, which are lost; some were accepted later and are refused no more. */
  #addUp(uplink: string, e: number): void {
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
  }

  /** 0: its place is not known. */
  #nextOf(uplink: string, e: number): number {
    const next = this.#sql("SELECT next FROM cursor WHERE uplink = ? AND e = ?").pluck().get(uplink, e);
    return (next as number | undefined) ?? 0;
  }

  /** Number that an epoch has in the present file. */
  #target(e: number): number {
    return this.#database === null ? e : e - this.#by;
  }

  #page(number: number): Buffer | null {
    const at = this.#newest.get(number);
    if (at !== undefined) return this.#frame(at);
    if (this.#database === null || number < 1 || number > this.#pages) return null;
    const page = Buffer.alloc(pageBytes);
    try {
      readSync(this.#database, page, 0, pageBytes, (number - 1) * pageBytes);
      return page;
    } catch {
      // A sector that cannot be read.
      return null;
    }
  }

  #frame(at: number): Buffer {
    return this.#wal.subarray(at, at + pageBytes);
  }
}

const isNumbers = (...values: unknown[]): boolean => values.every((value) => typeof value === "number");
