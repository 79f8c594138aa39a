import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { canTrace, scratch } from "./power-cut.ts";

const driver = new URL("./unreadable-driver.ts", import.meta.url).pathname;

/** Opens what is in a folder while no byte of one file of it can be read. */
function openWithout(folder: string, unreadable: string): { accepted: number; epochs: number } {
  const options = ["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=read,pread64"];
  const inject = ["-e", "inject=read,pread64:error=EIO", "-P", join(folder, unreadable)];
  const { stdout } = spawnSync("/usr/bin/strace", [...options, ...inject, process.execPath, driver, folder], {
    encoding: "utf8",
    timeout: 25_000,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout === "" ? '{"accepted":0,"epochs":0}' : stdout);
}

it.runIf(canTrace).each(["journal.sqlite-wal", "journal.damaged-0-wal"])(
  "accepts within 20 s although %s cannot be read",
  (file) => {
    const root = scratch();
    const [before, folder] = [join(root, "before"), join(root, "data")] as const;
    for (const each of [before, folder]) mkdirSync(each);
    try {
      spawnSync(process.execPath, [driver, before, "kill"]);
      const as = file.replace(/-wal$/, "");
      for (const suffix of ["", "-wal"])
        copyFileSync(join(before, `journal.sqlite${suffix}`), join(folder, `${as}${suffix}`));
      writeFileSync(join(folder, "journal.generation"), as === "journal.sqlite" ? "0\n" : "1\n");
      const { accepted, epochs } = openWithout(folder, file);
      expect(accepted).toBeGreaterThan(5);
      expect(epochs).toBeLessThan(10);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  60_000,
);
