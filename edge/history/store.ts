/**
 * The history's store, on the worker's side: takes batches, packs them, gives up the oldest.
 *
 * Holds: one `put` = one commit; packing and giving up are commits of their own between them, one part at a time,
 * so that none is long; after a failure nothing in memory is trusted: close it and open it again.
 */
import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Sqlite, Statement } from "../sqlite.ts";
import { Ageing } from "./ageing.ts";
import { type ChunkRow, writeChunk } from "./chunk.ts";
import type { HistoryAnswer, HistoryAsk, HistoryExtent } from "./contract.ts";
import { asideBytes, dropAside, openHistoryFile } from "./file.ts";
import { find } from "./find.ts";
import { Intervals } from "./intervals.ts";
import { type FreshRow, freshCrc, parseFresh } from "./parse.ts";
import { type EpochState, Shelf, type Stretch } from "./shelf.ts";
import { type Header, type Moment, type Replies, readBatch, type StoreSettings } from "./wire.ts";

/** Epochs without a row are remembered for their seqs; far more than a journal can still ask about. */
const mostEpochs = 10_000;
/** Of the file, what may be free before it is made smaller: what goes and what comes use it in turn. */
const spareShare = 1 / 8;

export class Store {
  readonly #settings: StoreSettings;
  readonly #db: Sqlite;
  readonly #statements = new Map<string, Statement>();
  readonly #shelf = new Shelf();
  readonly #ageing: Ageing;
  /** Number of the part that is being collected. */
  #collecting: number;
  /** Why the file before was set aside; null: it was not. */
  readonly anew: string | null;

  /** @throws what may pass: the file is in use, the disk is full or gone */
  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.#ageing = new Ageing(settings.keepMs);
    const { db, anew } = openHistoryFile(settings.file);
    this.#db = db;
    this.anew = anew;
    try {
      this.#collecting = this.#load();
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #load(): number {
    const shelf = this.#shelf;
    for (const row of this.#sql("SELECT s, body FROM series").all() as { s: number; body: string }[])
      shelf.addSeries(row.s, row.body);
    const epochs = this.#sql("SELECT e, id, base, quality, blindTo, done FROM epoch").all();
    for (const row of epochs as Parameters<typeof Shelf.epoch>[0][]) shelf.addEpoch(Shelf.epoch(row));
    const parts = this.#sql("SELECT p, e, rows, t0, t1, d0, d1 FROM part ORDER BY p, e").all();
    for (const { p, ...stretch } of parts as (Stretch & { p: number })[])
      shelf.parts.set(p, [...(shelf.parts.get(p) ?? []), stretch]);
    const fresh = this.#sql("SELECT e, rows, t0, t1, length(text) AS chars FROM fresh").all();
    for (const { e, rows, t0, t1, chars } of fresh as (FreshRow & { chars: number })[])
      shelf.addFresh(e, rows, t0, t1, chars);
    return Math.max(0, ...shelf.parts.keys()) + 1;
  }

  /** Batches in one commit, then whatever is due: a part to pack, an old one to give up. */
  put(batches: readonly Uint8Array[], at: Moment): Replies["put"] {
    if (!this.#mayGrow(at)) return { next: null, extent: this.extent() };
    const next = this.#db.transaction(() => batches.map((bytes) => this.#take(readBatch(bytes))))();
    if (this.#shelf.freshChars >= this.#settings.partChars) this.#pack();
    return { next, extent: this.extent() };
  }

  find(ask: HistoryAsk): HistoryAnswer {
    return find(ask, {
      shelf: this.#shelf,
      collecting: this.#collecting,
      chunks: (p, s) =>
        this.#sql(
          "SELECT s, e, body FROM chunk WHERE p = ? AND s IN (SELECT value FROM json_each(?)) ORDER BY s, e",
        ).all(p, JSON.stringify(s)) as { s: number; e: number; body: Uint8Array }[],
      fresh: () => this.#fresh(),
    });
  }

  extent(): HistoryExtent {
    const { file } = this.#settings;
    const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
    return this.#shelf.extent(size(file) + size(`${file}-wal`) + asideBytes(file));
  }

  close(): void {
    this.#db.close();
  }

  /** @returns the first seq of its epoch that is missing now */
  #take({ header, lines }: { header: Header; lines: string }): number {
    const epoch = this.#epoch(header);
    const { done } = epoch;
    const { range } = header;
    const again = range === undefined || done.overlaps(range[0], range[1]);
    const rows =
      lines === "" ? [] : again ? lines.split("\n").filter((line) => !done.has(seqOf(line))) : null;
    if (range === undefined) for (const line of rows ?? []) done.add(seqOf(line), seqOf(line));
    else done.add(range[0], range[1]);
    if (rows === null) this.#keep(epoch, header, lines, header.rows);
    else if (rows.length > 0) this.#keep(epoch, header, rows.join("\n"), rows.length);
    this.#sql("UPDATE epoch SET base = ?, quality = ?, blindTo = ?, done = ? WHERE e = ?").run(
      epoch.base,
      epoch.quality,
      epoch.blindTo,
      JSON.stringify(done.runs),
      epoch.e,
    );
    return done.next;
  }

  #keep(epoch: EpochState, header: Header, text: string, rows: number): void {
    const t0 = tOf(text.slice(0, lineChars));
    const t1 = tOf(text.slice(text.lastIndexOf("\n") + 1).slice(0, lineChars));
    if (header.base === null) epoch.blindTo = Math.max(epoch.blindTo, t1);
    const numbers = JSON.stringify(
      header.series.map(([journals, series]) => [journals, this.#number(JSON.stringify(series))]),
    );
    this.#sql("INSERT INTO fresh (e, rows, t0, t1, numbers, text, crc) VALUES (?, ?, ?, ?, ?, ?, ?)").run(
      epoch.e,
      rows,
      t0,
      t1,
      numbers,
      text,
      freshCrc(epoch.e, numbers, text),
    );
    this.#shelf.addFresh(epoch.e, rows, t0, t1, text.length);
  }

