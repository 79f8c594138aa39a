/**
 * The pages of a damaged file, and of its WAL, one after the other (R12).
 *
 * Holds: of a page that stands in the WAL more than once, each; the rest of a long row comes from where it stood when
 * that row was written. Never happens: a change of the file; a throw, whatever is on the disk.
 */
import { closeSync, fstatSync, openSync } from "node:fs";
import type { Aside } from "./aside.ts";
import { type Frame, pageBytes, type Row, readWal, rowsOf } from "./pages.ts";
import { readAllThere, readThere } from "./sick-disk.ts";

export class Wreck {
  readonly #database: number | null;
  /** Pages of the database. */
  readonly #pages: number;
  readonly #wal: Buffer;
  readonly #frames: readonly Frame[];
  /** Per page its frames, the oldest first. */
  readonly #versions = new Map<number, Frame[]>();
  /** Commits of which SQLite would know. */
  readonly #commits: number;

  constructor({ database, wal }: Aside) {
    this.#database = database === null ? null : openSync(database, "r");
    this.#pages = this.#database === null ? 0 : Math.ceil(fstatSync(this.#database).size / pageBytes);
    this.#wal = wal === null ? Buffer.alloc(0) : readAllThere(wal).bytes;
    const { applied, ignored } = readWal(this.#wal);
    this.#commits = applied.at(-1)?.commit ?? -1;
    this.#frames = [...applied, ...ignored];
    for (const frame of this.#frames) {
      const versions = this.#versions.get(frame.page);
      if (versions === undefined) this.#versions.set(frame.page, [frame]);
      else versions.push(frame);
    }
  }

  /** Pages in it, each as often as it stands there. */
  get pages(): number {
    return this.#pages + this.#frames.length;
  }

  /** What can be read of the `n`-th of them, from 0: those of the database as SQLite would see them, then the WAL. */
  rows(n: number): Row[] {
    const frame = this.#frames[n - this.#pages];
    const number = frame?.page ?? n + 1;
    const commit = frame?.commit ?? this.#commits;
    const page = frame === undefined ? this.#page(number, commit) : this.#bytes(frame);
    return page === null ? [] : rowsOf(page, number === 1, (other) => this.#page(other, commit));
  }

  close(): void {
    if (this.#database !== null) closeSync(this.#database);
  }

  /** As it was after a commit of the WAL; -1: before the first. */
  #page(number: number, commit: number): Buffer | null {
    const version = this.#versions.get(number)?.findLast((frame) => frame.commit <= commit);
    if (version !== undefined) return this.#bytes(version);
    if (this.#database === null || number < 1 || number > this.#pages) return null;
    const page = Buffer.alloc(pageBytes);
    return readThere(this.#database, page, (number - 1) * pageBytes) ? page : null;
  }

  #bytes({ at }: Frame): Buffer {
    return this.#wal.subarray(at, at + pageBytes);
  }
}
