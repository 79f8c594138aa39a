/**
 * The files of secrets/, known by their place and by what they are on disk.
 */
import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { inside } from "./read-bounded.ts";

/** What must never be read as configuration, whatever name leads to it. */
export interface Secrets {
  /** Where secrets/ truly lies. */
  home: string | null;
  /** `device:inode` of each file: a hard link has no other mark. */
  files: ReadonlySet<string>;
}

const identity = ({ dev, ino }: { dev: number; ino: number }) => `${dev}:${ino}`;

export function secretsOf(root: string): Secrets {
  try {
    const home = realpathSync(join(root, "secrets"));
    return { home, files: new Set(readdirSync(home).map((name) => identity(lstatSync(join(home, name))))) };
  } catch {
    // There are none, or their folder shows no names: then its path alone tells them.
    return { ...noSecrets, home: join(root, "secrets") };
  }
}

export const noSecrets: Secrets = { home: null, files: new Set() };

/** @param real path without symbolic links; @param stat of what stands there, where it is known */
export function ofSecrets(secrets: Secrets, real: string, stat?: { dev: number; ino: number }): boolean {
  if (secrets.home !== null && inside(secrets.home, real)) return true;
  return stat !== undefined && secrets.files.has(identity(stat));
}
