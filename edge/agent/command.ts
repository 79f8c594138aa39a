/**
 * Commands of this school: the part that accepts and does them, composed of what runs; and the door for technicians.
 */
import { join } from "node:path";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { DevicePoints, Plan, SchoolPlan } from "../../config/schema/plan.ts";
import type { Draft, Outcome } from "../../gateway/contract/index.ts";
import { type Audit, auditName, openAudit } from "../audit.ts";
import { allowed, Commander } from "../command/index.ts";
import type { Journal } from "../journal/index.ts";
import { type CommandAsk, commandAskSchema } from "./command-answer.ts";
import type { Running } from "./running.ts";

export interface CommandParts {
  clock: Clock;
  log: Log;
  folder: string;
  school: Pick<SchoolPlan, "id" | "gateway">;
  journal: Pick<Journal, "append">;
  plan(): Plan;
  devices(): ReadonlyMap<string, DevicePoints>;
  running(): Pick<Running, "linkOf">;
  wallMs(): number | null;
}

export interface Commands {
  commander: Commander;
  /** Rejects every entry when it could not be opened. */
  audit: Pick<Audit, "write">;
  /** False: the audit could not be opened, and no command is done. */
  audited: boolean;
  /** Answers one question of the local door. */
  ask(asked: unknown): Promise<Outcome>;
  close(): Promise<void>;
}

/** What was done before is not known, so nothing is done. */
const shut: Awaited<ReturnType<typeof openAudit>> = {
  audit: { write: () => Promise.reject(new Error("the audit is not open")), async close() {} },
  read: { entries: [], breaks: [], torn: 0 },
};

export async function openCommands(parts: CommandParts): Promise<Commands> {
  const { clock, log, journal } = parts;
  const { school } = parts;
  const { audit, read } = await openAudit(parts.folder, () => clock.wallMs()).catch((error: unknown) => {
    log.error(
      { file: join(parts.folder, auditName), error: String(error) },
      "the audit cannot be opened, so no command is done: give the file back to this program and restart it",
    );
    return shut;
  });
  if (read.breaks.length > 0)
    log.error({ ...read.breaks[0] }, "the audit is not whole: campus-edge report audit tells where");
  if (read.torn > 0) log.warn({ bytes: read.torn }, "an unfinished line of the audit was cut off");
  const commander = new Commander({
    ...{ clock, log, audit },
    school: school.id,
    gateway: school.gateway,
    wallMs: parts.wallMs,
    machineMs: () => clock.wallMs(),
    devices: parts.devices,
    timetable: () => parts.plan().timetable,
    remembered: read.entries,
    append: (drafts: Draft[]) => journal.append(drafts, [], "now"),
    async execute(order, action, begun, signal) {
      const link = parts.running().linkOf(order.device);
      if (link === undefined) throw Object.assign(new Error("its link does not run"), { code: "offline" });
      return link.command(order, action, begun, signal);
    },
    async read(device, points) {
      const running = parts.running();
      for (const [teller, asked] of tellersOf(parts.devices().get(device), points))
        running.linkOf(teller)?.hurry(teller, asked);
    },
  });
  return {
    commander,
    audit,
    audited: audit !== shut.audit,
    ask: (asked) => answer(asked, commander, parts.devices()),
    async close() {
      await commander.close();
      await audit.close();
    },
  };
}

/** Whom to ask for which points: a device for its own, its meter for what is inferred. */
function tellersOf(
  device: DevicePoints | undefined,
  points: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  if (device === undefined) return new Map();
  const asked = points.map(
    (id) => device.points.get(id)?.inferred?.from ?? { device: device.device, point: id },
  );
  const byTeller = Map.groupBy(asked, (one) => one.device);
  return new Map([...byTeller].map(([teller, all]) => [teller, all.map(({ point }) => point)]));
}

async function answer(
  asked: unknown,
  commander: Commander,
  devices: ReadonlyMap<string, DevicePoints>,
): Promise<Outcome> {
  const read = commandAskSchema.safeParse(asked);
  const refuse = (code: string): Outcome => ({
    done: false,
    body: { error: { code, devices: [...devices.keys()].slice(0, 5000) } },
  });
  if (!read.success) return refuse("bad-request");
  const ask: CommandAsk = read.data;
  if (ask.do === "send") {
    const { do: _, ...command } = ask;
    return { done: true, body: { v: 1, answer: await commander.local(command, () => {}) } };
  }
  if (ask.do === "look") {
    const found = commander.look(ask.req);
    return found === null ? refuse("no-request") : { done: true, body: { v: 1, answer: found } };
  }
  const device = devices.get(ask.device);
  if (device === undefined) return refuse("no-device");
  const actions = [...(device.actions?.values() ?? [])].map(({ id, text, args, confirm, withinMs }) => ({
    id,
    text: text ?? null,
    args: [...args].map(([name, plan]) => ({
      name,
      text: plan.text ?? null,
      allowed: { zh: allowed(plan, "zh"), en: allowed(plan, "en") },
    })),
    confirmed: confirm.size > 0,
    withinMs,
  }));
  return { done: true, body: { v: 1, actions } };
}
