/**
 * The Nth of a kind of system call on the journal's files fails, once, for a while, or from then on until a restart:
 * after each, nothing acknowledged is lost, nobody died or hangs, and it accepts again by itself.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { keptPromises } from "./kept-promises.ts";
import { scratch, strace } from "./power-cut.ts";
import { Promised, type Said } from "./said.ts";

/** How the driver ends when the journal does not open: the machine starts it again. */
const cannotStart = 3;
const driver = new URL("./fault-driver.ts", import.meta.url).pathname;

/** How each kind of call can fail. */
export const refusals = {
  pwrite64: ["ENOSPC", "EIO", "EROFS"],
  fsync: ["EIO", "ENOSPC"],
  openat: ["EMFILE", "EIO", "EROFS", "ENOSPC"],
  ftruncate: ["EIO", "EROFS"],
  unlink: ["EIO", "EROFS"],
  pread64: ["EIO"],
  // Of what is opened, of which SQLite reads with pread64 alone.
  read: ["EIO"],
  // Of what lies beside the journal: what was set aside, the reserve.
  write: ["ENOSPC", "EIO", "EROFS"],
  rename: ["EIO", "EROFS", "ENOSPC"],
} as const;
export type Call = keyof typeof refusals;
export const calls = Object.keys(refusals) as Call[];

/** For one call, for so many, or for ever. */
export type Lasting = number | "for ever";

export interface Fault {
  call: Call;
  error: string;
  nth: number;
  /** A folder without a journal, or one with the day before, as a kill left it. */
  folder: "empty" | "worked";
  lasting: Lasting;
}

export interface NthVerdict {
  faults: number;
  /** Of them, that a call met. */
  met: number;
  acknowledged: number;
  refused: number;
  lost: number;
  /** Days that could not begin, or go on, until the machine had started the program again. */
  restarts: number;
  /** Longest, in seconds of the journal's clock, until it accepted again once the day was over. */
  longest: number;
  broken: string[];
}

/** The driver's code is compiled once, not for every day. */
const compiled = join(tmpdir(), `ce-compiled-${process.pid}`);
process.once("exit", () => rmSync(compiled, { recursive: true, force: true }));
/** Seconds within which a journal accepts again once nothing refuses any more. */
const recoverySeconds = 20;
/** Real time after which a day is taken for one that never ends. */
const hangsMs = 120_000;

/** A folder with a day in it, as a kill left it, and what was said that day. */
export interface Yesterday {
  folder: string;
  said: Said[];
  remove(): void;
}

export async function yesterday(): Promise<Yesterday> {
  const folder = scratch();
  const child = spawn(process.execPath, [driver, folder, "0", "killed"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { folder, said: saidOf(said).said, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** How many calls of each kind a day has that nothing disturbs. */
export async function countCalls(from: Yesterday, folder: Fault["folder"]): Promise<Record<Call, number>> {
  const { trace } = await day(from, folder, null);
  const counted = calls.map((call) => [
    call,
    [...trace.matchAll(new RegExp(`^\\d+ +${call}\\(`, "gm"))].length,
  ]);
  return Object.fromEntries(counted);
}

/** Tries every fault, a few at a time. A journal that did not open is opened again without the fault. */
export async function tryFaults(from: Yesterday, faults: readonly Fault[]): Promise<NthVerdict> {
  const verdict: NthVerdict = {
    faults: faults.length,
    met: 0,
    acknowledged: 0,
    refused: 0,
    restarts: 0,
    lost: 0,
    longest: 0,
    broken: [],
  };
  const left = [...faults];
  const work = async () => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      await tryFault(from, fault, verdict);
      if (left.length % 200 === 0) console.log(`${left.length} of ${faults.length} faults to go`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return verdict;
}

async function tryFault(from: Yesterday, fault: Fault, verdict: NthVerdict): Promise<void> {
  const { lasting } = fault;
  const tell = (what: string) => verdict.broken.push(`${JSON.stringify(fault)}: ${what}`);
  const { code, promised, ended, trace, kept } = await day(from, fault.folder, fault);
  if (trace.includes("(INJECTED)")) verdict.met += 1;
  if (code === cannotStart) verdict.restarts += 1;
  else if (code !== 0 || ended === null) tell(code === null ? "it hangs" : `it died with ${code}`);
  else {
    verdict.refused += ended.refused;
    if (lasting !== "for ever") {
      verdict.longest = Math.max(verdict.longest, ended.after ?? Number.POSITIVE_INFINITY);
      if (ended.after === null) tell("it accepts nothing any more");
    }
  }
  verdict.acknowledged += promised;
  if ("lost" in kept) {
    verdict.lost += kept.lost.length;
    if (kept.lost.length > 0) tell(`lost ${kept.lost}`);
    for (const one of kept.broken) tell(one);
  } else tell(`did not open afterwards: ${kept.message}`);
}

function saidOf(lines: string) {
  const parsed = lines
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Said | { after: number | null; refused: number });
  return {
    said: parsed.filter((one): one is Said => !("after" in one)),
    ended: parsed.find((one) => "after" in one) ?? null,
  };
}

async function day(from: Yesterday, start: Fault["folder"], fault: Fault | null) {
  const root = scratch();
  try {
    const folder = join(root, "data");
    if (start === "empty") mkdirSync(folder);
    else cpSync(from.folder, folder, { recursive: true });
    const trace = join(root, "trace");
    const beside = ["generation", "reserve"].flatMap((name) => [name, `${name}.new`]);
    const names = ["sqlite", "sqlite-wal", "sqlite-journal", ...beside, "damaged-0", "damaged-0-wal"];
    const paths = [folder, ...names.map((name) => join(folder, `journal.${name}`))].flatMap((path) => [
      "-P",
      path,
    ]);
    const options = ["-f", "--seccomp-bpf", "-qq", "-o", trace, "-s", "0", "-e", `trace=${calls.join(",")}`];
    const patience = fault === null || fault.lasting === "for ever" ? 2 : recoverySeconds + fault.lasting;
    if (fault !== null) options.push("-e", `inject=${fault.call}:error=${fault.error}:when=${when(fault)}`);
    const program = [process.execPath, driver, folder, `${patience}`];
    const child = spawn(strace, [...options, ...paths, ...program], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
      timeout: hangsMs,
      killSignal: "SIGKILL",
    });
    const [stdout, words, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit") as Promise<[number | null]>,
    ]);
    const { said, ended } = saidOf(stdout);
    const promised = new Promised();
    for (const one of start === "empty" ? said : [...from.said, ...said]) promised.take(one);
    if (code !== 0 && code !== cannotStart) console.error(words);
    return {
      code,
      ended,
      promised: promised.acknowledged,
      trace: readFileSync(trace, "latin1"),
      kept: await keptPromises(folder, promised, promised).catch((error: Error) => error),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function when({ nth, lasting }: Fault): string {
  if (lasting === "for ever") return `${nth}+`;
  return lasting === 1 ? `${nth}` : `${nth}..${nth + lasting - 1}`;
}
