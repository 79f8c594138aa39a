/** How the patience of acknowledgements (`commit: { ack }`) turns into commits: rows each, fsyncs, waiting. */
import { join } from "node:path";
import type { Section } from "../bench.ts";
import type { Figure } from "../figures.ts";
import { valuesPerMessage } from "../message.ts";
import { pause } from "../moment.ts";
import { counted, straceMissing, syncsIn } from "../syncs.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { complete, inWorld, stretch } from "../world.ts";

const devices = 50;
const perSecond = 200;

export const section: Section = async ({ quick, figures, say }) => {
  if (straceMissing !== null) figures.remark(straceMissing);
  const folder = temporaryFolder();
  try {
    for (const ackMs of quick ? [100] : [20, 50, 100, 250]) {
      const trace = join(folder.path, `syncs-${ackMs}`);
      const under = straceMissing === null ? counted(trace) : [];
      await inWorld({ name: "campus-edge", devices, ackMs, under }, async (world) => {
        await world.devices.ask("pace", { perSecond });
        await pause(quick ? 1500 : 5000);
        await world.devices.ask("watch");
        const before = straceMissing === null ? syncsIn(trace) : null;
        const seen = await stretch(world, () => pause(quick ? 4000 : 15_000));
        const after = straceMissing === null ? syncsIn(trace) : null;
        const ack = await world.devices.ask("watched");
        await complete(world);
        const note = (figure: Figure, value: number) =>
          figures.note(`${perSecond} messages/s, ack: ${ackMs}ms`, figure, "campus-edge", value);
        let told = "";
        if (before !== null && after !== null) {
          const rows = (seen.messages * valuesPerMessage) / (after.commits - before.commits);
          const syncs = (after.all - before.all) / seen.seconds;
          note({ name: "rows per commit", unit: "", decimals: 1 }, rows);
          note({ name: "fsyncs/s", unit: "", decimals: 2 }, syncs);
          told = `${rows.toFixed(1)} rows a commit, ${syncs.toFixed(1)} fsyncs/s, `;
        }
        note({ name: "acknowledged after p50", unit: "ms", decimals: 1 }, ack.p50);
        note({ name: "acknowledged after p99", unit: "ms", decimals: 1 }, ack.p99);
        note({ name: "CPU", unit: "% of a core", decimals: 2 }, seen.cpuMs / 10 / seen.seconds);
        say(`ack: ${ackMs}ms: ${told}acknowledged after ${ack.p50.toFixed(0)} ms (p50)`);
      });
    }
  } finally {
    folder.remove();
  }
};
