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

export interface FilesWatch {
  /** What the files were when the watch began. */
  first: LoadResult;
  /** What they are now, beside the revision that runs. */
  look(running: string): FilesState;
}

/** @param load reads the configuration */
export function watchFiles(folder: string, load: () => LoadResult): FilesWatch {
  // Before the files are read: what changes meanwhile is seen at the next look.
  let seen = signature(folder);
  const first = load();
  let state = stateOf(first);
  return {
    first,
    look(running) {
      const now = signature(folder);
      if (now !== seen) {
        seen = now;
        state = stateOf(load());
      }
      return { running, ...state };
    },
  };
}

function stateOf({ plan, problems }: LoadResult): Omit<FilesState, "running"> {
  const errors = problems.filter(({ severity }) => severity === "error");
  return {
    files: plan?.revision ?? null,
    problems: errors.map(({ file, line }) => ({ file, line })),
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
