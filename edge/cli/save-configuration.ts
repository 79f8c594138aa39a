/**
 * Files of a configuration onto the disk, with the modes that their reader asks for.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file with its name relative to the folder. */
interface File {
  name: string;
  text: string;
  isSecret: boolean;
}

/** Writes them into a folder, which is made when it is not there; what has the same name is replaced. */
export function saveConfiguration(folder: string, files: readonly File[]): void {
  for (const { name, text, isSecret } of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: isSecret ? 0o600 : 0o640 });
  }
}
