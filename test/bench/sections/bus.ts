/**
 * A line of 9600 baud with thirty slaves, read as fast as the line allows, beside what the line allows at best; and
 * what three dead ones among them cost the others.
 */
import type { Bench, Section } from "../bench.ts";
import { startPart } from "../calls.ts";
import type { MasterCalls } from "../master.ts";
import { pause } from "../moment.ts";
import type { SlavesCalls } from "../slaves.ts";

const slaves = 30;
const dead = 3;
/** From the end of a request to the first byte of its answer, ms. */
const turnaroundMs = 5;
const characterMs = 10_000 / 9600;

interface Pattern {
  name: string;
  addresses: number[];
}

const patterns: readonly Pattern[] = [
  { name: "10 adjacent", addresses: Array.from({ length: 10 }, (_, n) => n) },
  {
    name: "10 even in a span of 60",
    addresses: Array.from({ length: 10 }, (_, n) => Math.round((n * 59) / 9)),
  },
  { name: "two clusters of 5", addresses: [0, 1, 2, 3, 4, 200, 201, 202, 203, 204] },
];

/** Bytes and silences of one request for n registers and its answer, and the slave's own time, ms. */
const requestMs = (n: number) => (20 + 2 * n) * characterMs + turnaroundMs;

/** The cheapest way to read them: every way to cut the row into requests is looked at. */
function bestMs(addresses: readonly number[]): number {
  const cheapest = [0];
  for (let end = 1; end <= addresses.length; end++) {
    const ways = Array.from({ length: end }, (_, start) => {
      const count = (addresses[end - 1] ?? 0) - (addresses[start] ?? 0) + 1;
      return count > 125 ? Number.POSITIVE_INFINITY : (cheapest[start] ?? 0) + requestMs(count);
    });
    cheapest.push(Math.min(...ways));
  }
  return cheapest.at(-1) ?? 0;
}

export const section: Section = async (bench) => {
  const { quick, figures, say } = bench;
  for (const pattern of quick ? patterns.slice(0, 1) : patterns) {
    const best = slaves * bestMs(pattern.addresses);
    const healthy = await round(bench, pattern, 0);
    const title = `line of 9600 8N1, ${slaves} slaves, ${pattern.name}`;
    const ms = { unit: "ms", decimals: 0 };
    figures.note(title, { name: "a round at best", ...ms }, "campus-edge", best);
    figures.note(title, { name: "a round", ...ms }, "campus-edge", healthy.roundMs);
    figures.note(
      title,
      { name: "÷ best", unit: "", decimals: 3, aim: { atMost: 1.05 } },
      "campus-edge",
      healthy.roundMs / best,
    );
    figures.note(
      title,
      { name: "requests before their silence", unit: "", decimals: 0, aim: { atMost: 0 } },
      "campus-edge",
      healthy.early,
    );
    say(
      `${title}: ${healthy.roundMs.toFixed(0)} ms a round, ${best.toFixed(0)} at best, ${healthy.early} of ${healthy.requests} requests early`,
    );
    if (pattern !== patterns[0]) continue;
    const sick = await round(bench, pattern, dead);
    figures.note(
      title,
      { name: `${dead} dead: a round of the others ÷ healthy`, unit: "", decimals: 3, aim: { atMost: 1.15 } },
      "campus-edge",
      sick.roundMs / healthy.roundMs,
    );
    say(`${title}, ${dead} of them dead: ${sick.roundMs.toFixed(0)} ms a round of the others`);
  }
};

interface Seen {
  /** Mean time between two readings of a slave that answers. */
  roundMs: number;
  requests: number;
  early: number;
}

async function round({ quick }: Bench, { addresses }: Pattern, silent: number): Promise<Seen> {
  const line = startPart<SlavesCalls>("slaves.ts");
  const master = startPart<MasterCalls>("master.ts");
  try {
    const port = await line.ask("line", { slaves, dead: silent, addresses, turnaroundMs });
    await master.ask("open", {
      kind: "modbus-rtu",
      link: { host: "127.0.0.1", port: String(port), baud: "9600", format: "8N1" },
      // More than the line can: whatever is due waits for its turn.
      everyMs: 200,
      devices: Array.from({ length: slaves }, (_, n) => ({
        id: `s${n + 1}`,
        address: { unit: String(n + 1) },
        registers: addresses,
      })),
    });
    // What is silent is known as such by then.
    await pause(silent > 0 ? 20_000 : 5_000);
    await line.ask("forget");
    await master.ask("forget");
    const from = performance.now();
    await pause(quick ? 10_000 : 30_000);
    const [tally, counts] = [await master.ask("tally"), await line.ask("counts")];
    const ms = performance.now() - from;
    const alive = slaves - silent;
    const rounds = Object.values(tally.byDevice).reduce((sum, n) => sum + n, 0) / alive / perRound(addresses);
    return { roundMs: ms / rounds, ...counts };
  } finally {
    await master.end();
    await line.end();
  }
}

/** Requests of one round of one slave. */
const perRound = (addresses: readonly number[]) => ((addresses.at(-1) ?? 0) > 125 ? 2 : 1);
