/**
 * One school's agent: composes journal, uplinks, links and doors from a Plan, in this order, and stops them
 * in reverse. Decides nothing that a part can decide.
 *
 * Holds: `startAgent` undoes itself when it fails halfway; `stop` goes on when one part refuses.
 */
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { loadModels } from "../../config/load/index.ts";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { BufferPlan, DevicePoints, LinkPlan, LoadResult, Plan } from "../../config/schema/plan.ts";
import type { Status } from "../../config/schema/status.ts";
import type { DriverContext, DriverFact } from "../../drivers/contract/index.ts";
import { kinds, openDriver } from "../../drivers/registry.ts";
import type { ConfigurationControl, StatusSource } from "../../gateway/contract/index.ts";
import { createEncoder } from "../../gateway/encode/encoder.ts";
import { openStatusDoors } from "../../gateway/status/index.ts";
import manifest from "../../package.json" with { type: "json" };
import { Assignments } from "../assign/assignments.ts";
import { type ConfigurationFact, createHealth, type Health } from "../health/index.ts";
import { type Journal, openJournal } from "../journal/index.ts";
import { Searches } from "../search/searches.ts";
import { createAlarms } from "./alarms.ts";
import { Applier } from "./apply.ts";
import { type Applied, ApplyError } from "./apply-answer.ts";
import { answerBuffer } from "./buffer.ts";
import { openCommands } from "./command.ts";
import { openCounterFile } from "./counter-file.ts";
import { openDigest } from "./digest-key.ts";
import { historyFilter, keepHistory } from "./history.ts";
import { createIntake } from "./intake.ts";
import { type KeptTime, keepTime } from "./keep-time.ts";
import { keepLink } from "./links.ts";
import { keepLocalDoor } from "./local-door.ts";
import { keepPage } from "./page.ts";
import { Recorder } from "./recorder.ts";
import { Running } from "./running.ts";
import { handsOf } from "./search-hands.ts";
import { type Synchronised, systemTime } from "./system-time.ts";
import { uplinkFilter } from "./uplink-filter.ts";
import { keepUplink, type UplinkParts } from "./uplinks.ts";

export interface AgentOptions {
  clock: Clock;
  log: Log;
  /** [0, 1), for jitter. */
  random?: () => number;
  /** Whether the system says that its clock is synchronised. Default: its own tools are asked. */
  synchronised?: () => Promise<Synchronised>;
  /** Every fact of a driver, for who shows progress. */
  onFact?: (link: string, fact: DriverFact) => void;
  /** Looks at the configuration folder again: what `status` says of the files, beside the revision that runs. */
  files?: (running: string) => ConfigurationFact;
  /** Reads the configuration folder again, for who wants its files put to work; absent: nobody can. */
  load?: () => LoadResult;
}

