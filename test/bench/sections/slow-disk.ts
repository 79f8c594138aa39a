/** A worn-out eMMC: every fsync takes 200 ms. What of it reaches the thread that serves devices and lines? */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import type { Figure } from "../figures.ts";
import { valuesPerMessage } from "../message.ts";
import { pause } from "../moment.ts";
import { slowed, straceMissing } from "../syncs.ts";
import { complete, inWorld } from "../world.ts";

const devices = 50;
const fsyncMs = 200;
/** The relay has no disk: its delays are the machine's own. The last is three times what is aimed at. */
const runs: readonly { name: CandidateName; values: number }[] = [
  { name: "relay", values: 1000 },
  { name: "floor", values: 1000 },
  { name: "campus-edge", values: 1000 },
  { name: "relay", values: 3000 },
  { name: "campus-edge", values: 3000 },
];

export const section: Section = async ({ quick, figures, say }) => {
  if (straceMissing !== null) {
    figures.remark(straceMissing);
    return;
  }
  for (const { name, values } of quick ? runs.slice(0, 3) : runs) {
    await inWorld({ name, devices, under: slowed(fsyncMs) }, async (world) => {
      await world.devices.ask("pace", { perSecond: values / valuesPerMessage });
      await pause(quick ? 1500 : 5000);
      await world.devices.ask("watch");
      await world.candidate.ask("watchLoop");
      await pause(quick ? 3000 : 20_000);
      const loop = await world.candidate.ask("loop");
      const ack = await world.devices.ask("watched");
      await complete(world);
      const note = (figure: Figure, value: number) =>
        figures.note(`fsync ${fsyncMs} ms, ${values} values/s`, figure, name, value);
      const aim = values === 1000 ? { aim: { atMost: 10 } } : {};
      note({ name: "event loop late p50", unit: "ms", decimals: 1 }, loop.p50);
      note({ name: "event loop late p99", unit: "ms", decimals: 1, ...aim }, loop.p99);
      note({ name: "event loop late at most", unit: "ms", decimals: 1 }, loop.max);
      note({ name: "acknowledged after p50", unit: "ms", decimals: 0 }, ack.p50);
      note({ name: "acknowledged after p99", unit: "ms", decimals: 0 }, ack.p99);
      say(
        `fsync ${fsyncMs} ms, ${values} values/s, ${name}: event loop late ${loop.p99.toFixed(1)} ms (p99), acknowledged after ${ack.p50.toFixed(0)} ms (p50)`,
      );
    });
  }
};
