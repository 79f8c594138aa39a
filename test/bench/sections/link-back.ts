/**
 * The platform was away for a while, its port closed: how long after it listens again does it get something, and
 * something live? Worlds side by side, for chance decides how long each rests before it tries again.
 */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import { now, pause } from "../moment.ts";
import { complete, inWorld, type World } from "../world.ts";

const devices = 10;
const messagesPerSecond = 10;
const floors = 1;

export const section: Section = async ({ quick, figures, say }) => {
  // A connection that held for a minute was useful: without it the rests go on growing from where they were.
  const heldMs = quick ? 1000 : 62_000;
  if (quick) figures.remark("link back: the connection before held for a second only, so rests are longer");
  const aways = quick ? [3000] : [3000, 30_000];
  const side = Array.from({ length: quick ? 5 : 8 }, (_, n) => (n < floors ? "floor" : "campus-edge"));
  await Promise.all(side.map(measured));

  function measured(name: CandidateName): Promise<void> {
    return inWorld({ name, devices }, async (world) => {
      for (const awayMs of aways) {
        const { connectedMs, firstMs, liveMs } = await back(world, heldMs, awayMs);
        const title = `link back after ${awayMs / 1000} s`;
        figures.note(title, { name: "connected", unit: "ms", decimals: 0 }, name, connectedMs);
        figures.note(title, { name: "first record", unit: "ms", decimals: 0 }, name, firstMs);
        figures.note(title, { name: "first live record", unit: "ms", decimals: 0 }, name, liveMs);
        say(
          `${title}, ${name}: connected after ${connectedMs.toFixed(0)} ms, first record after ${firstMs.toFixed(0)} ms, first live one after ${liveMs.toFixed(0)} ms`,
        );
      }
    });
  }
};

async function back(world: World, heldMs: number, awayMs: number) {
  await world.devices.ask("pace", { perSecond: messagesPerSecond });
  await pause(heldMs);
  // Nothing is on its way when the platform goes.
  await complete(world);
  await world.receiver.ask("away");
  const markAt = now();
  await world.devices.ask("pace", { perSecond: messagesPerSecond });
  await pause(awayMs);
  await world.receiver.ask("back", { markAt });
  const { listensAt, connectedAt, firstAt, firstLiveAt } = await world.receiver.ask("returned", { old: 0 });
  await complete(world);
  return {
    connectedMs: connectedAt - listensAt,
    firstMs: firstAt - listensAt,
    liveMs: firstLiveAt - listensAt,
  };
}
