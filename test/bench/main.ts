/**
 * `npm run bench`: builds the whole tree into a temporary folder and measures there, for a school runs what is
 * built: sources cost a start and memory of their own. What is measured: run.ts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { whileRunning } from "./ending.ts";
import { help, optionsOf } from "./options.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = new URL("../..", import.meta.url).pathname;

/** @returns what the compiler complained of; what it built runs all the same */
async function build(folder: string): Promise<string> {
  const tsc = join(root, "node_modules/.bin/tsc");
  const how = ["-p", root, "--noEmit", "false", "--allowImportingTsExtensions", "false", "--outDir", folder];
  // A group of its own: the compiler is a child of the script that starts it.
  const compiler = spawn(tsc, how, { cwd: root, detached: true, stdio: ["ignore", "pipe", "ignore"] });
  await once(compiler, "spawn");
  const group = -(compiler.pid as number);
  const forget = whileRunning(() => {
    if (compiler.exitCode === null) process.kill(group, "SIGKILL");
  });
  const [said, [code]] = await Promise.all([text(compiler.stdout), once(compiler, "close")]);
  forget();
  const complaint = code === 0 ? "" : said || `tsc ended with ${code}`;
  if (!existsSync(join(folder, "test/bench/run.js"))) throw new Error(`it does not build: ${complaint}`);
  for (const part of ["config/profiles", "config/examples", "simulator/scenes/files"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return complaint;
}

try {
  if (optionsOf(process.argv.slice(2)).help) {
    console.log(help);
    process.exit(0);
  }
} catch (error) {
  console.error(`${(error as Error).message}\n\n${help}`);
  process.exit(2);
}
const folder = temporaryFolder();
const complaint = await build(folder.path);
if (complaint !== "") {
  const [first, ...more] = complaint.trim().split("\n");
  console.error(`measured although it does not type-check: ${first} (and ${more.length} more)`);
}
const bench = spawn(process.execPath, [join(folder.path, "test/bench/run.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
whileRunning(() => bench.kill("SIGTERM"));
const [code] = await once(bench, "exit");
process.exit(code ?? 1);
