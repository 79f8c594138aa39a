/** The disk of a candidate, slowed down or counted by strace; which stops it at nothing but fsync and fdatasync. */
import { existsSync, readFileSync } from "node:fs";

const strace = "/usr/bin/strace";

export const straceMissing = existsSync(strace)
  ? null
  : "strace is not installed: no slow disk and no count of fsyncs (apt-get install strace)";

const traced = [strace, "-f", "--seccomp-bpf", "-qq", "-y", "-e", "trace=fsync,fdatasync"];

/** Every fsync returns so much later. */
export function slowed(ms: number): string[] {
  return [...traced, "-o", "/dev/null", "-e", `inject=fsync,fdatasync:delay_exit=${ms * 1000}`];
}

/** Every fsync is a line in `file`. */
export function counted(file: string): string[] {
  return [...traced, "-o", file];
}

/** fsyncs noted in `file` so far, and of them those that end a commit: of the write-ahead log. */
export function syncsIn(file: string): { all: number; commits: number } {
  const lines = readFileSync(file, "latin1")
    .split("\n")
    .filter((line) => /\bf(data)?sync\(/.test(line));
  return { all: lines.length, commits: lines.filter((line) => line.includes("-wal>")).length };
}
