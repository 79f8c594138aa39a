/**
 * The platform was away and takes 10,000 records a second in one queue: how old are live values while what had to
 * wait is sent? And how fast is that.
 */
import type { Section } from "../bench.ts";
import type { CandidateName } from "../candidates/contract.ts";
import type { Figure } from "../figures.ts";
import { valuesPerMessage } from "../message.ts";
import { now, pause } from "../moment.ts";
import { complete, inWorld, type WorldOptions } from "../world.ts";

const devices = 50;
const platformPerSecond = 10_000;
const livePerSecond = 1500;
/** Messages that wait: 30,000 records. */
const waiting = 30_000 / valuesPerMessage;
/** What a province would grant to a school that has been away, so that its platform has room for what is live. */
const granted = "8000 records/s";

interface Run {
  name: CandidateName;
  title: string;
  backlogRate?: string;
  ackMs?: number;
  aim?: Figure["aim"];
}

const runs: readonly Run[] = [
  { name: "floor", title: "backlog" },
  { name: "campus-edge", title: "backlog", backlogRate: granted, aim: { atMost: 100 } },
  // No record leaves before its commit, which waits up to 100 ms unless it is told otherwise.
  {
    name: "campus-edge",
    title: "backlog at 5,000/s, commit.ack 20 ms",
    backlogRate: "5000 records/s",
    ackMs: 20,
  },
  { name: "campus-edge", title: "backlog at the default rate" },
];

export const section: Section = async ({ quick, figures, say }) => {
  figures.remark(
    `backlog: live is what was sent from 1 s after the link was back until the last of ${waiting * valuesPerMessage} old records was there; campus-edge with backlog: { rate: ${granted} }`,
  );
  for (let round = 1; round <= (quick ? 1 : 3); round++) {
    // The default takes its time, and changes little from round to round.
    for (const { name, title, aim, ...options } of round === 1 && !quick ? runs : runs.slice(0, 2)) {
      const { live, ack, drainedPerSecond } = await drained({ name, devices, ...options });
      const note = (figure: Omit<Figure, "decimals">, value: number) =>
        figures.note(title, { decimals: 0, ...figure }, name, value);
      note({ name: "live p50", unit: "ms" }, live.p50);
      note({ name: "live p99", unit: "ms", ...(aim === undefined ? {} : { aim }) }, live.p99);
      note({ name: "acknowledged after p99", unit: "ms" }, ack.p99);
      note({ name: "drained records/s", unit: "" }, drainedPerSecond);
      say(
        `${title}, ${name}: live ${live.p50.toFixed(0)} ms (p50), ${live.p99.toFixed(0)} ms (p99) of ${live.count} messages, ${drainedPerSecond.toFixed(0)} old records/s`,
      );
    }
  }
};

function drained(options: Pick<WorldOptions, "name" | "devices" | "backlogRate" | "ackMs">) {
  return inWorld({ ...options, receiverPerSecond: platformPerSecond }, async (world) => {
    // Warm, and nothing on its way when the platform goes.
    await world.devices.ask("pace", { perSecond: livePerSecond / valuesPerMessage });
    await pause(1500);
    await complete(world);
    await world.receiver.ask("away");
    const { sent } = await world.devices.ask("count");
    await world.devices.ask("flood", { window: 20, allowed: sent + waiting });
    await world.devices.ask("sent", sent + waiting);
    await world.devices.ask("rest");
    const markAt = now();
    await world.devices.ask("pace", { perSecond: livePerSecond / valuesPerMessage });
    await world.devices.ask("watch");
    await world.receiver.ask("back", { markAt });
    const { firstAt, lastOldAt } = await world.receiver.ask("returned", { old: waiting });
    // The last live values of that time must find more behind them, as they would.
    await pause(1500);
    await complete(world);
    const live = await world.receiver.ask("live");
    const ack = await world.devices.ask("watched");
    return { live, ack, drainedPerSecond: (waiting * valuesPerMessage * 1000) / (lastOldAt - firstAt) };
  });
}
