/**
 * Whether the files of the configuration still are what runs. Reads them whole only when something in the
 * folder looks changed.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LoadResult } from "../../config/schema/plan.ts";

export interface FilesState {
  running: string;
  files: string | null;
  problems: { file: string; line: number }[];
}

/** @param load reads the configuration. @param running what it gave when the gateway started */
export function watchFiles(folder: string, running: string, load: () => LoadResult): () => FilesState {
  let seen = signature(folder);
  let state: FilesState = { running, files: running, problems: [] };
  return () => {
    const now = signature(folder);
    if (now !== seen) {
      seen = now;
      const { plan, problems } = load();
      const errors = problems.filter(({ severity }) => severity === "error");
      state = {
        running,
        files: plan?.revision ?? null,
        problems: errors.map(({ file, line }) => ({ file, line })),
      };
    }
    return state;
  };
}

/** Names, sizes and times of everything that is read; a folder that cannot be looked at is one signature too. */
function signature(folder: string): string {
  const parts: string[] = [];
  for (const under of ["", "profiles"]) {
    try {
      for (const name of readdirSync(join(folder, under)).sort()) {
        const stat = statSync(join(folder, under, name), { throwIfNoEntry: false });
        parts.push(`${under}/${name} ${stat?.size} ${stat?.mtimeMs}`);
      }
    } catch (error) {
      parts.push(`${under} ${(error as NodeJS.ErrnoException).code}`);
    }
  }
  return parts.join("\n");
}
