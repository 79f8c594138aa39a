/** Where the CPU time of campus-edge and of the relay goes at saturation: self time by function and by file. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Section } from "../bench.ts";
import { byFile, type Spent, selfTimes } from "../profile.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { complete, flooded, inWorld } from "../world.ts";

const devices = 50;
const most = 25;

export const section: Section = async ({ quick, say }) => {
  const messages = quick ? 20_000 : 60_000;
  for (const name of ["relay", "campus-edge"] as const) {
    const folder = temporaryFolder();
    try {
      const nodeOptions = ["--cpu-prof", "--cpu-prof-dir", folder.path];
      await inWorld({ name, devices, nodeOptions }, async (world) => {
        await flooded(world, devices, () => world.receiver.ask("messages", messages));
        await complete(world);
      });
      const threads = readdirSync(folder.path).map((file) => selfTimes(join(folder.path, file)));
      threads.sort((a, b) => total(b) - total(a));
      threads.forEach((functions, thread) => {
        say(
          `profile: ${name}, ${thread === 0 ? "main thread" : "another thread"}, ${messages} messages and the start: ${total(functions).toFixed(0)} ms`,
        );
        print(functions.slice(0, most), total(functions));
        console.log("");
        print(byFile(functions).slice(0, most), total(functions));
        console.log("");
      });
    } finally {
      folder.remove();
    }
  }
};

function print(spent: readonly Spent[], all: number): void {
  for (const { ms, name, file } of spent)
    console.log(
      `${ms.toFixed(0).padStart(8)} ms ${((ms / all) * 100).toFixed(1).padStart(5)} %  ${name.padEnd(name === "" ? 0 : 34)} ${file}`,
    );
}

function total(functions: readonly Spent[]): number {
  return functions.reduce((sum, { ms }) => sum + ms, 0);
}
