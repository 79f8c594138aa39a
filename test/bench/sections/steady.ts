/**
 * At the pace of a school: 200 messages a second, one by one. Then the memory at 1,000 values a second.
 */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import { valuesPerMessage } from "../message.ts";
import { pause } from "../moment.ts";
import { complete, inWorld, stretch } from "../world.ts";

const candidates: readonly CandidateName[] = ["relay", "floor", "campus-edge"];
const devices = 50;
const perSecond = 200;
/** Values a second at which memory is looked at. */
const values = 1000;

export const section: Section = async ({ quick, figures, say }) => {
  const warmUpMs = quick ? 1500 : 8000;
  const lastsMs = quick ? 4000 : 20_000;
  const rounds = quick ? 1 : 3;
  const title = `steady, ${perSecond} messages/s`;
  for (let round = 1; round <= rounds; round++) {
    for (const name of candidates) {
      await inWorld({ name, devices }, async (world) => {
        await world.devices.ask("pace", { perSecond });
        await pause(warmUpMs);
        await world.devices.ask("watch");
        await world.receiver.ask("watch");
        const seen = await stretch(world, () => pause(lastsMs));
        const ack = await world.devices.ask("watched");
        const way = await world.receiver.ask("watched");
        await world.devices.ask("pace", { perSecond: values / valuesPerMessage });
        await pause(lastsMs / 2);
        const memory = await world.candidate.ask("memory");
        await complete(world);
        const share = (seen.cpuMs / 1000 / seen.seconds) * 100;
        const note = (figure: Parameters<typeof figures.note>[1], value: number) =>
          figures.note(title, figure, name, value);
        note({ name: "CPU", unit: "% of a core", decimals: 2, aim: { of: "relay", atMost: 1.2 } }, share);
        note({ name: "acknowledged after p50", unit: "ms", decimals: 1 }, ack.p50);
        note({ name: "acknowledged after p99", unit: "ms", decimals: 1 }, ack.p99);
        note({ name: "end to end p50", unit: "ms", decimals: 0 }, way.p50);
        note({ name: "end to end p99", unit: "ms", decimals: 0 }, way.p99);
        figures.note(
          `memory, ${values} values/s`,
          { name: "RSS", unit: "MB", decimals: 0, aim: { atMost: 150 } },
          name,
          memory.now,
        );
        say(`${title}, round ${round}/${rounds}, ${name}: ${share.toFixed(2)} % of a core`);
      });
    }
  }
};
