/**
 * What cameras cost the rest of a school: the same gateway with meters on a line of 9600 baud, without cameras, with
 * forty that are well, with five hostile ones among them, and with hostile ones alone. How late its event loop is, its
 * memory, and when the line's other end hears each meter asked. The limit beside it (`floor`) is the school without cameras.
 */
import { freePort } from "../../scenario/school-folder.ts";
import type { Bench, Section } from "../bench.ts";
import { type Part, startPart } from "../calls.ts";
import { cameraSchool, meterPoints } from "../camera-school.ts";
import type { CamerasCalls } from "../cameras.ts";
import type { CandidateCalls } from "../candidate.ts";
import { whileRunning } from "../ending.ts";
import type { Figure } from "../figures.ts";
import type { Latencies } from "../latencies.ts";
import { now, pause } from "../moment.ts";
import type { ReceiverCalls } from "../receiver.ts";
import type { SlavesCalls } from "../slaves.ts";

const meters = 15;
const password = "bench-right";
const patienceMs = 90_000;

interface Watched {
  title: string;
  cameras: number;
  hostile: number;
}
const watched: readonly Watched[] = [
  { title: "40 cameras", cameras: 40, hostile: 0 },
  { title: "40 cameras, 5 of them hostile", cameras: 40, hostile: 5 },
  { title: "40 cameras, all of them hostile", cameras: 40, hostile: 40 },
];

interface Seen {
  loop: { p50: number; p99: number; max: number };
  residentMb: number;
  highestMb: number;
  /** Of the gateway, % of a core. */
  cpu: number;
  cycle: Latencies;
  missed: number;
  /** Of cameras. */
  requests: number;
  wrong: number;
}

export const section: Section = async (bench) => {
  const { quick, figures, say } = bench;
  const rounds = quick ? 1 : 2;
  const none = { unit: "", decimals: 0, aim: { atMost: 0 } };
  for (let round = 1; round <= rounds; round++) {
    const without = await measured(bench, { title: "no cameras", cameras: 0, hostile: 0 });
    say(`round ${round}/${rounds}, no cameras: ${told(without)}`);
    const title = `no cameras, ${meters} meters at 9600 each second`;
    const missed = { name: "polls of meters missed", unit: "", decimals: 0 };
    figures.note(title, missed, "floor", without.missed);
    for (const one of quick ? watched.slice(0, 2) : watched) {
      const seen = await measured(bench, one);
      say(`round ${round}/${rounds}, ${one.title}: ${told(seen)}`);
      const title = `${one.title}, ${meters} meters at 9600 each second`;
      const note = (figure: Figure, of: (seen: Seen) => number) => {
        figures.note(title, figure, "floor", of(without));
        figures.note(title, figure, "campus-edge", of(seen));
      };
      const ms = { unit: "ms", decimals: 1 };
      const noMore = { aim: { of: "floor", atMost: 1.05 } } as const;
      note({ name: "cycle of a meter p50", ...ms, ...noMore }, ({ cycle }) => cycle.p50);
      note({ name: "cycle of a meter p99", ...ms, ...noMore }, ({ cycle }) => cycle.p99);
      note({ name: "longest between two readings of a meter", ...ms }, ({ cycle }) => cycle.max);
      note({ name: "readings", unit: "", decimals: 0 }, ({ cycle }) => cycle.count);
      note({ name: "event loop late p50", ...ms }, ({ loop }) => loop.p50);
      note({ name: "event loop late p99", ...ms, aim: { atMost: 10 } }, ({ loop }) => loop.p99);
      note({ name: "event loop late at most", ...ms, aim: { atMost: 200 } }, ({ loop }) => loop.max);
      note({ name: "RSS", unit: "MB", decimals: 0 }, ({ residentMb }) => residentMb);
      note({ name: "RSS at its highest", unit: "MB", decimals: 0 }, ({ highestMb }) => highestMb);
      note({ name: "CPU", unit: "% of a core", decimals: 1 }, ({ cpu }) => cpu);
      // Without a limit beside them, which is nothing.
      figures.note(title, { name: "polls of meters missed", ...none }, "campus-edge", seen.missed);
      figures.note(title, { name: "wrong logins at cameras", ...none }, "campus-edge", seen.wrong);
    }
  }
};

const told = ({ cycle, loop, residentMb, missed, requests }: Seen) =>
  `a meter each ${cycle.p50.toFixed(1)} ms (p99 ${cycle.p99.toFixed(1)}, at most ${cycle.max.toFixed(1)}), ${missed} missed; event loop late ${loop.p99.toFixed(1)} ms (p99, at most ${loop.max.toFixed(1)}); ${residentMb.toFixed(0)} MB; ${requests} connections to cameras`;

async function measured({ quick }: Bench, { cameras, hostile }: Watched): Promise<Seen> {
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const part = <P extends Part<never>>(started: P): P => {
    undo.push(() => started.end());
    return started;
  };
  try {
    const receiver = part(startPart<ReceiverCalls>("./receiver.ts"));
    const platform = await receiver.ask("listen", { origin: now(), perSecond: 0 });
    const line = part(startPart<SlavesCalls>("./slaves.ts"));
    const addresses = meterPoints.map((_, address) => address);
    const serial = await line.ask("line", { slaves: meters, dead: 0, addresses, turnaroundMs: 5 });
    const boxes = part(startPart<CamerasCalls>("./cameras.ts"));
    const ports = await boxes.ask("open", { cameras, hostile, password });
    const folder = cameraSchool({
      ...{ meters, line: serial, cameras: ports, password },
      ...{ receiver: platform, door: await freePort() },
    });
    const forget = whileRunning(() => folder.remove());
    undo.push(() => {
      folder.remove();
      forget();
    });
    const gateway = part(startPart<CandidateCalls>("./candidate.ts"));
    await gateway.ask("open", { name: "campus-edge", receiver: 0, folder: folder.config });
    await others(gateway, hostile);
    await pause(quick ? 5_000 : 15_000);
    const [askedBefore, missedBefore] = [await boxes.ask("asked"), await gateway.ask("missed")];
    const cpuBefore = await gateway.ask("cpu");
    await line.ask("forget");
    await gateway.ask("watchLoop");
    const from = now();
    // Every camera is polled once a minute.
    await pause(quick ? 20_000 : 62_000);
    const loop = await gateway.ask("loop");
    const cycle = await line.ask("cycles");
    const [memory, cpuAfter] = [await gateway.ask("memory"), await gateway.ask("cpu")];
    const seconds = (now() - from) / 1000;
    const { requests, wrong } = await boxes.ask("asked");
    return {
      ...{ loop, cycle, wrong, residentMb: memory.now, highestMb: memory.highest },
      cpu: (cpuAfter.user + cpuAfter.system - cpuBefore.user - cpuBefore.system) / 10 / seconds,
      missed: (await gateway.ask("missed")) - missedBefore,
      requests: requests - askedBefore.requests,
    };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** All are up but those that never will be. */
async function others(gateway: Part<CandidateCalls>, hostile: number): Promise<void> {
  for (const from = now(); ; await pause(500)) {
    const { down } = await gateway.ask("standing");
    const of = (id: string) => Number(/^cam-(\d+) /.exec(id)?.[1] ?? Number.POSITIVE_INFINITY);
    const waited = down.filter((each) => of(each) > hostile);
    if (waited.length === 0) return;
    if (now() - from > patienceMs) throw new Error(`not up: ${waited.slice(0, 5).join(", ")}`);
  }
}
