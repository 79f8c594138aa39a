import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whileRunning } from "./ending.ts";

/** A folder that is gone at the end, whatever happens. It lies where the candidates' data lie: in TMPDIR. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "campus-edge-bench-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  const forget = whileRunning(remove);
  return {
    path,
    remove() {
      remove();
      forget();
    },
  };
}
