/**
 * What asks Modbus slaves, in a process of its own: our driver under the supervisor that the agent has, or a bare
 * modbus-serial client for each server.
 */
import { readFileSync } from "node:fs";
import type { Kind } from "../../config/schema/kind.ts";
import { kinds, openDriver } from "../../drivers/registry.ts";
import { createLog, systemClock } from "../../edge/agent/index.ts";
import { keepHeapSmall } from "../../edge/cli/small-heap.ts";
import { Poller } from "../../edge/supervise/poller.ts";
import { driverContext } from "../driver-context.ts";
import { serve } from "./calls.ts";

/** One Modbus device: where it is, and what of it is read. */
export interface Asked {
  id: string;
  address: Record<string, string>;
  registers: readonly number[];
}

interface Tally {
  /** Good readings and values in them. */
  readings: number;
  values: number;
  faults: number;
  /** Good readings by device. */
  byDevice: Record<string, number>;
}

const none = (): Tally => ({ readings: 0, values: 0, faults: 0, byDevice: {} });
let tally = none();
let poller: Poller | null = null;
const ends: (() => Promise<unknown> | unknown)[] = [];

const kindOf = (name: string): Kind => {
  const kind = kinds.find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  return kind;
};

const calls = {
  /** Opens a link and polls from now on. @returns requests of one round */
  async open(of: {
    kind: "modbus-rtu" | "modbus-tcp";
    link: Record<string, string>;
    everyMs: number;
    devices: Asked[];
  }): Promise<number> {
    keepHeapSmall();
    const kind = kindOf(of.kind);
    const link = kind.link.parse(of.link);
    const profile = kind.profile.parse({});
    const devices = of.devices.map(({ id, address, registers }) => ({
      id,
      address: kind.address.parse(address),
      profile,
      simulated: true,
      points: registers.map((register) => ({
        id: `r${register}`,
        source: kind.source.parse({ address: String(register) }),
        everyMs: of.everyMs,
      })),
      actions: {},
    }));
    const jobs = kind.plan(link, devices);
    const clock = systemClock();
    const log = createLog("error");
    const stop = new AbortController();
    const driver = await openDriver(of.kind);
    const context = driverContext(clock, { log });
    const session = await driver.open(link, devices, context, stop.signal);
    const made = new Poller({
      link: "bench",
      clock,
      log,
      async hand({ device, samples, faults }) {
        tally.faults += faults.length;
        if (samples.length === 0) return;
        tally.readings += 1;
        tally.values += samples.length;
        tally.byDevice[device] = (tally.byDevice[device] ?? 0) + 1;
      },
      presence() {},
      figures() {},
    });
    made.adopt(jobs);
    const running = made.run(session, stop.signal);
    poller = made;
    ends.push(async () => {
      stop.abort();
      await running;
      await session.close();
    });
    return jobs.length;
  },
  forget(): void {
    tally = none();
  },
  tally: (): Tally => tally,
  /** Moments at which something was due and its line had no time, since the start. */
  missed: (): number => poller?.figures().reduce((sum, { cyclesMissed }) => sum + cyclesMissed, 0) ?? 0,
  /** CPU time of the process so far, ms. */
  cpu(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  /** Resident memory, MB. */
  memory(): number {
    return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024) / 1e6;
  },
};
export type MasterCalls = typeof calls;

serve(calls, () => Promise.all(ends.map((end) => end())));
