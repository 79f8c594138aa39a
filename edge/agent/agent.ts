/**
 * One school's agent: composes journal, uplinks, links and doors from a Plan, in this order, and stops them
 * in reverse. Decides nothing that a part can decide.
 *
 * Holds: `startAgent` undoes itself when it fails halfway; `stop` goes on when one part refuses.
 */
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { BufferPlan, DevicePoints, Plan } from "../../config/schema/plan.ts";
import type { Status } from "../../config/schema/status.ts";
import type { DriverFact } from "../../drivers/contract/index.ts";
import type { StatusSource } from "../../gateway/contract/index.ts";
import { createEncoder } from "../../gateway/encode/encoder.ts";
import { openStatusDoors } from "../../gateway/status/index.ts";
import { type ConfigurationFact, createHealth, type Health } from "../health/index.ts";
import { type Journal, openJournal } from "../journal/index.ts";
import { alarmsOf } from "./alarms.ts";
import { openDigest } from "./digest-key.ts";
import { createIntake } from "./intake.ts";
import { keepLink } from "./links.ts";
import { keepPage } from "./page.ts";
import { systemTimeIsSynchronised } from "./system-time.ts";
import { uplinkFilter } from "./uplink-filter.ts";
import { type KeptUplink, keepUplink } from "./uplinks.ts";
import { createWall, type Wall } from "./wall.ts";

export interface AgentOptions {
  clock: Clock;
  log: Log;
  /** [0, 1), for jitter. */
  random?: () => number;
  /** Every fact of a driver, for who shows progress. */
  onFact?: (link: string, fact: DriverFact) => void;
  /** Looks at the configuration folder again: what `status` says of the files. */
  files?: () => ConfigurationFact;
}

export interface Agent {
  status(): Status;
  /** Where the status page listens; null without one, and while it cannot. */
  page(): { host: string; port: number } | null;
  /** Path of the local door. */
  socket: string;
  /** Never rejects; what could not be stopped is logged. */
  stop(): Promise<void>;
}

const upkeepMs = 10_000;

/** Name of the local door in a data folder. */
export const socketName = "agent.sock";

/**
 * @throws StoreError when another agent has the data folder or its file cannot be used; DoorError when the
 *   local door cannot open
 */
export async function startAgent(plan: Plan, options: AgentOptions): Promise<Agent> {
  const { clock, log } = options;
  const random = options.random ?? Math.random;
  const { school, buffer } = plan;
  const stops: { part: string; stop: () => Promise<unknown> }[] = [];
  const ended = new AbortController();
  const stop = async () => {
    ended.abort(new Error("the agent stops"));
    for (const { part, stop } of stops.splice(0).reverse()) {
      await stop().catch((error: unknown) =>
        log.error({ part, error: String(error) }, "a part could not be stopped"),
      );
    }
  };

  try {
    const health: Health = createHealth({
      plan,
      clock,
      log,
      wallMs: () => wall.now(),
      changes: (change) => alarm(change),
    });
    const wall = createWall(clock, (wallMs, quality) => {
      journal.clockKnown(wallMs, quality);
      health.clock({ known: true, quality });
    });
    const encoder = createEncoder({ school: school.id, gateway: school.gateway, wallMs: wall.now });
    const journal = await openJournal({
      folder: buffer.folder,
      gateway: school.gateway,
      encoder,
      clock,
      log,
      commit: buffer.commit,
      quotaBytes: buffer.quotaBytes,
      uplinks: plan.uplinks.map(uplinkFilter),
    });
    stops.push({ part: "journal", stop: () => journal.close() });
    const teller = journalTeller(journal, health, buffer, wall);
    journal.onChange(() => teller.tell());
    teller.tell();
    const devices = new Map<string, DevicePoints>(plan.links.flatMap((link) => [...link.points]));
    const intake = createIntake({
      journal,
      clock,
      devices,
      wallMs: wall.now,
      values: (device, values) => health.values(device, values),
      fault: (device, fault) => health.fault(device, fault),
    });
    stops.push({ part: "faults", stop: () => intake.tellFaults("all") });

    const uplinks: KeptUplink[] = [];
    const common = { clock, log, secret: (name: string) => plan.secret(name) };
    if (school.clock === "trusted") wall.trust();
    const { files } = options;
    const upkeep: (() => unknown)[] = [
      async () => {
        if (school.clock === "auto" && wall.now() === null && (await systemTimeIsSynchronised()))
          wall.trust();
      },
      () => teller.look(),
      () => uplinks.forEach((uplink) => void uplink.upkeep()),
      () => files !== undefined && health.configuration(files()),
      () => intake.tellFaults("due"),
    ];
    for (const step of upkeep) void repeat(clock, ended.signal, step, log);
    const alarm = alarmsOf(journal, devices, log);
    void health.run(ended.signal);

    for (const uplink of plan.uplinks) {
      const context = { ...common, school: school.id, gateway: school.gateway };
      const kept = keepUplink(uplink, { context, journal, encoder, wall, health, random });
      uplinks.push(kept);
      stops.push({ part: `uplink ${uplink.id}`, stop: () => kept.stop() });
    }
    const digest = openDigest(buffer.folder);
    for (const link of plan.links) {
      const kept = keepLink(link, {
        context: { ...common, digest, trace: () => {} },
        intake,
        health,
        random,
        onFact: options.onFact ?? (() => {}),
      });
      stops.push({ part: `link ${link.id}`, stop: () => kept.stop() });
    }

    const socket = join(buffer.folder, socketName);
    const alive = () => journal.status().state !== "closed";
    const source: StatusSource = { status: () => health.status(), alive, ready: () => health.ready() };
    const door = await openStatusDoors({ source, socket: { path: socket }, log });
    stops.push({ part: "local door", stop: () => door.close() });
    const page = plan.status === undefined ? null : keepPage(plan.status, source, { clock, log, random });
    if (page !== null) stops.push({ part: "status page", stop: () => page.stop() });
    return { status: () => health.status(), page: () => page?.address() ?? null, socket, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Tells health how the journal is; its disk is looked at in `look` alone, which may take as long as the disk does. */
function journalTeller(journal: Journal, health: Health, { folder, diskFloorBytes }: BufferPlan, wall: Wall) {
  let commits = 0;
  let lastCommitMs: number | null = null;
  let freeBytes: number | null = null;
  return {
    tell() {
      const status = journal.status();
      if (status.commits > commits) lastCommitMs = wall.now();
      commits = status.commits;
      health.journal({
        ...status,
        ...(lastCommitMs === null ? {} : { lastCommitMs }),
        ...(freeBytes === null ? {} : { disk: { freeBytes, floorBytes: diskFloorBytes } }),
      });
    },
    async look() {
      const { bavail, bsize } = await statfs(folder);
      freeBytes = bavail * bsize;
      this.tell();
    },
  };
}

/** Runs `step` at once and every `upkeepMs` until the end; its failure is logged, tried again, and stops no other. */
async function repeat(clock: Clock, signal: AbortSignal, step: () => unknown, log: Log): Promise<void> {
  while (!signal.aborted) {
    try {
      await step();
    } catch (error) {
      log.error({ error: String(error) }, "upkeep failed");
    }
    await clock.sleep(upkeepMs, signal).catch(() => {});
  }
}
