/**
 * Who did what: a text file of JSON lines, each with the hash of the one before, so that a line that was changed or
 * taken out shows. It is also the memory of commands: what stands here was asked, and is not done a second time.
 *
 * Holds: an entry is on disk when `write` resolves; entries are written one after the other; a line that a power cut
 * left unfinished is cut off and told; a full file is kept beside (`audit-000001.jsonl`) and the chain goes on; a file
 * that somebody took away while it was written to is made anew, and that is told.
 * Never happens: a secret, or a value of a device that is not part of what was asked; a wait on the main thread.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

export const auditName = "audit.jsonl";
const keptPattern = /^audit-(\d{6,12})\.jsonl$/;
/** A file of it, and all of them together. */
const usualLimits = { fileBytes: 4 * 1024 * 1024, allBytes: 64 * 1024 * 1024 };
/** What is remembered of it at the start: more than a week of commands. */
const remembered = 2;
const lineBytes = 16 * 1024;

const fact = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const entrySchema = z.strictObject({
  /** From 1, without holes. */
  n: z.int().positive(),
  /** Wall ms UTC by this machine, whatever its clock is worth. */
  at: z.number(),
  /** `local:…` or `uplink:…:key`. */
  who: z.string(),
  what: z.string(),
  facts: z.record(z.string(), z.union([fact, z.record(z.string(), fact)])),
  prev: z.string(),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof entrySchema>;
export type AuditFacts = AuditEntry["facts"];

export interface Audit {
  /** @returns its hash. Rejects when it is not on disk: then what it is about must not happen */
  write(who: string, what: string, facts: AuditFacts): Promise<string>;
  close(): Promise<void>;
}

/** What is wrong with the chain, by file and line from 1. */
export interface AuditBreak {
  file: string;
  line: number;
  what: "unreadable" | "changed" | "missing";
}

export interface AuditRead {
  entries: AuditEntry[];
  breaks: AuditBreak[];
  /** Bytes at the end of the last file that are no whole line. */
  torn: number;
}

const first = "0".repeat(64);

/** Hash of an entry without its hash: SHA-256 over the JSON of its parts in their order. */
export function auditHash({ n, at, who, what, facts, prev }: Omit<AuditEntry, "hash">): string {
  return createHash("sha256")
    .update(JSON.stringify([n, at, who, what, facts, prev]))
    .digest("hex");
}

/** Names of the files of a folder, the oldest first. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const kept = names.filter((name) => keptPattern.test(name)).sort((a, b) => numberOf(a) - numberOf(b));
  return names.includes(auditName) ? [...kept, auditName] : kept;
}
const numberOf = (name: string): number => Number(keptPattern.exec(name)?.[1] ?? Number.POSITIVE_INFINITY);

/**
 * Reads and verifies what is there. The oldest file may begin anywhere: those before it were let go.
 * @param newest how many files of it, the present one included; absent: all
 */
export async function readAudit(folder: string, newest = Number.POSITIVE_INFINITY): Promise<AuditRead> {
  const read: AuditRead = { entries: [], breaks: [], torn: 0 };
  let last: Pick<AuditEntry, "n" | "hash"> | null = null;
  for (const name of (await filesOf(folder)).slice(-newest)) {
    const bytes = await readFile(join(folder, name));
    // Counted in bytes: a sign that was cut in two is longer as text than on disk.
    const whole = bytes.lastIndexOf("\n") + 1;
    const lines = bytes.toString("utf8", 0, whole).split("\n").slice(0, -1);
    if (name === auditName) read.torn = bytes.length - whole;
    else if (whole < bytes.length)
      read.breaks.push({ file: name, line: lines.length + 1, what: "unreadable" });
    for (const [index, line] of lines.entries()) {
      const at = { file: name, line: index + 1 };
      const entry = parsed(line);
      if (entry === null) {
        read.breaks.push({ ...at, what: "unreadable" });
        continue;
      }
      if (auditHash(entry) !== entry.hash) read.breaks.push({ ...at, what: "changed" });
      else if (last !== null && (entry.n !== last.n + 1 || entry.prev !== last.hash))
        read.breaks.push({ ...at, what: "missing" });
      last = entry;
      read.entries.push(entry);
    }
  }
  return read;
}

function parsed(line: string): AuditEntry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/**
 * Opens the file for writing, or makes it.
 * @param wallMs of this machine's clock
 * @returns with what stands in it; a torn end was cut off, and stands there as an entry
 */
export async function openAudit(
  folder: string,
  wallMs: () => number,
  { fileBytes, allBytes } = usualLimits,
): Promise<{ audit: Audit; read: AuditRead }> {
  const path = join(folder, auditName);
  const read = await readAudit(folder, remembered);
  const last = read.entries.at(-1);
  let n = last?.n ?? 0;
  let prev = last?.hash ?? first;
  let file: FileHandle | null = await open(path, "a", 0o640);
  let bytes = (await file.stat()).size;
  const cut = async () => {
    if (read.torn === 0) return;
    bytes -= read.torn;
    await file?.truncate(bytes);
  };
  /** Nobody knows how much of the last line is there. */
  let failed = false;
  let closed = false;

  /** The file that has the name, without half a line, and where its end is. `anew`: it is not the one from before. */
  const ready = async (): Promise<{ to: FileHandle; anew: boolean }> => {
    const anew = file !== null && !failed && !(await holds(path, file, bytes));
    if (anew || failed || file === null) {
      await file?.close().catch(() => {});
      file = null;
      file = await open(path, "a", 0o640);
    }
    const { size } = await file.stat();
    // Its name is on disk as well as what stands in it.
    if (size === 0) await synced(folder);
    if (failed && size > bytes) await file.truncate(bytes);
    bytes = failed ? Math.min(size, bytes) : size;
    failed = false;
    return { to: file, anew };
  };

  /** The full file is set beside, and those that are too many go. */
  const turn = async () => {
    await file?.close();
    file = null;
    await rename(path, join(folder, `audit-${String(n).padStart(6, "0")}.jsonl`));
    await ready();
    const kept = (await filesOf(folder)).filter((name) => name !== auditName);
    const sizes = await Promise.all(kept.map(async (name) => (await stat(join(folder, name))).size));
    let sum = sizes.reduce((all, size) => all + size, 0);
    for (const [index, name] of kept.entries()) {
      if (sum <= allBytes) break;
      sum -= sizes[index] ?? 0;
      await rm(join(folder, name));
    }
  };

  const append = async (who: string, what: string, facts: AuditFacts): Promise<string> => {
    if (closed) throw new Error("the audit is closed");
    const { anew } = await ready();
    if (anew) await put("local:gateway", "audit.gone", {});
    if (bytes >= fileBytes) await turn();
    return put(who, what, facts);
  };

  const put = async (who: string, what: string, facts: AuditFacts): Promise<string> => {
    const { to } = await ready();
    const entry = { n: n + 1, at: Math.round(wallMs()), who, what, facts, prev };
    const hash = auditHash(entry);
    const line = `${JSON.stringify({ ...entry, hash })}\n`;
    if (Buffer.byteLength(line) > lineBytes) throw new Error("an audit entry is longer than it may be");
    failed = true;
    await to.appendFile(line);
    await to.datasync();
    failed = false;
    bytes += Buffer.byteLength(line);
    n += 1;
    prev = hash;
    return hash;
  };

  await cut();
  let tail: Promise<unknown> = Promise.resolve();
  const write = (who: string, what: string, facts: AuditFacts): Promise<string> => {
    const written = tail.then(() => append(who, what, facts));
    tail = written.catch(() => {});
    return written;
  };
  const audit: Audit = {
    write,
    async close() {
      await tail;
      closed = true;
      await file?.close();
      file = null;
    },
  };
  // A disk that is still full takes no entry; the caller has it in `read` as well.
  if (read.torn > 0) await write("local:gateway", "audit.torn", { bytes: read.torn }).catch(() => {});
  return { audit, read };
}

/** Whether it still has its name, and all that was written. */
async function holds(path: string, file: FileHandle, bytes: number): Promise<boolean> {
  const [named, own] = await Promise.all([stat(path).catch(() => null), file.stat()]);
  return named !== null && named.ino === own.ino && named.dev === own.dev && own.size >= bytes;
}

async function synced(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
