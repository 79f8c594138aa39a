/**
 * Power cuts: what a journal's process wrote is replayed up to a random instant onto a disk that keeps only what was
 * synced, and of the rest whatever it likes; the next start must then keep every promise.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { memoryFolder } from "../memory-folder.ts";
import { seeded } from "../unit/journal/model-dice.ts";
import { DiskModel } from "./disk-model.ts";
import { type DiskCall, diskCallsOf, straceOptions } from "./disk-trace.ts";
import { keptPromises } from "./kept-promises.ts";
import { Promised, type Said } from "./said.ts";

export const strace = "/usr/bin/strace";
export const canTrace = existsSync(strace) || process.env.CE_CI === "1";
const driver = new URL("./journal-driver.ts", import.meta.url).pathname;

/** Images that are judged together: most of the time each waits. */
const atOnce = 4;

/** A folder in memory where there is one: images are many, and nobody trusts them for long. */
export function scratch(): string {
  return mkdtempSync(join(memoryFolder, "ce-disk-"));
}

export interface PowerCuts {
  images: number;
  /** Writes and syncs in the log. */
  writes: number;
  syncs: number;
  /** Appends' rows acknowledged in the whole run; and in all images before their cut. */
  acknowledged: number;
  checked: number;
  lost: number;
  evicted: number;
  /** Images of which the journal says that the file was damaged. */
  calledDamaged: number;
  didNotOpen: number;
  /** What else was not kept; with the image's number. */
  broken: string[];
}

export interface PowerCutOptions {
  images: number;
  seed: number;
  /** Of the driver. */
  steps: number;
  /** Node's options for the driver, e.g. `--import`. */
  node?: string[];
  /** Images of which something was not kept stay here. */
  keep?: string;
}

export async function powerCuts(options: PowerCutOptions): Promise<PowerCuts> {
  const root = scratch();
  try {
    const folder = join(root, "data");
    const calls = await record(root, folder, options);
    const said = calls.flatMap((call) => (call.what === "say" ? [JSON.parse(call.line) as Said] : []));
    const known = new Promised();
    for (const one of said) known.take(one);
    const random = seeded(options.seed);
    const cuts = instants(calls, options.images, random);
    const disk = new DiskModel();
    const promised = new Promised();
    const verdict: PowerCuts = {
      images: 0,
      writes: 0,
      syncs: 0,
      acknowledged: known.acknowledged,
      checked: 0,
      lost: 0,
      evicted: 0,
      calledDamaged: 0,
      didNotOpen: 0,
      broken: [],
    };
    let done = 0;
    const judging = new Set<Promise<void>>();
    for (const [n, cut] of cuts.entries()) {
      for (; done < cut; done++) {
        const call = calls[done] as DiskCall;
        if (call.what === "say") promised.take(JSON.parse(call.line));
        else disk.apply(call);
      }
      const image = disk.image(random);
      const judged = judge(n + 1, join(root, `${n}`), image, promised.copy(), known, verdict, options.keep);
      judging.add(judged);
      void judged.finally(() => judging.delete(judged));
      if (judging.size >= atOnce) await Promise.race(judging);
    }
    await Promise.all(judging);
    for (const call of calls.slice(done)) disk.apply(call);
    verdict.writes = disk.writes;
    verdict.syncs = disk.syncs;
    prove(disk, folder);
    return verdict;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Runs the driver under strace and reads what it did. */
async function record(root: string, folder: string, options: PowerCutOptions): Promise<DiskCall[]> {
  mkdirSync(folder);
  const trace = join(root, "trace");
  const program = [
    process.execPath,
    ...(options.node ?? []),
    driver,
    folder,
    `${options.seed}`,
    `${options.steps}`,
  ];
  const child = spawn(strace, [...straceOptions, "-o", trace, ...program], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the driver ended with ${code}`);
  const calls: DiskCall[] = [];
  for await (const call of diskCallsOf(trace, folder)) calls.push(call);
  rmSync(trace, { force: true });
  return calls;
}

/**
 * A third of them anywhere; a third right after an acknowledgement, when most is promised and least is safe; a third
 * near the opening, closing and deleting of a file, when names are as uncertain as what they name.
 */
function instants(calls: readonly DiskCall[], images: number, random: () => number): number[] {
  const below = (n: number) => Math.floor(random() * n);
  const where = (test: (call: DiskCall) => boolean) =>
    calls.flatMap((call, at) => (test(call) ? [at + 1] : []));
  const acks = where((call) => call.what === "say" && call.line.startsWith('{"acked"'));
  const names = where(({ what }) => what === "open" || what === "unlink" || what === "rename");
  const kinds = [
    () => below(calls.length),
    () => acks[below(acks.length)] ?? 0,
    () => Math.min(calls.length, (names[below(names.length)] ?? 0) + below(12)),
  ];
  return Array.from({ length: images }, (_, n) => kinds[n % 3]?.() ?? 0).sort((a, b) => a - b);
}

async function judge(
  number: number,
  folder: string,
  image: Map<string, Buffer>,
  promised: Promised,
  known: Promised,
  verdict: PowerCuts,
  keep: string | undefined,
): Promise<void> {
  const lay = (where: string) => {
    mkdirSync(where, { recursive: true });
    for (const [path, content] of image) writeFileSync(join(where, basename(path)), content);
  };
  lay(folder);
  verdict.images += 1;
  const tell = (what: string) => {
    verdict.broken.push(`image ${number}: ${what}`);
    if (keep !== undefined) lay(join(keep, `${number}`));
  };
  try {
    const { acknowledged, lost, evicted, damaged, broken } = await keptPromises(folder, promised, known);
    verdict.checked += acknowledged;
    verdict.lost += lost.length;
    verdict.evicted += evicted;
    if (damaged) verdict.calledDamaged += 1;
    if (lost.length > 0) tell(`${lost.length} lost, e.g. ${lost[0]}`);
    for (const one of broken) tell(one);
  } catch (error) {
    verdict.didNotOpen += 1;
    tell(`did not open: ${(error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rig proves itself: with everything applied the model is the folder that the process left, byte for byte. */
function prove(disk: DiskModel, folder: string): void {
  const now = disk.now();
  const left = readdirSync(folder).map((name) => join(folder, name));
  if (left.length !== now.size) throw new Error(`the log has ${[...now.keys()]}, the disk ${left}`);
  for (const path of left) {
    if (!now.get(path)?.equals(readFileSync(path))) throw new Error(`the log does not give ${path}`);
  }
}
