/** What Linux says that a process used so far, all its threads. */
import { readFileSync, statfsSync } from "node:fs";

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
}

export function usageOf(pid: number): Usage {
  const io = readFileSync(`/proc/${pid}/io`, "latin1");
  const bytes = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(io)?.[1]);
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return {
    writtenBytes: bytes("write_bytes") - bytes("cancelled_write_bytes"),
    cpuMs: (((user ?? 0) + (system ?? 0)) * 1000) / ticksPerSecond,
  };
}

/** Whether what is written there stays in memory. */
export function inMemory(folder: string): boolean {
  return statfsSync(folder).type === tmpfs;
}