  #epoch({ epoch: id, base, baseQuality }: Header): EpochState {
    const known = this.#shelf.epochs.get(id);
    if (known !== undefined) {
      if (base !== null) Object.assign(known, { base, quality: baseQuality });
      return known;
    }
    const e = Number(
      this.#sql("INSERT INTO epoch (id, base, quality, blindTo, done) VALUES (?, ?, ?, -1, '[]')").run(
        id,
        base,
        baseQuality,
      ).lastInsertRowid,
    );
    return this.#shelf.addEpoch({ e, id, base, quality: baseQuality, blindTo: -1, done: new Intervals() });
  }

  #number(body: string): number {
    const known = this.#shelf.numbers.get(body);
    if (known !== undefined) return known;
    const s = Number(this.#sql("INSERT INTO series (body) VALUES (?)").run(body).lastInsertRowid);
    return this.#shelf.addSeries(s, body);
  }

  /** What came becomes a part; a batch that cannot be read any more is left out. */
  #pack(): void {
    const p = this.#collecting;
    const chunks = new Map<string, { s: number; e: number; rows: ChunkRow[] }>();
    const stretches = new Map([...this.#shelf.fresh].map(([e, stretch]) => [e, { ...stretch }]));
    for (const { s, e, ...row } of this.#freshRows()) {
      const key = `${s} ${e}`;
      const chunk = chunks.get(key);
      if (chunk === undefined) chunks.set(key, { s, e, rows: [row] });
      else chunk.rows.push(row);
      const { deviceTime } = row;
      const stretch = stretches.get(e);
      if (stretch === undefined || deviceTime === undefined) continue;
      stretch.d0 = Math.min(stretch.d0 ?? deviceTime, deviceTime);
      stretch.d1 = Math.max(stretch.d1 ?? deviceTime, deviceTime);
    }
    this.#db.transaction(() => {
      const sorted = [...chunks.values()].sort((a, b) => a.s - b.s || a.e - b.e);
      for (const { s, e, rows } of sorted)
        this.#sql("INSERT INTO chunk VALUES (?, ?, ?, ?)").run(p, s, e, writeChunk(rows));
      for (const { e, rows, t0, t1, d0, d1 } of stretches.values())
        this.#sql("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?)").run(p, e, rows, t0, t1, d0, d1);
      this.#sql("DELETE FROM fresh").run();
      this.#sql(
        `DELETE FROM epoch WHERE e <= (SELECT max(e) FROM epoch) - ${mostEpochs} AND e NOT IN (SELECT e FROM part)`,
      ).run();
    })();
    this.#shelf.parts.set(p, [...stretches.values()]);
    this.#shelf.emptyFresh();
    this.#collecting = p + 1;
  }

  *#freshRows(): Generator<ChunkRow & { s: number; e: number }> {
    for (const batch of this.#fresh()) {
      let rows: ReturnType<typeof parseFresh>;
      try {
        rows = parseFresh(batch);
      } catch {
        continue;
      }
      for (const row of rows) yield { ...row, e: batch.e };
    }
  }

  #fresh(): IterableIterator<FreshRow> {
    return this.#sql(
      "SELECT e, rows, t0, t1, numbers, text, crc FROM fresh ORDER BY n",
    ).iterate() as IterableIterator<FreshRow>;
  }

  /** Gives up the oldest where room is needed or its time has come; false: there is no room and nothing to give up. */
  #mayGrow(at: Moment): boolean {
    const { file, quotaBytes, diskFloorBytes } = this.#settings;
    this.#ageing.pass(at);
    const { bavail, bsize } = statfsSync(dirname(file));
    const tight = bavail * bsize < diskFloorBytes;
    const aside = asideBytes(file);
    const over = this.#used() + aside > quotaBytes;
    if (aside > 0 && (tight || over)) {
      dropAside(file);
      return true;
    }
    const [oldest] = this.#shelf.parts;
    if (oldest === undefined) {
      if (over && this.#shelf.freshRows > 0) this.#pack();
      return !tight;
    }
    const [p, part] = oldest;
    const arrival = this.#shelf.arrivalOf(part);
    if (tight || over || (arrival !== null && this.#ageing.takes(arrival.oldest, arrival.newest, at))) {
      this.#giveUp(p);
      this.#shrink(tight);
    }
    return true;
  }

  #giveUp(p: number): void {
    this.#db.transaction(() => {
      this.#sql("DELETE FROM chunk WHERE p = ?").run(p);
      this.#sql("DELETE FROM part WHERE p = ?").run(p);
    })();
    this.#shelf.parts.delete(p);
  }

  /** The file becomes smaller: by all that is free, or by what is free beyond a share. */
  #shrink(all: boolean): void {
    const free = this.#pages("freelist_count");
    const spare = all ? 0 : Math.floor(this.#pages("page_count") * spareShare);
    if (free <= spare) return;
    this.#db.pragma(`incremental_vacuum(${free - spare})`);
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  /** Bytes that hold data. */
  #used(): number {
    return (this.#pages("page_count") - this.#pages("freelist_count")) * this.#pages("page_size");
  }

  #pages(name: string): number {
    return this.#db.pragma(name, { simple: true }) as number;
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

/** Seq, series and t stand first, and are numbers. */
const lineChars = 64;

const seqOf = (line: string): number => Number.parseInt(line.slice(1, 20), 10);

const tOf = (line: string): number => Number.parseInt(line.split(",", 3)[2] ?? "0", 10);
