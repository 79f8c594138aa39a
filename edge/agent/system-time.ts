/**
 * Whether the system says that its clock is synchronised. Nobody else's clock is asked, only the tools that know it.
 *
 * The kernel keeps one word for all time services (adjtimex: unsynchronised, or wrong by more than 16 s): chrony,
 * timesyncd, ntpd, busybox ntpd, openntpd and PTP show there. It is read by `timedatectl`, `ntptime` or `adjtimex`,
 * whichever there is; chrony and openntpd are asked themselves too, since in a container they may not reach the kernel.
 *
 * Holds: no shell; a tool is given `limitMs` and is then killed with what it started; its answer is cut at `maxBytes`.
 * Never happens: a throw; a tool that sets anything.
 */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";

/** `unknown`: there is nobody who could say so. */
export type Synchronised = "yes" | "no" | "unknown";

export interface SystemTimeOptions {
  /** Where the tools are looked for, in this order. */
  folders?: readonly string[];
  /** timesyncd makes this file when it has synchronised, and it is gone at the next boot. */
  mark?: string;
  limitMs?: number;
}

interface Tool {
  command: string;
  args: readonly string[];
  /** null: this is no answer. */
  read(out: string): boolean | null;
}

const defaults = {
  folders: ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"],
  mark: "/run/systemd/timesync/synchronized",
  limitMs: 2000,
};
const maxBytes = 8192;

/** NTP_PHASE_LIMIT of the kernel: at this error it calls itself unsynchronised. */
const maxErrorUs = 16_000_000;
const staUnsync = 0x40;
/** chrony with `local` and nobody to follow names itself as its reference (127.127.1.1). */
const chronyItself = "7F7F0101";
/** chrony calls itself synchronised while it still takes an offset away. */
const chronyOffsetS = 1;

/** `status` and the greatest error as a tool prints them. */
function kernelSays(out: string, status: RegExp, base: number, error: RegExp): boolean | null {
  const [, bits] = status.exec(out) ?? [];
  const [, us] = error.exec(out) ?? [];
  if (bits === undefined || us === undefined) return null;
  return (Number.parseInt(bits, base) & staUnsync) === 0 && Number(us) < maxErrorUs;
}

const adjtimex = (out: string) => kernelSays(out, /\bstatus:\s*(\d+)/, 10, /\bmaxerror:\s*(\d+)/);

const tools: readonly Tool[] = [
  {
    command: "timedatectl",
    args: ["show", "--property=NTPSynchronized"],
    read(out) {
      const [, said] = /^NTPSynchronized=(yes|no)$/m.exec(out) ?? [];
      return said === undefined ? null : said === "yes";
    },
  },
  {
    command: "chronyc",
    // -n: no name of a server is looked up, which takes long where there is no network.
    args: ["-n", "-c", "tracking"],
    read(out) {
      const fields = out.trim().split("\n")[0]?.split(",") ?? [];
      if (fields.length < 14) return null;
      const [reference = "", , , , offsetS] = fields;
      const isSynced = fields.at(-1) !== "Not synchronised" && reference.toUpperCase() !== chronyItself;
      return isSynced && Math.abs(Number(offsetS)) < chronyOffsetS;
    },
  },
  {
    command: "ntptime",
    args: [],
    read: (out) => kernelSays(out, /\bstatus 0x([0-9a-f]+)/i, 16, /\bmaximum error (\d+) us/),
  },
  // Debian's wants the word; busybox refuses it, and says it without.
  { command: "adjtimex", args: ["--print"], read: adjtimex },
  { command: "busybox", args: ["adjtimex"], read: adjtimex },
  {
    command: "ntpctl",
    args: ["-s", "status"],
    read: (out) => (/clock (un)?synced/.test(out) ? /clock synced/.test(out) : null),
  },
];

/** Asks every tool there is, all at once: "yes" when one says so. Resolves within the limit, and never rejects. */
export async function systemTime(options: SystemTimeOptions = {}): Promise<Synchronised> {
  const { folders, mark, limitMs } = { ...defaults, ...options };
  const answers = await Promise.all(
    tools.map(async ({ command, args, read }) => {
      const path = await find(command, folders);
      return path === null ? null : read(await run(path, args, limitMs));
    }),
  );
  if (answers.includes(true)) return "yes";
  if (answers.includes(false)) return "no";
  return (await can(mark, constants.F_OK)) ? "yes" : "unknown";
}

const can = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

async function find(command: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, command);
    if (await can(path, constants.X_OK)) return path;
  }
  return null;
}

/** What it wrote, however it ended; empty when it could not be run or did not end in time. */
function run(path: string, args: readonly string[], limitMs: number): Promise<string> {
  return new Promise((resolve) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(path, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { LC_ALL: "C", PATH: process.env.PATH },
      detached: true,
    });
    if (child.pid === undefined) {
      // No process or no descriptor was left; its streams are not there then.
      child.on("error", () => {});
      resolve("");
      return;
    }
    let out = "";
    const end = (answer: string) => {
      clearTimeout(timer);
      child.stdout.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
      child.unref();
      end("");
    }, limitMs);
    child.on("error", () => end(""));
    child.stdout.setEncoding("utf8").on("error", () => {});
    child.stdout.on("data", (piece: string) => {
      if (out.length < maxBytes) out += piece.slice(0, maxBytes - out.length);
    });
    child.on("close", () => end(out));
  });
}
