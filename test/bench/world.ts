/** One candidate between its devices and its receiver, each in a process of its own. */
import { freePort, type SchoolFolder, schoolFolder } from "../scenario/school-folder.ts";
import { type Part, startPart } from "./calls.ts";
import type { CandidateCalls } from "./candidate.ts";
import type { CandidateName } from "./candidates/contract.ts";
import type { DevicesCalls } from "./devices.ts";
import { whileRunning } from "./ending.ts";
import { valuesPerMessage } from "./message.ts";
import { now, pause } from "./moment.ts";
import type { ReceiverCalls } from "./receiver.ts";
import { benchSchool } from "./school.ts";

export interface World {
  devices: Part<DevicesCalls>;
  candidate: Part<CandidateCalls>;
  receiver: Part<ReceiverCalls>;
  /** Data of the candidate. */
  data: string;
}

export interface WorldOptions {
  name: CandidateName;
  devices: number;
  /** Longest wait of an acknowledgement for the disk, of campus-edge; default 100. */
  ackMs?: number;
  /** Of each message; default 3. */
  values?: number;
  /** Records a second that the receiver takes; absent: as many as come. */
  receiverPerSecond?: number;
  /** How fast campus-edge may send old records; absent: its default. */
  backlogRate?: string;
  /** Program before the candidate, such as strace. */
  under?: readonly string[];
  /** Of the candidate's node. */
  nodeOptions?: readonly string[];
}

/** Longest wait until all devices are connected, and until everything sent has arrived. */
const patienceMs = 120_000;

/** Builds it, lets `work` use it, and takes it away whatever happens. */
export async function inWorld<T>(options: WorldOptions, work: (world: World) => Promise<T>): Promise<T> {
  const { name, devices: count, values = valuesPerMessage, receiverPerSecond = 0 } = options;
  const origin = now();
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const part = <P extends Part<never>>(started: P): P => {
    undo.push(() => started.end());
    return started;
  };
  try {
    const receiver = part(startPart<ReceiverCalls>("./receiver.ts"));
    const port = await receiver.ask("listen", { origin, perSecond: receiverPerSecond });
    const folder = await folderFor(options, port);
    const forget = whileRunning(() => folder.remove());
    undo.push(() => {
      folder.remove();
      forget();
    });
    const candidate = part(
      startPart<CandidateCalls>("./candidate.ts", {
        under: options.under ?? [],
        nodeOptions: options.nodeOptions ?? [],
      }),
    );
    const setting = { name, receiver: port, folder: name === "campus-edge" ? folder.config : folder.data };
    const door = await candidate.ask("open", setting);
    const devices = part(startPart<DevicesCalls>("./devices.ts"));
    await devices.ask("connect", { port: door, count, origin, patienceMs, values });
    return await work({ devices, candidate, receiver, data: folder.data });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function folderFor(options: WorldOptions, receiver: number): Promise<SchoolFolder> {
  if (options.name !== "campus-edge") return schoolFolder({}, {});
  return benchSchool({ ackMs: 100, ...options, receiver, port: await freePort() });
}

/** What happened between two looks. */
export interface Stretch {
  /** That arrived. */
  messages: number;
  seconds: number;
  /** ms of the candidate's CPU time, of it in the kernel. */
  cpuMs: number;
  systemMs: number;
}

/** Looks at the world until `over` resolves. */
export async function stretch(
  { receiver, candidate }: World,
  over: () => Promise<unknown>,
): Promise<Stretch> {
  const look = () => Promise.all([receiver.ask("count"), candidate.ask("cpu")]);
  const [from, cpuFrom] = await look();
  await over();
  const [to, cpuTo] = await look();
  const systemMs = cpuTo.system - cpuFrom.system;
  return {
    messages: to.count - from.count,
    seconds: (to.at - from.at) / 1000,
    cpuMs: cpuTo.user - cpuFrom.user + systemMs,
    systemMs,
  };
}

/** Messages that may be acknowledged and not arrived: with more the pace would be that of piling up. */
const mostBehind = 5000;
const lookEveryMs = 20;

/** While `work` runs, devices send as fast as they are acknowledged and the far end keeps up. */
export async function flooded<T>(world: World, devices: number, work: () => Promise<T>): Promise<T> {
  const window = devices > 100 ? 10 : 20;
  const most = window * devices + mostBehind;
  await world.devices.ask("flood", { window, allowed: most });
  let over = false;
  const allow = async () => {
    for (; !over; await pause(lookEveryMs)) {
      const { count } = await world.receiver.ask("count");
      await world.devices.ask("allow", count + most);
    }
  };
  const done = work().finally(() => {
    over = true;
  });
  const [result] = await Promise.all([done, allow()]);
  return result;
}

/** Ends sending, and makes sure that every message was acknowledged and has arrived, once. */
export async function complete({ devices, receiver }: World): Promise<void> {
  const { sent } = await devices.ask("rest");
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("messages are missing")), patienceMs);
  try {
    await Promise.race([receiver.ask("messages", sent), late.promise]);
  } catch (error) {
    const { count } = await receiver.ask("count");
    throw new Error(`${count} of ${sent} messages arrived`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  const { count } = await receiver.ask("count");
  if (count !== sent) throw new Error(`${count} messages arrived, ${sent} were sent`);
}

/** All devices of campus-edge are up; resolves with how long that took from now, ms. */
export async function allUp(gateway: Part<CandidateCalls>): Promise<number> {
  for (const from = now(); ; await pause(500)) {
    const { down, devices } = await gateway.ask("standing");
    if (down.length === 0) return now() - from;
    if (now() - from > patienceMs)
      throw new Error(`of ${devices} devices not up: ${down.slice(0, 5).join(", ")}`);
  }
}
