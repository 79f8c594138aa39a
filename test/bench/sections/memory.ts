/**
 * Memory over a million records: while they go through, while they wait for a platform that is away, and while
 * they are sent to it.
 */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import type { Figure } from "../figures.ts";
import { now, pause } from "../moment.ts";
import { complete, inWorld, type World } from "../world.ts";

const candidates: readonly CandidateName[] = ["floor", "campus-edge"];
const devices = 50;
/** Many a message, so that a million records do not take long. */
const values = 20;
/** 20,000 records a second, some ten times what the largest school sends. */
const messagesPerSecond = 1000;
/** Messages of a device that may be unacknowledged while the platform is away. */
const window = 5;
const lookEveryMs = 100;

export const section: Section = async ({ quick, figures, say }) => {
  const records = quick ? 100_000 : 1_000_000;
  const messages = records / values;
  const title = `memory, ${records.toLocaleString("en")} records`;
  // Side by side: what is measured is each one's own.
  await Promise.all(candidates.map(measured));

  function measured(name: CandidateName): Promise<void> {
    return inWorld({ name, devices, values, backlogRate: "100000 records/s" }, async (world) => {
      const note = (figure: Pick<Figure, "name">, value: number) =>
        figures.note(title, { unit: "MB", decimals: 0, ...figure }, name, value);
      const { devices: senders, receiver } = world;
      await senders.ask("pace", { perSecond: messagesPerSecond });
      await pause(quick ? 1000 : 5000);
      const { count } = await receiver.ask("count");
      const through = await watched(world, () => receiver.ask("messages", count + messages));
      await complete(world);
      note({ name: "highest, going through" }, through.highest);
      note({ name: "second half above the first" }, through.rise);

      await receiver.ask("away");
      await pause(500);
      const before = await rss(world);
      const { sent } = await senders.ask("count");
      await senders.ask("flood", { window, allowed: sent + messages });
      await senders.ask("sent", sent + messages);
      await senders.ask("rest");
      const waiting = await rss(world);
      const markAt = now();
      await senders.ask("pace", { perSecond: 10 });
      await receiver.ask("back", { markAt });
      const draining = await watched(world, () => receiver.ask("returned", { old: messages }));
      await complete(world);
      note({ name: "platform away" }, before);
      note({ name: "all of them waiting" }, waiting);
      note({ name: "highest, draining" }, draining.highest);
      say(
        `${title}, ${name}: ${through.highest.toFixed(0)} MB going through in ${through.seconds.toFixed(0)} s (second half ${through.rise.toFixed(1)} above the first), ${before.toFixed(0)} before, ${waiting.toFixed(0)} all waiting, ${draining.highest.toFixed(0)} draining in ${draining.seconds.toFixed(0)} s`,
      );
    });
  }
};

async function rss({ candidate }: World): Promise<number> {
  return (await candidate.ask("memory")).now;
}

/** Looks at the memory while `work` goes on: MB at the highest, and the mean of its second half above the first's. */
async function watched(world: World, work: () => Promise<unknown>) {
  const from = now();
  const seen: number[] = [];
  let over = false;
  const look = async () => {
    for (; !over; await pause(lookEveryMs)) seen.push(await rss(world));
  };
  const done = work().finally(() => {
    over = true;
  });
  await Promise.all([done, look()]);
  const half = Math.floor(seen.length / 2);
  const mean = (some: number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  return {
    highest: Math.max(...seen),
    rise: mean(seen.slice(half)) - mean(seen.slice(0, half)),
    seconds: (now() - from) / 1000,
  };
}
