import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { frameBytes, pageBytes, readWal, rowsOf } from "../../../edge/journal/pages.ts";
import { recordCrc } from "../../../edge/journal/schema.ts";
import { memoryFolder } from "../../memory-folder.ts";
import type { Dice } from "./model-dice.ts";

const walHeaderBytes = 32;

/** What is left of a journal's file for who reads it page by page. */
export interface Left {
  /** Texts of whole rows of epochs and series that have their names, by epoch id. */
  rows: Map<string, Set<string>>;
  /** Epochs whose row is there, with the highest seq that is. */
  heads: Map<string, number>;
  before: Before | null;
}

/** What SQLite itself finds in the file before it is damaged; null: it was not whole even then. */
export interface Before {
  /** Every row, by epoch and seq. */
  rows: Set<string>;
  madeRoom: { epoch: string; recordClass: string; first: number; last: number }[];
}

type Kind =
  | "database header"
  | "wal header"
  | "page"
  | "bits"
  | "truncated"
  | "wal bits"
  | "wal truncated"
  | "gone";
const kinds: Kind[] = [
  "database header",
  "wal header",
  "page",
  "page",
  "bits",
  "bits",
  "truncated",
  "wal bits",
  "wal truncated",
  "gone",
];

/**
 * Damages a copy of a journal's folder, and tells what is left of it.
 * It finds the rows of a page by `rowsOf` and of a WAL by `readWal`, as salvage does: of errors in these it knows nothing.
 */
export function damage(folder: string, dice: Dice): Left {
  const path = join(folder, "journal.sqlite");
  const before = foundIn(path);
  const read = (name: string) => (existsSync(name) ? readFileSync(name) : Buffer.alloc(0));
  const database = read(path);
  const wal = read(`${path}-wal`);
  const pages = Math.floor(database.length / pageBytes);
  const frames = Math.floor(Math.max(0, wal.length - walHeaderBytes) / frameBytes);
  const usable = kinds.filter((kind) => (kind.startsWith("wal") ? frames > 0 : pages > 0));
  const kind = dice.pick(usable.length === 0 ? (["gone"] as Kind[]) : usable);
  /** Pages and frames that are not what was written. */
  const hitPages = new Set<number>();
  const hitFrames = new Set<number>();
  let keptDatabase = database;
  let keptWal = wal;
  const flip = (bytes: Buffer, start: number, length: number) => {
    for (let bit = 0; bit < 3; bit++) {
      const at = start + dice.below(length);
      bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8));
    }
  };
  if (kind === "database header") database.fill(0, 0, 100);
  else if (kind === "wal header") wal.fill(0, 0, walHeaderBytes);
  else if (kind === "page" || kind === "bits") {
    for (let hits = 1 + dice.below(2); hits > 0; hits--) {
      const page = dice.below(pages);
      hitPages.add(page);
      if (kind === "page") database.fill(0, page * pageBytes, (page + 1) * pageBytes);
      else flip(database, page * pageBytes, pageBytes);
    }
  } else if (kind === "truncated") {
    const page = dice.below(pages);
    for (let gone = page; gone < pages; gone++) hitPages.add(gone);
    keptDatabase = database.subarray(0, page * pageBytes + dice.below(pageBytes));
  } else if (kind === "wal bits") {
    const frame = dice.below(frames);
    hitFrames.add(frame);
    flip(wal, walHeaderBytes + frame * frameBytes, frameBytes);
  } else if (kind === "wal truncated") {
    const frame = dice.below(frames);
    for (let gone = frame; gone < frames; gone++) hitFrames.add(gone);
    keptWal = wal.subarray(0, walHeaderBytes + frame * frameBytes + dice.below(frameBytes));
  } else {
    keptDatabase = Buffer.alloc(0);
    keptWal = Buffer.alloc(0);
  }
  writeFileSync(path, keptDatabase);
  if (wal.length > 0) writeFileSync(`${path}-wal`, keptWal);
  return { ...leftOf(keptDatabase, keptWal, hitPages, hitFrames), before };
}

function foundIn(path: string): Before | null {
  const folder = mkdtempSync(join(memoryFolder, "ce-before-"));
  const copy = join(folder, "journal.sqlite");
  for (const suffix of ["", "-wal"])
    if (existsSync(`${path}${suffix}`)) cpSync(`${path}${suffix}`, `${copy}${suffix}`);
  const db = new Database(copy);
  try {
    const rows = db.prepare("SELECT id || '/' || seq FROM record JOIN epoch USING (e)").pluck();
    const madeRoom = db.prepare(
      "SELECT id AS epoch, class AS recordClass, first, last FROM thinned JOIN epoch USING (e)",
    );
    return { rows: new Set(rows.all() as string[]), madeRoom: madeRoom.all() as Before["madeRoom"] };
  } catch {
    return null;
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function leftOf(
  database: Buffer,
  wal: Buffer,
  hitPages: Set<number>,
  hitFrames: Set<number>,
): Omit<Left, "before"> {
  const found: ReturnType<typeof rowsOf> = [];
  const look = (page: Buffer, first: boolean) => void found.push(...rowsOf(page, first, () => null));
  for (let page = 0; (page + 1) * pageBytes <= database.length; page++)
    if (!hitPages.has(page)) look(database.subarray(page * pageBytes, (page + 1) * pageBytes), page === 0);
  const { applied, ignored } = readWal(wal);
  for (const { page, at } of [...applied, ...ignored])
    if (!hitFrames.has(Math.floor((at - walHeaderBytes) / frameBytes)))
      look(wal.subarray(at, at + pageBytes), page === 1);
  const ids = new Map<number, string>();
  const series = new Set<number>();
  for (const row of found) {
    const [a, b] = row;
    if (row.length === 12 && typeof a === "number" && typeof b === "string") ids.set(a, b);
    else if (row.length === 3 && typeof a === "number" && typeof b === "string") series.add(a);
  }
  const left: Omit<Left, "before"> = { rows: new Map(), heads: new Map() };
  for (const row of found) {
    const [e, seq, recordClass, s, text, crc] = row;
    const id = ids.get(e as number);
    if (row.length !== 6 || id === undefined || typeof text !== "string" || typeof seq !== "number") continue;
    left.heads.set(id, Math.max(left.heads.get(id) ?? 0, seq));
    // A flipped bit of an earlier damage, which nobody has met yet, is in a page that looks whole.
    if (recordCrc(e as number, `${seq}\t${recordClass}\t${s}\t${text}`) !== crc) continue;
    if (!series.has(s as number)) continue;
    const texts = left.rows.get(id) ?? new Set();
    left.rows.set(id, texts.add(text));
  }
  return left;
}