export interface Agent {
  status(): Status;
  /** Where the status page listens; null without one, and while it cannot. */
  page(): { host: string; port: number } | null;
  /** Path of the local door. */
  socket: string;
  /**
   * Puts another plan to work in place. What is the same in both is not touched. Later calls wait for earlier ones.
   * @throws ApplyError: then the plan before runs on
   */
  apply(plan: Plan): Promise<Applied>;
  /** The same with what is in the files now. @throws ApplyError */
  applyFiles(): Promise<Applied>;
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
      changes: (change) => alarms.tell(change),
    });
    let mode = school.clock;
    const wall = keepTime({
      clock,
      log,
      gateway: school.gateway,
      journal: () => journal,
      health: () => health,
      synchronised: options.synchronised ?? systemTime,
      mode: () => mode,
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
      diskFloorBytes: buffer.diskFloorBytes,
      uplinks: filtersOf(plan),
    });
    stops.push({ part: "journal", stop: () => journal.close() });
    wall.begin();
    const teller = journalTeller(journal, health, buffer, wall);
    journal.onChange(() => teller.tell());
    teller.tell();
    const devices = devicesOf(plan);
    let known = devices;
    const counterFile = await openCounterFile({
      ...{ folder: buffer.folder, school: school.id, gateway: school.gateway, clock, log },
    });
    stops.push({ part: "counters", stop: () => counterFile.close() });
    const intake = createIntake({
      counters: counterFile.counters,
      journal,
      clock,
      devices,
      wallMs: wall.now,
      values(device, values) {
        health.values(device, values);
        commands.commander.heard(device, values);
      },
      fault: (device, fault) => health.fault(device, fault),
      deviceClock: (device, aheadMs) => health.deviceClock(device, aheadMs),
    });
    stops.push({ part: "faults", stop: () => intake.tellFaults("all") });

    const alarms = createAlarms(journal, devices, log);
    const commands = await openCommands({
      ...{ clock, log, journal, school, folder: buffer.folder, wallMs: wall.now },
      plan: () => running.plan,
      devices: () => known,
      running: () => running,
    });
    stops.push({ part: "commands", stop: () => commands.close() });
    health.audit(commands.audited);
    const digest = openDigest(buffer.folder);
    /** The plan whose secrets are read; of the one that is being put to work already before it runs. */
    let secrets = plan;
    const common = { clock, log, secret: (name: string) => secrets.secret(name) };
    const recorder = new Recorder({
      ...{ clock, log, openDriver, program: manifest.version, wallMs: wall.now, plan: () => running.plan },
    });
    const contextOf = ({ id }: LinkPlan): Omit<DriverContext, "report"> => {
      const self = `${school.id}-${school.gateway}-${id}`;
      return { ...common, self, digest, ...recorder.tap(id) };
    };
    const running: Running = new Running(plan, {
      keepLink: (link) => {
        const { onFact = () => {} } = options;
        return keepLink(link, { openDriver, context: contextOf(link), intake, health, random, onFact });
      },
      keepUplink: (uplink) => {
        const context = { ...common, school: school.id, gateway: school.gateway };
        const command = (...[raw, from, tell]: Parameters<UplinkParts["command"]>) =>
          void commands.commander.remote(raw, from, tell);
        const told: UplinkParts["told"] = (answer) => void commands.commander.told(answer);
        return keepUplink(uplink, { context, journal, encoder, wall, health, random, command, told });
      },
      keepPage: (http) => keepPage(http, source, { clock, log, random }),
      reopening: (link) => health.link(link, { what: "opening" }),
      adopt(to) {
        const now = devicesOf(to);
        known = now;
        intake.adopt(now);
        health.adopt(to);
        alarms.adopt(to, now);
        mode = to.school.clock;
        void wall.step();
      },
      adoptUplinks: (uplinks) => journal.adopt(filtersOf({ uplinks, buffer })),
    });
    const tellFiles = () => {
      const { revision } = running.plan;
      health.configuration(options.files?.(revision) ?? { running: revision, files: null, problems: [] });
      teller.tell();
    };
    const applier = new Applier({
      running,
      log,
      load: options.load ?? (() => ({ plan: running.plan, problems: [] })),
      waiting: (uplink) => sum(journal.status().accounts.filter((account) => account.uplink === uplink)),
      reads: (plan) => {
        secrets = plan;
      },
      applied: tellFiles,
      stopping: ended.signal,
    });
    const upkeep: (() => unknown)[] = [
      () => wall.step(),
      () => teller.look(),
      () => running.upkeep(),
      tellFiles,
      () => intake.tellFaults("due"),
      () => counterFile.step(),
    ];
    for (const step of upkeep) void repeat(clock, ended.signal, step, log);
    void health.run(ended.signal);

    const searches = new Searches({
      ...{ clock, log, kinds, openDriver, plan: () => running.plan },
      models: (driver) => loadModels(running.plan.folder, driver, kinds),
      hands: (link) => handsOf(running, link, openDriver, contextOf(link)),
    });
    const assignments = new Assignments({
      ...{ clock, log, kinds, plan: () => running.plan, audit: commands.audit },
      models: (driver) => loadModels(running.plan.folder, driver, kinds),
      hands: (link) => handsOf(running, link, openDriver, contextOf(link)),
    });
    const history =
      buffer.history === null
        ? null
        : keepHistory(buffer, buffer.history, { journal, clock, log, wallMs: wall.now, health, random });
    if (history !== null) stops.push({ part: "history", stop: () => history.stop() });
    stops.push({ part: "uplinks", stop: () => running.stopUplinks() });
    running.startUplinks(plan.uplinks);
    stops.push({ part: "links", stop: () => running.stopLinks() });
    running.startLinks(plan.links);
    for (const { who, answer } of await commands.commander.begin()) running.answer(who, answer);

    const socket = join(buffer.folder, socketName);
    const source: StatusSource = {
      status: (view) => health.status(view),
      lastValues: (view) => health.lastValues(view),
      alive: () => journal.status().state !== "closed",
      ready: () => health.ready(),
      buffer: (asked) =>
        answerBuffer(asked, {
          ...{ journal, encoder, plan: () => running.plan, wallMs: wall.now },
          goOn: (uplink) => running.goOn(uplink),
        }),
      ...(options.load === undefined ? {} : { control: controlOf(applier) }),
      recording: (asked) => recorder.ask(asked),
      search: (asked) => searches.ask(asked),
      assign: (asked) => assignments.ask(asked),
      command: (asked) => commands.ask(asked),
      ...(history === null ? {} : { history: history.ask }),
    };
    const door = await keepLocalDoor(socket, () =>
      openStatusDoors({ source, socket: { path: socket }, log }),
    );
    stops.push({ part: "local door", stop: () => door.close() });
    stops.push({ part: "search", stop: () => searches.close() });
    stops.push({ part: "assign", stop: () => assignments.close() });
    stops.push({ part: "recording", stop: async () => recorder.close() });
    void repeat(clock, ended.signal, () => door.look(), log);
    stops.push({ part: "status page", stop: () => running.stopPage() });
    running.startPage();
    stops.push({ part: "changes", stop: () => applier.idle() });
    return {
      status: () => health.status(),
      page: () => running.page?.address() ?? null,
      socket,
      apply: (to) => applier.apply(to),
      applyFiles: () => applier.applyFiles(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the journal keeps and for whom: the local history is one of them, though no configuration names it. */
const filtersOf = ({ uplinks, buffer }: Pick<Plan, "uplinks" | "buffer">) => [
  ...uplinks.map(uplinkFilter),
  ...(buffer.history === null ? [] : [historyFilter]),
];

const devicesOf = ({ links }: Plan): ReadonlyMap<string, DevicePoints> =>
  new Map(links.flatMap((link) => [...link.points]));

const sum = (accounts: readonly { waiting: number }[]) =>
  accounts.reduce((all, { waiting }) => all + waiting, 0);

/** What is refused is an answer, too; anything else is a mistake of the program. */
function controlOf(applier: Applier): ConfigurationControl {
  const answered = async (work: () => object | Promise<object>) => {
    try {
      return { done: true, body: await work() };
    } catch (error) {
      if (error instanceof ApplyError) return { done: false, body: error.toJSON() };
      throw error;
    }
  };
  return {
    preview: () => answered(() => applier.preview()),
    apply: (revision) => answered(() => applier.applyFiles(revision)),
  };
}

/** Tells health how the journal is; its disk is looked at in `look` alone, which may take as long as the disk does. */
function journalTeller(
  journal: Journal,
  health: Health,
  { folder, diskFloorBytes }: BufferPlan,
  wall: KeptTime,
) {
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
