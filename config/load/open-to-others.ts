/**
 * Files and folders that somebody else may write: who can change the configuration owns the gateway.
 */
import type { Stats } from "node:fs";
import type { Findings } from "./findings.ts";
import { shellWord } from "./shell-word.ts";

/**
 * Tells a file or folder that others, or a group to which this program does not belong, may write.
 * @param file as messages name it; @param path whole, for the command that mends it
 */
export function tellOpen(file: string, path: string, stat: Stats, findings: Findings): void {
  const others = (stat.mode & 0o002) !== 0;
  const group = (stat.mode & 0o020) !== 0 && foreign(stat.gid);
  if (!others && !group) return;
  const fix = `chmod ${group ? "g" : ""}${others ? "o" : ""}-w ${shellWord(path)}`;
  findings.error(
    "open-to-others",
    { file },
    { zh: "别的用户可以改写它", en: "other users may change it" },
    { zh: fix, en: fix },
  );
}

function foreign(gid: number): boolean {
  return gid !== process.getegid?.() && process.getgroups?.().includes(gid) !== true;
}
