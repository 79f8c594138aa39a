/**
 * Writes a bundle to a file (config/schema/bundle.ts): as `NAME.part` until it is whole and on the disk.
 * Never happens: a file with the final name that is not whole; the last of the space is taken.
 */
import { createWriteStream } from "node:fs";
import { open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type BundleHeader, endLine, headerLine } from "../../config/schema/bundle.ts";

export interface Piece {
  batch: string;
  records: number;
}

export interface Written {
  batches: number;
  records: number;
  bytes: number;
  /** There was no room for more. */
  full: boolean;
}

/** So much is left free: a full stick cannot be read everywhere. */
const spareBytes = 4_000_000;
/** Room is looked at so often. */
const lookEvery = 20;

/** @throws what the file system says */
export async function writeBundle(
  path: string,
  header: Omit<BundleHeader, "v" | "kind">,
  pieces: AsyncIterable<Piece>,
  progress: (sofar: Written) => void,
): Promise<Written> {
  const part = `${path}.part`;
  const written: Written = { batches: 0, records: 0, bytes: 0, full: false };
  async function* lines() {
    yield headerLine(header);
    for await (const { batch, records } of pieces) {
      yield `${batch}\n`;
      written.batches += 1;
      written.records += records;
      progress(written);
      if (written.batches % lookEvery === 0 && (await freeOf(part)) < spareBytes) {
        written.full = true;
        break;
      }
    }
    yield endLine(written.batches, written.records);
  }
  try {
    await pipeline(
      Readable.from(lines(), { objectMode: true }),
      createGzip(),
      createWriteStream(part, { mode: 0o640 }),
    );
    const file = await open(part, "r+");
    try {
      await file.sync();
      written.bytes = (await file.stat()).size;
    } finally {
      await file.close();
    }
    await rename(part, path);
    return written;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function freeOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize;
}
