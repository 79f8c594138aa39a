/** What Linux says that a process used so far, all its threads. */
import { readdirSync, readFileSync, statfsSync } from "node:fs";

/** _SC_CLK_TCK of every Linux there is. */
const ticksPerSecond = 100;
const tmpfs = 0x01021994;

export interface Usage {
  /**
   * Bytes that it gave to the disk: pages that it made dirty, each once until it is written, and not those that were
   * dropped before. Without the file system's own journal.
   */
  writtenBytes: number;
  cpuMs: number;
  /** How often one of its threads slept and was woken; those of threads that have ended are not in it. */
  wakeUps: number;
  /** Resident memory now. */
  residentBytes: number;
}

export function usageOf(pid: number): Usage {
  const bytes = (name: string) => numberIn(`/proc/${pid}/io`, name);
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return {
    writtenBytes: bytes("write_bytes") - bytes("cancelled_write_bytes"),
    cpuMs: (((user ?? 0) + (system ?? 0)) * 1000) / ticksPerSecond,
    wakeUps: wakeUpsOf(pid),
    residentBytes: 1024 * numberIn(`/proc/${pid}/status`, "VmRSS"),
  };
}

/** Of each thread: what Linux says of a process is its first thread's. */
function wakeUpsOf(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += numberIn(`/proc/${pid}/task/${thread}/status`, "voluntary_ctxt_switches");
    } catch (error) {
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return sum;
}

function numberIn(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(file, "latin1"))?.[1]);
}

/** Files and sockets that a process may have open at once, as far as node raises it for itself: the hard limit. */
export function mostOpenFiles(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}

/** Whether what is written there stays in memory. */
export function inMemory(folder: string): boolean {
  return statfsSync(folder).type === tmpfs;
}
