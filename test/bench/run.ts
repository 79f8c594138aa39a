/**
 * The whole path from a device to the platform, beside what bounds it in the same run: a bare relay (aedes +
 * mqtt.js, no disk) and the least anyone would write with a disk (aedes + SQLite + mqtt.js).
 *
 * Exits non-zero when something fails or a message is lost, never for speed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import type { Section } from "./bench.ts";
import { builtFile } from "./built-file.ts";
import { whileRunning } from "./ending.ts";
import { Figures, median } from "./figures.ts";
import { now } from "./moment.ts";
import { optionsOf, type SectionName } from "./options.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const sections: Record<SectionName, () => Promise<{ section: Section }>> = {
  saturation: () => import("./sections/saturation.ts"),
  steady: () => import("./sections/steady.ts"),
  "slow-disk": () => import("./sections/slow-disk.ts"),
  commit: () => import("./sections/commit.ts"),
  start: () => import("./sections/start.ts"),
  check: () => import("./sections/check.ts"),
  "frozen-subscriber": async () => ({ section: frozenSubscriber }),
  bus: () => import("./sections/bus.ts"),
  "modbus-tcp": () => import("./sections/modbus-tcp.ts"),
  history: () => import("./sections/history.ts"),
  backlog: () => import("./sections/backlog.ts"),
  "link-back": () => import("./sections/link-back.ts"),
  memory: () => import("./sections/memory.ts"),
  wear: () => import("./sections/wear.ts"),
  cameras: () => import("./sections/cameras.ts"),
  schools: () => import("./sections/schools.ts"),
  growth: () => import("./sections/growth.ts"),
  profile: () => import("./sections/profile.ts"),
};

const figures = new Figures();
const begun = now();
const say = (line: string) => console.log(`${((now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(): Promise<number> {
  const { quick, names } = optionsOf(process.argv.slice(2));
  if (quick) figures.remark("--quick: one short round each, the figures are rough");
  say(machine());
  let failed = 0;
  for (const name of names) {
    try {
      await (await sections[name]()).section({ quick, figures, say });
    } catch (error) {
      failed += 1;
      console.error(`${name} failed: ${(error as Error).stack ?? error}`);
      figures.remark(`${name} failed`);
    }
  }
  const [load = 0] = loadavg();
  if (load > cpus().length + 1)
    figures.remark(`load average ${load.toFixed(1)}: others used this machine too`);
  console.log(`\n${figures.print().join("\n")}`);
  return failed === 0 ? 0 : 1;
}

/** What all figures depend on. */
function machine(): string {
  const [cpu] = cpus();
  const syncs = syncsOf(20);
  return `${cpus().length} × ${cpu?.model.trim()}, node ${process.versions.node}, an fsync of 4 kB takes ${median(syncs).toFixed(2)} ms (at most ${Math.max(...syncs).toFixed(1)}), load average ${loadavg()[0]?.toFixed(1)}`;
}

function syncsOf(times: number): number[] {
  const folder = temporaryFolder();
  const file = openSync(join(folder.path, "probe"), "w");
  try {
    return Array.from({ length: times }, () => {
      const from = now();
      writeSync(file, Buffer.alloc(4096));
      fsyncSync(file);
      return now() - from;
    });
  } finally {
    closeSync(file);
    folder.remove();
  }
}

/** A program of its own, which prints its own verdict. */
async function frozenSubscriber({ quick }: { quick: boolean }): Promise<void> {
  const file = builtFile("./frozen-subscriber.ts", import.meta.url);
  if (!existsSync(file)) {
    figures.remark("frozen-subscriber: not there");
    return;
  }
  const child = spawn(process.execPath, [file, ...(quick ? ["--quick"] : [])], { stdio: "inherit" });
  const forget = whileRunning(() => child.kill("SIGKILL"));
  const [code] = await once(child, "exit");
  forget();
  if (code !== 0) throw new Error(`ended with ${code}`);
}

process.exit(await main());
