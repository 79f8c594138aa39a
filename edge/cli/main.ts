#!/usr/bin/env node
/**
 * The first file that runs: brings the right Node before anything else is loaded.
 * Imports nothing that an older Node cannot read.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const needed = 24;

if (Number(process.versions.node.split(".")[0]) >= needed) {
  const { keepHeapSmall } = await import("./small-heap.ts");
  keepHeapSmall();
  const { program } = await import("./program.ts");
  process.exitCode = await program(process.argv.slice(2));
} else {
  process.exitCode = await again();
}

/** Runs the same command with the Node that came with us; signals reach it. */
async function again(): Promise<number> {
  const name = `node-linux-${process.arch}`;
  try {
    const node = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", "node");
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: "inherit",
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => resolve(code ?? 2));
    });
  } catch {
    process.stderr.write(
      `campus-edge: 需要 Node ${needed}，现在是 ${process.versions.node}，随附的运行时 ${name} 也不能用；请在程序文件夹里运行 npm ci\n` +
        `campus-edge: Node ${needed} is needed, this is ${process.versions.node}, and ${name}, which comes with it, cannot be used; run npm ci in the program's folder\n`,
    );
    return 2;
  }
}
