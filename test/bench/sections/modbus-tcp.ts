/**
 * Modbus TCP: five hundred slaves read every second, and fifty as fast as it goes beside a bare client for each.
 */
import type { BareCalls } from "../bare-modbus.ts";
import type { Section } from "../bench.ts";
import { startPart } from "../calls.ts";
import type { Asked, MasterCalls } from "../master.ts";
import { now, pause } from "../moment.ts";
import type { SlavesCalls } from "../slaves.ts";

const registers = 20;
const block = (from: number) => Array.from({ length: registers }, (_, n) => from + n);
/** Too far apart for one request: a job is due at most a hundred times a second, so each slave has ten. */
const starts = Array.from({ length: 10 }, (_, n) => n * 200);

const devicesOf = (ports: readonly number[], units: number, addresses: readonly number[]): Asked[] =>
  ports.flatMap((port) =>
    Array.from({ length: units }, (_, n) => ({
      id: `s${port}-${n + 1}`,
      address: { host: "127.0.0.1", port: String(port), unit: String(n + 1) },
      registers: addresses,
    })),
  );

export const section: Section = async ({ quick, figures, say }) => {
  const seconds = quick ? 10 : 30;
  const note = (title: string, name: string, unit: string, decimals: number, value: number) =>
    figures.note(title, { name, unit, decimals }, "campus-edge", value);

  const steady = "500 Modbus TCP slaves × 20 registers each second";
  await withSlaves({ servers: 50, units: 10, addresses: block(0), turnaroundMs: 5 }, async (ports) => {
    await until(startPart<MasterCalls>("master.ts"), async (master) => {
      await master.ask("open", {
        kind: "modbus-tcp",
        link: {},
        everyMs: 1000,
        devices: devicesOf(ports, 10, block(0)),
      });
      await pause(5000);
      const missed = await master.ask("missed");
      await master.ask("forget");
      const { cpuMs, ms } = await spent(master, seconds);
      const tally = await master.ask("tally");
      const cycles = (await master.ask("missed")) - missed;
      note(steady, "readings/s", "", 1, (tally.readings * 1000) / ms);
      note(steady, "cycles missed", "", 0, cycles);
      note(steady, "faults", "", 0, tally.faults);
      note(steady, "CPU, % of a core", "", 1, (100 * cpuMs) / ms);
      note(steady, "RSS, MB", "", 0, await master.ask("memory"));
      say(`${steady}: ${((tally.readings * 1000) / ms).toFixed(1)} readings/s, ${cycles} cycles missed`);
    });
  });

  const everything = starts.flatMap(block);
  const flat = "50 Modbus TCP slaves × 20 registers flat out";
  for (let round = 1; round <= (quick ? 1 : 3); round++)
    await withSlaves({ servers: 50, units: 1, addresses: everything, turnaroundMs: 0 }, async (ports) => {
      const bare = await until(startPart<BareCalls>("bare-modbus.ts"), async (client) => {
        await client.ask("open", { ports, starts, registers });
        await pause(2000);
        const before = await client.ask("values");
        const { cpuMs, ms } = await spent(client, seconds / 2);
        return { points: (await client.ask("values")) - before, cpuMs, ms };
      });
      const ours = await until(startPart<MasterCalls>("master.ts"), async (master) => {
        await master.ask("open", {
          kind: "modbus-tcp",
          link: {},
          everyMs: 1,
          devices: devicesOf(ports, 1, everything),
        });
        await pause(2000);
        await master.ask("forget");
        const { cpuMs, ms } = await spent(master, seconds / 2);
        return { points: (await master.ask("tally")).values, cpuMs, ms };
      });
      const speed = ({ points, ms }: typeof ours) => (points * 1000) / ms;
      const cost = ({ points, cpuMs }: typeof ours) => (1000 * cpuMs) / points;
      // The floor of this section is the bare client.
      figures.note(flat, { name: "points/s", unit: "", decimals: 0 }, "floor", speed(bare));
      figures.note(flat, { name: "points/s", unit: "", decimals: 0 }, "campus-edge", speed(ours));
      figures.note(flat, { name: "CPU per 1,000 points", unit: "ms", decimals: 2 }, "floor", cost(bare));
      figures.note(
        flat,
        { name: "CPU per 1,000 points", unit: "ms", decimals: 2 },
        "campus-edge",
        cost(ours),
      );
      say(
        `${flat}: ${speed(ours).toFixed(0)} points/s at ${cost(ours).toFixed(2)} ms per 1,000, bare modbus-serial ${speed(bare).toFixed(0)} at ${cost(bare).toFixed(2)}`,
      );
    });
};

async function withSlaves(
  of: { servers: number; units: number; addresses: number[]; turnaroundMs: number },
  work: (ports: number[]) => Promise<void>,
): Promise<void> {
  await until(startPart<SlavesCalls>("slaves.ts"), async (slaves) => work(await slaves.ask("network", of)));
}

/** Ends the part when the work with it is over. */
async function until<P extends { end(): Promise<void> }, T>(
  part: P,
  work: (part: P) => Promise<T>,
): Promise<T> {
  try {
    return await work(part);
  } finally {
    await part.end();
  }
}

/** What a part costs over some seconds. */
async function spent(part: { ask(name: "cpu"): Promise<number> }, seconds: number) {
  const [from, before] = [now(), await part.ask("cpu")];
  await pause(seconds * 1000);
  const cpuMs = (await part.ask("cpu")) - before;
  return { cpuMs, ms: now() - from };
}
