/** Reads from a disk that cannot read everything. Never throws for what it cannot: that reads as zeros. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes that are lost together, at most: a sector of an SD card or eMMC is smaller. */
const blockBytes = 4096;

/** Fills `into` from `at` on. @returns false: some of it could not be read, and is zeros */
export function readThere(file: number, into: Uint8Array, at: number): boolean {
  let isWhole = true;
  for (let start = 0; start < into.length; start += blockBytes) {
    const block = into.subarray(start, start + blockBytes);
    try {
      const got = readSync(file, block, 0, block.length, at + start);
      block.fill(0, got);
    } catch {
      block.fill(0);
      isWhole = false;
    }
  }
  return isWhole;
}

/** All of a file as it is there. @throws when there is none that could be opened */
export function readAllThere(path: string): { bytes: Buffer; isWhole: boolean } {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(fstatSync(file).size);
    return { isWhole: readThere(file, bytes, 0), bytes };
  } finally {
    closeSync(file);
  }
}
