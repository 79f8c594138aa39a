/**
 * The platform was away for a while, its port closed: how long after it listens again does it get something, and
 * something live? Each time in a world of its own, for how long a gateway rests depends on what it went through.
 */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import { now, pause } from "../moment.ts";
import { complete, inWorld } from "../world.ts";

const devices = 10;
const messagesPerSecond = 10;
/** Worlds side by side, which wait and do little else. */
const side: readonly CandidateName[] = ["floor", "campus-edge", "campus-edge", "campus-edge", "campus-edge"];

export const section: Section = async ({ quick, figures, say }) => {
  for (const { awayMs, rounds } of quick
    ? [{ awayMs: 3000, rounds: 1 }]
    : [
        { awayMs: 3000, rounds: 2 },
        { awayMs: 12_000, rounds: 2 },
        { awayMs: 45_000, rounds: 1 },
      ]) {
    const title = `link back after ${awayMs / 1000} s`;
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(
        side.map(async (name) => {
          const { firstMs, liveMs } = await back(name, awayMs);
          figures.note(title, { name: "first record", unit: "ms", decimals: 0 }, name, firstMs);
          figures.note(title, { name: "first live record", unit: "ms", decimals: 0 }, name, liveMs);
          say(
            `${title}, ${name}: first record after ${firstMs.toFixed(0)} ms, first live one after ${liveMs.toFixed(0)} ms`,
          );
        }),
      );
    }
  }
};

function back(name: CandidateName, awayMs: number): Promise<{ firstMs: number; liveMs: number }> {
  return inWorld({ name, devices }, async (world) => {
    await world.devices.ask("pace", { perSecond: messagesPerSecond });
    await pause(1000);
    await complete(world);
    await world.receiver.ask("away");
    const markAt = now();
    await world.devices.ask("pace", { perSecond: messagesPerSecond });
    await pause(awayMs);
    await world.receiver.ask("back", { markAt });
    const { listensAt, firstAt, firstLiveAt } = await world.receiver.ask("returned", { old: 0 });
    await complete(world);
    return { firstMs: firstAt - listensAt, liveMs: firstLiveAt - listensAt };
  });
}
