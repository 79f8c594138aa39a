/** What is measured, in a process of its own: one of the candidates, and what it costs. */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { keepHeapSmall } from "../../edge/cli/small-heap.ts";
import { serve } from "./calls.ts";
import type { Candidate, CandidateName, Open } from "./candidates/contract.ts";

/** What campus-edge counted since its start. */
export interface Standing {
  devices: number;
  /** Devices that say nothing of use, each with its state and why; one that lacks a value is up. */
  down: string[];
  measured: number;
  stored: number;
}

let candidate: Candidate | null = null;
let delays: ReturnType<typeof monitorEventLoopDelay> | null = null;

const openers: Record<CandidateName, () => Promise<{ open: Open }>> = {
  relay: () => import("./candidates/relay.ts"),
  floor: () => import("./candidates/floor.ts"),
  "campus-edge": () => {
    // As the program does it, before anything else is loaded.
    keepHeapSmall();
    return import("./candidates/campus-edge.ts");
  },
};

const calls = {
  /** @returns the port for devices; messages flow from now on */
  async open(body: { name: CandidateName } & Parameters<Open>[0]): Promise<number> {
    const { open } = await openers[body.name]();
    candidate = await open(body);
    return candidate.port;
  },
  /** @throws when it is another candidate */
  standing(): Standing {
    const status = candidate?.status?.();
    if (status === undefined) throw new Error("it says nothing about itself");
    const { counts, counters, devices, reasons } = status;
    const down = devices
      .filter(({ state }) => state === "down" || state === "unknown")
      .map(({ id, state }) => {
        const { code = "no reason" } = reasons.find(({ subject }) => subject.split("/")[0] === id) ?? {};
        return `${id} ${state} (${code})`;
      });
    const { measured, stored } = counters;
    return { devices: counts.devices.total, down, measured, stored };
  },
  /** Moments at which something was due and its line had no time, since the start; of campus-edge. */
  missed(): number {
    const { links = [] } = candidate?.status?.() ?? {};
    return links.reduce((sum, { cyclesMissed = 0 }) => sum + cyclesMissed, 0);
  },
  /** CPU time of the whole process with all its threads so far, ms. */
  cpu(): { user: number; system: number } {
    const { user, system } = process.cpuUsage();
    return { user: user / 1000, system: system / 1000 };
  },
  /** Resident memory now and at its highest, MB (10^6). */
  memory(): { now: number; highest: number } {
    const status = readFileSync("/proc/self/status", "latin1");
    const of = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6;
    return { now: of("VmRSS"), highest: of("VmHWM") };
  },
  /** From now on a timer of 1 ms tells how late the event loop is; it costs CPU time of its own. */
  watchLoop(): void {
    delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
  },
  /** Delays of the event loop since then, ms, with the timer's own 1 ms. */
  loop(): { p50: number; p99: number; max: number } {
    if (delays === null) throw new Error("nobody watched the event loop");
    delays.disable();
    return { p50: delays.percentile(50) / 1e6, p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 };
  },
};
export type CandidateCalls = typeof calls;

serve(calls, () => candidate?.close());
