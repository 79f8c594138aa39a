/**
 * Reading a file that may be anything: never more than asked for, never waiting on a pipe or device.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { sep } from "node:path";

/** At most `limit` bytes of a regular file, the size being looked at first; null when it is something else. */
export function readBounded(
  path: string,
  limit: number,
): { bytes: Buffer | "too-large" | null; stat: Stats } {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) return { bytes: null, stat };
    if (stat.size > limit) return { bytes: "too-large", stat };
    let buffer = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (;;) {
      // It grew while it was read.
      if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(length * 2, limit + 1));
      const read = readSync(handle, buffer, length, buffer.length - length, null);
      length += read;
      if (length > limit) return { bytes: "too-large", stat };
      if (read === 0) return { bytes: buffer.subarray(0, length), stat };
    }
  } finally {
    closeSync(handle);
  }
}

export function inside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "error";
}
