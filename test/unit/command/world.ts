/**
 * A commander with a device that does what a test says; a real audit on disk, a fake clock.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command, CommandAnswer } from "../../../config/schema/command.ts";
import type { ActionPlan, CommandKey, DevicePoints, TimetablePlan } from "../../../config/schema/plan.ts";
import type { Value } from "../../../config/schema/vocabulary.ts";
import type { Done } from "../../../drivers/contract/index.ts";
import { type Audit, openAudit, readAudit } from "../../../edge/audit.ts";
import { Commander, type CommanderParts, type Order } from "../../../edge/command/index.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";

export const school = "2133000018";
export const gateway = "gw1";
export const startMs = Date.parse("2026-11-25T00:30:00Z");

const action = (id: string, more: Partial<ActionPlan> = {}): ActionPlan => ({
  id,
  args: new Map(),
  confirm: new Map(),
  tolerance: 0,
  withinMs: 10_000,
  restMs: 0,
  everyMs: 0,
  ...more,
});

export const actions = [
  action("power-on", { confirm: new Map([["power", true]]) }),
  action("power-off", { confirm: new Map([["power", false]]), notDuring: "lesson" }),
  action("set", {
    args: new Map([
      ["to", { type: "number", min: 16, max: 30, step: 0.5, scale: 0.01, offset: 0, point: "setpoint" }],
    ]),
    confirm: new Map([["setpoint", { arg: "to" }]]),
    tolerance: 0.1,
  }),
  action("beep"),
  action("cool", { confirm: new Map([["power", true]]), everyMs: 180_000 }),
  action("burst", { everyMs: 3000 }),
  action("slow", { confirm: new Map([["power", true]]), restMs: 30_000 }),
];

const device = (id: string): DevicePoints => ({
  device: id,
  profile: "panel",
  space: "2133000018-01-JX1-F03-301",
  simulated: false,
  stage: "on",
  buffered: false,
  points: new Map(),
  actions: new Map(actions.map((each) => [each.id, each])),
});

export const pair = generateKeyPairSync("ed25519");
export const publicKey = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("base64");
export const key: CommandKey = { id: "ops", key: publicKey(pair.publicKey), actions: ["*"] };

/** A signed command as the platform sends it. */
export function signed(more: Partial<Command> = {}, by = pair.privateKey, keyId = "ops"): Uint8Array {
  const command: Command = {
    v: 1,
    school,
    gateway,
    req: "req-00000001",
    device: "301-panel",
    action: "power-on",
    args: {},
    issued: startMs,
    expires: startMs + 60_000,
    by: "district:zhang",
    why: "ticket 7",
    ...more,
  };
  const body = JSON.stringify(command);
  const sig = sign(null, Buffer.from(body), by).toString("base64");
  return Buffer.from(JSON.stringify({ body, key: keyId, sig }));
}

export class CommandWorld {
  readonly clock = new FakeClock();
  readonly folder = mkdtempSync(join(tmpdir(), "ce-command-"));
  readonly log = recordingLog();
  /** What went out to devices. */
  readonly sent: Order[] = [];
  readonly records: Draft[] = [];
  readonly devices = new Map(["301-panel", "302-panel"].map((id) => [id, device(id)]));
  timetable: TimetablePlan | undefined;
  /** What a device answers; default: it did it, and says so when it is asked. */
  does: (order: Order) => Promise<Done> = async () => ({ state: "done", readBack: [] });
  /** Values of a device's points when it is asked; null: it says nothing. */
  says: Record<string, Value> | null = {};
  quality = 0;
  trusted = true;
  appends: () => Promise<void> = async () => {};
  /** Machine clock beside the wall clock. */
  machineAhead = 0;
  /** What a command waits for until its device's line is free. */
  turn: () => Promise<void> = async () => {};
  audit!: Audit;
  commander!: Commander;

  async start(): Promise<{ who: string; answer: CommandAnswer }[]> {
    const { audit, read } = await openAudit(this.folder, () => this.clock.wallMs() + this.machineAhead);
    this.audit = audit;
    const parts: CommanderParts = {
      clock: this.clock,
      log: this.log,
      school,
      gateway,
      wallMs: () => (this.trusted ? this.clock.wallMs() : null),
      machineMs: () => this.clock.wallMs() + this.machineAhead,
      devices: () => this.devices,
      timetable: () => this.timetable,
      audit: {
        write: (...entry) => {
          this.#writing += 1;
          return this.audit.write(...entry).finally(() => {
            this.#writing -= 1;
          });
        },
      },
      remembered: read.entries,
      append: async (drafts) => {
        await this.appends();
        this.records.push(...drafts);
      },
      execute: async (order, _action, begun) => {
        await this.turn();
        begun();
        this.sent.push(order);
        return this.does(order);
      },
      read: async (id, points) => {
        const said = points.flatMap((point) =>
          this.says !== null && point in this.says
            ? [{ point, value: this.says[point] ?? null, quality: this.quality }]
            : [],
        );
        this.commander.heard(id, said);
      },
    };
    this.commander = new Commander(parts);
    return this.commander.begin();
  }

  /** The process dies: what is not on disk is gone. */
  async crash(): Promise<void> {
    await this.audit.close();
    return undefined;
  }

  /** Everything that was answered to a command from afar. */
  async remote(
    raw: Uint8Array,
    more: { retained?: boolean; keys?: readonly CommandKey[]; uplink?: string } = {},
  ): Promise<CommandAnswer[]> {
    const answers: CommandAnswer[] = [];
    const from = {
      uplink: more.uplink ?? "province",
      keys: more.keys ?? [key],
      retained: more.retained ?? false,
    };
    await this.commander.remote(raw, from, (answer) => answers.push(answer));
    return answers;
  }

  async local(
    device: string,
    name: string,
    args: Record<string, Value> = {},
    more: { req?: string; duringLesson?: boolean } = {},
  ) {
    const answers: CommandAnswer[] = [];
    const { req = `local-${this.#requests++}-abcdef`, duringLesson = false } = more;
    const order = { req, device, action: name, args, by: "test", why: "", duringLesson };
    answers.push(await this.commander.local(order, (answer) => answers.push(answer)));
    return answers;
  }
  #requests = 0;
  #writing = 0;

  /** Time goes on until a command has its last answer. */
  async settled(answers: readonly CommandAnswer[]): Promise<CommandAnswer> {
    for (let turn = 0; turn < 5000; turn++) {
      const last = answers.at(-1);
      if (last !== undefined && last.state !== "accepted") return last;
      // The disk takes its time; the clock waits for it.
      do await new Promise((resolve) => setTimeout(resolve, 0));
      while (this.#writing > 0);
      await this.clock.advance(100);
    }
    throw new Error("a command has no end");
  }

  async entries() {
    return (await readAudit(this.folder)).entries;
  }

  async close(): Promise<void> {
    await this.commander.close();
    await this.audit.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
