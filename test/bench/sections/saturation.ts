/**
 * As fast as it goes, end to end: devices send as they are acknowledged, but not so fast that messages pile up, and
 * what arrives at the far end is counted between two marks, after a warm-up.
 */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import { complete, flooded, inWorld, stretch } from "../world.ts";

const candidates: readonly CandidateName[] = ["relay", "floor", "campus-edge"];

export const section: Section = async ({ quick, figures, say }) => {
  const warmUp = quick ? 10_000 : 20_000;
  const messages = quick ? 15_000 : 40_000;
  const rounds = quick ? 1 : 3;
  for (const devices of quick ? [50] : [50, 500]) {
    const title = `saturation, ${devices} devices`;
    for (let round = 1; round <= rounds; round++) {
      for (const name of candidates) {
        await inWorld({ name, devices }, async (world) => {
          const { seen, ack } = await flooded(world, devices, async () => {
            const { count } = await world.receiver.ask("messages", warmUp);
            await world.devices.ask("watch");
            const seen = await stretch(world, () => world.receiver.ask("messages", count + messages));
            return { seen, ack: await world.devices.ask("watched") };
          });
          const memory = await world.candidate.ask("memory");
          await complete(world);
          const perSecond = seen.messages / seen.seconds;
          const cpu = (seen.cpuMs / seen.messages) * 1000;
          const note = (figure: Parameters<typeof figures.note>[1], value: number) =>
            figures.note(title, figure, name, value);
          note({ name: "messages/s", unit: "", decimals: 0, aim: { of: "relay", atLeast: 0.9 } }, perSecond);
          note({ name: "CPU per 1,000", unit: "ms", decimals: 1, aim: { of: "floor", atMost: 0.8 } }, cpu);
          note(
            { name: "of it in the kernel", unit: "ms", decimals: 1 },
            (seen.systemMs / seen.messages) * 1000,
          );
          note({ name: "acknowledged after p50", unit: "ms", decimals: 1 }, ack.p50);
          note({ name: "acknowledged after p99", unit: "ms", decimals: 1 }, ack.p99);
          note({ name: "highest RSS", unit: "MB", decimals: 0 }, memory.highest);
          say(
            `${title}, round ${round}/${rounds}, ${name}: ${perSecond.toFixed(0)} messages/s, ${cpu.toFixed(1)} ms CPU per 1,000`,
          );
        });
      }
    }
  }
};
