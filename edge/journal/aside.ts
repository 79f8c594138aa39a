/**
 * The files beside the journal's: what was damaged and set aside, how often that happened, and the reserve.
 *
 * Holds: `journal.generation` counts the files that came after a damaged one; what is set aside carries the number of
 * the file it was. The reserve is room that is given back when the disk is full, so that deleting can begin.
 * Never happens: a byte of what is set aside is changed.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DamagedError } from "./damaged.ts";
import { pageBytes, readWal } from "./pages.ts";
import { readAllThere } from "./sick-disk.ts";

/** A damaged file with its WAL, or a WAL of which SQLite would leave out what was committed. */
export interface Aside {
  generation: number;
  /** Path of the database; null: its WAL alone was damaged. */
  database: string | null;
  /** Path of the WAL; null: there was none. */
  wal: string | null;
}

const longestWalBytes = 128 * 1024 * 1024;
const reserveBytes = 8 * 1024 * 1024;
/** With less free than this the reserve is given back. */
const shortBytes = 2 * 1024 * 1024;

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

export class Beside {
  readonly #file: string;
  readonly #folder: string;

  constructor(file: string) {
    this.#file = file;
    this.#folder = dirname(file);
  }

  /** How many files were set aside before the present one. */
  get generation(): number {
    const counted = Number(this.#text(this.#generationFile) ?? 0);
    const aside = this.list().map(({ generation }) => generation + 1);
    return Math.max(Number.isSafeInteger(counted) && counted > 0 ? counted : 0, ...aside, 0);
  }

  /** There was a journal in this folder before, and its file is gone or empty. */
  vanished(): boolean {
    return existsSync(this.#generationFile) && sizeOf(this.#file) === 0;
  }

  /** The database is gone or empty and its WAL is not: SQLite would throw that away. */
  bereft(): boolean {
    return sizeOf(this.#file) < pageBytes && sizeOf(`${this.#file}-wal`) > 0;
  }

  /** The present file has numbers of this generation: the count beside it was lost, or is that of another file. */
  atLeast(generation: number): void {
    if (generation > this.generation) this.#count(generation);
  }

  /** What waits to be salvaged, the newest first: nobody waits for the oldest as long. */
  list(): Aside[] {
    const names = this.#names();
    const generations = new Set(
      names.flatMap((name) => /^journal\.damaged-(\d+)(-wal)?$/.exec(name)?.[1] ?? []).map(Number),
    );
    return [...generations]
      .sort((a, b) => b - a)
      .map((generation) => {
        const path = (suffix: string) => {
          const name = `journal.damaged-${generation}${suffix}`;
          return names.includes(name) ? join(this.#folder, name) : null;
        };
        return { generation, database: path(""), wal: path("-wal") };
      });
  }

  /** The present file is damaged: the next one that is made is a new one. */
  setAside(): void {
    const { generation } = this;
    const to = join(this.#folder, `journal.damaged-${generation}`);
    // Where not even this can be written, another file would be no better: then all stays as it is.
    this.#count(generation + 1);
    // Without a database the WAL would count as one of the present file.
    if (!existsSync(this.#file)) closeSync(openSync(this.#file, "w", 0o640));
    // The WAL first: a database without its WAL must never be opened as if it were whole.
    for (const suffix of ["-wal", ""])
      if (existsSync(`${this.#file}${suffix}`)) renameSync(`${this.#file}${suffix}`, `${to}${suffix}`);
    this.#sync();
  }

  /**
   * Copies a WAL of which SQLite would leave out what was committed.
   * @throws DamagedError when not all of it can be read, by SQLite either
   */
  keepWal(): boolean {
    const path = `${this.#file}-wal`;
    if (!existsSync(path)) return false;
    // No WAL of ours is so long; reading one would take its length of memory.
    if (sizeOf(path) > longestWalBytes) return false;
    const { bytes, isWhole } = readAllThere(path);
    if (!isWhole) throw new DamagedError("its WAL cannot be read");
    if (readWal(bytes).ignored.length === 0) return false;
    const { generation } = this;
    this.#write(join(this.#folder, `journal.damaged-${generation}-wal`), bytes);
    this.#count(generation + 1);
    return true;
  }

  /** What was salvaged from goes; what held nothing of ours stays, for a person to look at. */
  finish(aside: Aside, found: boolean): void {
    for (const path of [aside.database, aside.wal]) {
      if (path === null) continue;
      if (found) rmSync(path, { force: true });
      else renameSync(path, join(this.#folder, basename(path).replace("damaged", "unreadable")));
    }
    this.#sync();
  }

  /** A file was made here: it is in its folder for good. */
  born(): void {
    if (!existsSync(this.#generationFile)) this.#count(this.generation);
    else this.#sync();
  }

  /** Gives the reserve back when the disk is full. Gives the free bytes of the disk. */
  giveReserve(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    const free = bavail * bsize;
    if (free < shortBytes) rmSync(this.#reserveFile, { force: true });
    return free;
  }

  /** The same, and takes it again when there is room above `floorBytes`. */
  reserve(floorBytes: number): void {
    const free = this.giveReserve();
    if (existsSync(this.#reserveFile) || free < floorBytes + 4 * reserveBytes) return;
    try {
      this.#write(this.#reserveFile, Buffer.alloc(reserveBytes));
    } catch {
      rmSync(`${this.#reserveFile}.new`, { force: true });
    }
  }

  get #reserveFile(): string {
    return join(this.#folder, "journal.reserve");
  }

  get #generationFile(): string {
    return join(this.#folder, "journal.generation");
  }

  #count(generation: number): void {
    this.#write(this.#generationFile, Buffer.from(`${generation}\n`));
    this.#sync();
  }

  #text(path: string): string | null {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return null;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #write(path: string, bytes: Uint8Array): void {
    const file = openSync(`${path}.new`, "w", 0o640);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
  }

  #sync(): void {
    const folder = openSync(this.#folder, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
