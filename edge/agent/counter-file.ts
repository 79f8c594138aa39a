/**
 * What is known of counters over a restart: `counters.json` in the data folder.
 *
 * Holds:
 * - last readings and bases are written together, so that a crash between a roll-over and its writing finds the last
 *   reading from before it, and sees it again: nothing is lost, nothing counts twice;
 * - a file with the name is whole: it is written beside, synced, and takes the name then. The one before it keeps
 *   standing as `counters.before.json` and is read when the newer cannot be;
 * - at a roll-over, a replacement or a fall it is written at once, else at most once a minute, when something changed;
 *   one write at a time, and nobody waits for it;
 * - a file that is torn, missing or of another school costs only what it would have told: the roll-overs so far, and
 *   what changed across that restart.
 */
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { KnownCounter } from "../normalize/counter-known.ts";
import { type Counters, type CountersKnown, createCounters } from "../normalize/counters.ts";

export const counterFileName = "counters.json";
export const olderFileName = "counters.before.json";
const everyMs = 60_000;
const maxBytes = 8_000_000;

/** What touches the disk; one step each. */
export interface CounterDisk {
  read(path: string): Promise<string>;
  /** Written and synced when it resolves. */
  write(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  sync(folder: string): Promise<void>;
}

export interface CounterFileParts {
  folder: string;
  school: string;
  gateway: string;
  clock: Clock;
  log: Log;
  /** Default: the disk. */
  disk?: CounterDisk;
}

export interface CounterFile {
  counters: Counters;
  /** Writes what waited long enough; to be called every few seconds. Never rejects. */
  step(): Promise<void>;
  /** Writes what is left. Never rejects. */
  close(): Promise<void>;
}

const swapSchema = z.strictObject({ atMs: z.number(), last: z.number(), first: z.number() });
const knownSchema = z.strictObject({
  last: z.number(),
  lastMs: z.number().nullable(),
  sinceMs: z.number().nullable(),
  rolled: z.number(),
  swaps: z.array(swapSchema),
  added: z.number(),
  serial: z.string().optional(),
  fell: z.strictObject({ atMs: z.number().nullable(), first: z.number(), latest: z.number() }).optional(),
});
const fileSchema = z.strictObject({
  v: z.literal(1),
  school: z.string(),
  gateway: z.string(),
  counters: z.record(z.string(), z.record(z.string(), knownSchema)),
});

/** Never rejects: without a file that can be read, nothing is known. */
export async function openCounterFile(parts: CounterFileParts): Promise<CounterFile> {
  const { folder, school, gateway, clock, log, disk = realDisk } = parts;
  const path = join(folder, counterFileName);
  const older = join(folder, olderFileName);
  let dirty = false;
  let urgent = false;
  let closed = false;
  /** The file with the name is one that may be kept as the older one. */
  let sound = false;
  let failed = false;
  let writtenAt = clock.monotonicMs();
  let writing: Promise<void> | null = null;

  const load = async (): Promise<CountersKnown> => {
    for (const name of [path, older]) {
      const read = await known(disk, name, school, gateway);
      if (typeof read !== "string") {
        sound = name === path;
        if (!sound) log.warn({ file: older }, "what is known of counters is from an older file");
        return read;
      }
      if (read !== "missing")
        log.warn({ file: name, why: read }, "what was known of counters cannot be used");
    }
    log.info({ file: path }, "of counters nothing is known from before");
    return new Map();
  };

  const save = async () => {
    dirty = false;
    urgent = false;
    writtenAt = clock.monotonicMs();
    const text = JSON.stringify({ v: 1, school, gateway, counters: plain(counters.known) });
    try {
      await disk.write(`${path}.new`, text);
      if (sound) await disk.rename(path, older);
      await disk.rename(`${path}.new`, path);
      sound = true;
      await disk.sync(folder);
      failed = false;
    } catch (error) {
      dirty = true;
      // Which of the files has the name is not known; both names are read.
      sound = false;
      if (!failed)
        log.warn({ file: path, error: String(error) }, "what is known of counters could not be written");
      failed = true;
    }
  };

  const write = (): Promise<void> => {
    writing ??= save().finally(() => {
      writing = null;
      if (urgent && !closed) void write();
    });
    return writing;
  };

  const counters = createCounters(await load(), (now) => {
    dirty = true;
    if (!now || closed) return;
    urgent = true;
    void write();
  });

  return {
    counters,
    async step() {
      if (dirty && (failed || clock.monotonicMs() - writtenAt >= everyMs)) await write();
    },
    async close() {
      closed = true;
      await writing;
      if (dirty) await save();
    },
  };
}

function plain(all: CountersKnown) {
  const kept = ({ recent: _recent, leap: _leap, ...known }: KnownCounter) => known;
  return Object.fromEntries(
    [...all].map(([device, points]) => [
      device,
      Object.fromEntries([...points].map(([point, known]) => [point, kept(known)])),
    ]),
  );
}

/** @returns what it holds, or in a word why not */
async function known(
  disk: CounterDisk,
  path: string,
  school: string,
  gateway: string,
): Promise<CountersKnown | "missing" | "unreadable" | "damaged" | "of another gateway"> {
  let text: string;
  try {
    text = await disk.read(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "unreadable";
  }
  let json: unknown;
  try {
    json = text.length > maxBytes ? null : JSON.parse(text);
  } catch {
    return "damaged";
  }
  const { data } = fileSchema.safeParse(json);
  if (data === undefined) return "damaged";
  if (data.school !== school || data.gateway !== gateway) return "of another gateway";
  return new Map(
    Object.entries(data.counters).map(([device, points]) => [
      device,
      new Map(Object.entries(points).map(([point, one]) => [point, { ...remembered(one), recent: [] }])),
    ]),
  );
}

/** What is absent is no key. */
function remembered({ serial, fell, ...rest }: z.output<typeof knownSchema>): Omit<KnownCounter, "recent"> {
  return { ...rest, ...(serial === undefined ? {} : { serial }), ...(fell === undefined ? {} : { fell }) };
}

const realDisk: CounterDisk = {
  read: (path) => readFile(path, "utf8"),
  async write(path, text) {
    const file = await open(path, "w", 0o640);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  async sync(folder) {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
