/**
 * What a record costs as a school grows: from ten devices to five thousand, each saying its values once a minute. All
 * sizes side by side, so that they have the same machine.
 */
import { tmpdir } from "node:os";
import type { Section } from "../bench.ts";
import { type Cost, costFrom, noteCost } from "../cost.ts";
import type { Figure } from "../figures.ts";
import { Meeting } from "../meeting.ts";
import { valuesPerMessage } from "../message.ts";
import { pause } from "../moment.ts";
import { inMemory, mostOpenFiles } from "../usage.ts";
import { allUp, complete, inWorld, type World } from "../world.ts";

const candidates = ["floor", "campus-edge"] as const;
type Name = (typeof candidates)[number];
const quickSizes = [10, 100, 1000] as const;
const allSizes = [...quickSizes, 5000] as const;
/** Files that a gateway has open beside its devices' sockets, with room to spare. */
const otherFiles = 200;

interface Seen extends Cost {
  measured: number;
  stored: number;
}

export const section: Section = async ({ quick, figures, say }) => {
  const everyS = quick ? 10 : 60;
  const lastsMs = quick ? 10_000 : 120_000;
  const most = mostOpenFiles() - otherFiles;
  const sizes = (quick ? quickSizes : allSizes).filter((devices) => devices <= most);
  if (most < Math.max(...allSizes))
    figures.remark(`growth: only ${most + otherFiles} open files are allowed (ulimit -Hn)`);
  const onDisk = !inMemory(tmpdir());
  if (!onDisk) figures.remark("growth: TMPDIR is no disk, nothing is written there");
  figures.remark(
    `growth: each device sends ${valuesPerMessage} values in ${everyS} s, all of them are stored; the cost of a record has its share of what a gateway costs that does nothing, that of each record more has not`,
  );
  const runs = sizes.flatMap((devices) => candidates.map((name) => ({ name, devices })));
  const meeting = new Meeting(runs.length);
  const all = await Promise.all(
    runs.map(({ name, devices }) => meeting.join((begin) => measured(name, devices, begin))),
  );
  // In their order, whoever was first.
  all.forEach((seen, at) => {
    const { name, devices } = runs[at] as (typeof runs)[number];
    tell(name, devices, seen);
  });
  for (const name of candidates)
    compare(name, new Map(sizes.map((devices, at) => [devices, all[at * 2 + candidates.indexOf(name)]])));

  function measured(name: Name, devices: number, begin: () => Promise<void>): Promise<Seen> {
    return inWorld({ name, devices }, async (world) => {
      await everyOneOnce(world, devices);
      if (name === "campus-edge") await allUp(world.candidate);
      await world.devices.ask("pace", { perSecond: devices / everyS });
      await begin();
      // The garbage of the start.
      await pause(quick ? 1000 : 10_000);
      const before = await counted(world, name);
      const cost = costFrom(world.candidate.pid);
      await pause(lastsMs);
      const spent = cost();
      const after = await counted(world, name);
      await complete(world);
      return {
        ...spent,
        measured: after.measured - before.measured,
        stored: after.stored - before.stored,
      };
    });
  }

  function tell(name: Name, devices: number, seen: Seen): void {
    const { seconds, cpuMs, stored } = seen;
    const title = `${devices} MQTT devices`;
    const note = (figure: Figure, value: number) => figures.note(title, figure, name, value);
    note({ name: "measured/s", unit: "", decimals: 2 }, seen.measured / seconds);
    note({ name: "stored/s", unit: "", decimals: 2 }, stored / seconds);
    noteCost(figures, title, name, seen, onDisk);
    note({ name: "CPU per stored record", unit: "ms", decimals: 3 }, cpuMs / stored);
    say(
      `${title}, ${name}: ${(stored / seconds).toFixed(1)} records/s, ${(cpuMs / 10 / seconds).toFixed(2)} % of a core, ${(cpuMs / stored).toFixed(3)} ms a record`,
    );
  }

  function compare(name: Name, seen: ReadonlyMap<number, Seen | undefined>): void {
    const note = (figure: Figure, value: number) => figures.note("growth", figure, name, value);
    const [ten, hundred, thousand] = quickSizes.map((devices) => seen.get(devices));
    const fiveThousand = seen.get(5000);
    if (ten === undefined || hundred === undefined || thousand === undefined) return;
    const small = each(hundred, thousand);
    note({ name: "each record more, 100 to 1,000", unit: "ms", decimals: 3 }, small);
    if (fiveThousand !== undefined) {
      const large = each(thousand, fiveThousand);
      note({ name: "each record more, 1,000 to 5,000", unit: "ms", decimals: 3 }, large);
      // Dearer only when something is done for every device each time that one of them speaks.
      note(
        { name: "each record more, the second ÷ the first", unit: "", decimals: 2, aim: { atMost: 1.1 } },
        large / small,
      );
    }
    const [size, largest] = fiveThousand === undefined ? [1000, thousand] : [5000, fiveThousand];
    note(
      {
        name: `a record at ${size.toLocaleString("en")} ÷ at 100`,
        unit: "",
        decimals: 2,
        aim: { atMost: 1 },
      },
      perRecord(largest) / perRecord(hundred),
    );
    note(
      { name: "RSS of each device more", unit: "kB", decimals: 1 },
      (largest.residentBytes - ten.residentBytes) / 1000 / (size - 10),
    );
  }
};

const perRecord = ({ cpuMs, stored }: Seen) => cpuMs / stored;

/** CPU time of each record that the larger one stores more, ms. */
const each = (smaller: Seen, larger: Seen) =>
  (larger.cpuMs - smaller.cpuMs) / (larger.stored - smaller.stored);

/** Each device says something, and it has arrived. */
async function everyOneOnce(world: World, devices: number): Promise<void> {
  await world.devices.ask("flood", { window: 1, allowed: devices });
  await world.devices.ask("sent", devices);
  await complete(world);
}

/** Values so far. All of them are stored; of the floor is known what has arrived above. */
async function counted(
  { candidate, receiver }: World,
  name: Name,
): Promise<{ measured: number; stored: number }> {
  if (name === "campus-edge") return candidate.ask("standing");
  const stored = (await receiver.ask("count")).count * valuesPerMessage;
  return { measured: stored, stored };
}
