/**
 * Commands, from being asked for to their answer (design §6).
 *
 * Holds:
 * - what was accepted is on disk before it is done, and is done at most once, whatever happens: a repeat gets the same
 *   answer, and what a crash left open is answered `unknown`;
 * - one command at a time for a device, in the order of asking, at most `mostWaiting` behind it;
 * - `done` only after the device itself said so; every step is in the audit.
 * Never happens: an action that the profile does not have, raw bytes, a command from afar without a key for it.
 */

import { isDeepStrictEqual } from "node:util";
import type { Command, CommandAnswer, CommandCode, CommandState } from "../../config/schema/command.ts";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { ActionPlan, CommandKey, DevicePoints, TimetablePlan } from "../../config/schema/plan.ts";
import type { Text, Value } from "../../config/schema/vocabulary.ts";
import type { Done, Fault } from "../../drivers/contract/index.ts";
import type { Draft } from "../../gateway/contract/index.ts";
import type { Audit, AuditEntry, AuditFacts } from "../audit.ts";
import { convertArguments } from "./arguments.ts";
import { authorise, signerOf } from "./authorise.ts";
import { isLesson } from "./lessons.ts";
import { type Asked, type Asker, isSameAsker, Requests } from "./memory.ts";
import { Expectation, type ReadBack, type Said } from "./read-back.ts";
import { commandDraft } from "./record.ts";

export interface Order {
  req: string;
  device: string;
  action: string;
  /** Raw values, as the driver wants them. */
  args: Record<string, Value>;
}

export interface CommanderParts {
  clock: Clock;
  log: Log;
  school: string;
  gateway: string;
  /** Wall ms UTC; null while the clock is not to be trusted. */
  wallMs(): number | null;
  /** Of this machine, whatever it is worth. */
  machineMs(): number;
  devices(): ReadonlyMap<string, DevicePoints>;
  timetable(): TimetablePlan | undefined;
  audit: Pick<Audit, "write">;
  /** What the audit has of before this start. */
  remembered: readonly AuditEntry[];
  /** Puts records into the journal. */
  append(drafts: Draft[]): Promise<unknown>;
  /**
   * Does it, when the device's line is free. Rejects when nothing was sent to the device.
   * @param begun to be called when the device's turn has come: what it says from then on counts. Its throw: it must
   *   not be done any more
   */
  execute(order: Order, action: ActionPlan, begun: () => void, signal: AbortSignal): Promise<Done>;
  /** Has the device asked for these points now; resolves when it was tried. */
  read(device: string, points: readonly string[], signal: AbortSignal): Promise<void>;
}

/** What a person at this machine asks for. */
export interface LocalCommand {
  req: string;
  device: string;
  action: string;
  args: Record<string, Value>;
  by: string;
  why: string;
  /** Also during a lesson. */
  duringLesson: boolean;
}

export type Answer = (answer: CommandAnswer) => void;

interface Task {
  order: Order;
  asked: Record<string, Value>;
  action: ActionPlan;
  device: DevicePoints;
  who: string;
  expires: number | null;
  duringLesson: boolean;
  listeners: Answer[];
}

type Hindrance = [state: CommandState, code: CommandCode, detail?: Text];

const lesson: Text = { zh: "正在上课", en: "there is a lesson" };

const changed: Text = {
  zh: "等的时候配置改了，再发一次",
  en: "the files were changed while it waited: send it again",
};

const mostWaiting = 8;
/** Who asks for the same again and again is answered so often at its end. */
const mostListeners = 8;
/** A short rest that an action needs is waited for; a longer one is refused. */
const waitMs = 10_000;
/** Forged and malformed ones, and repeats of what was refused, are told to the audit so often. */
const tellForgedMs = 60_000;

export class Commander {
  readonly #parts: CommanderParts;
  readonly #requests: Requests;
  readonly #tasks = new Map<string, Task>();
  readonly #queues = new Map<string, { waiting: number; tail: Promise<unknown> }>();
  readonly #expected = new Map<string, Expectation>();
  readonly #ended = new AbortController();
  #forged = 0;
  #toldForgedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: CommanderParts) {
    this.#parts = parts;
    const { clock, remembered } = parts;
    this.#requests = new Requests(remembered, {
      machineMs: parts.machineMs(),
      monotonicMs: clock.monotonicMs(),
    });
  }

  /**
   * To be called once, before anything else: what a crash left open is answered.
   * @returns those answers and the ones from afar that may not have arrived, with who asked
   */
  async begin(): Promise<{ who: string; answer: CommandAnswer }[]> {
    const answers = this.#requests.untold.filter(({ who }) => !isLocal(who));
    for (const [req, asked] of this.#requests.pending) {
      const answer = this.#answer(req, "unknown", "interrupted");
      await this.#close(req, asked, answer, []);
      answers.push({ who: asked.who, answer });
    }
    return answers;
  }

  /** An uplink has taken this answer. Never rejects. */
  async told({ req, state }: CommandAnswer): Promise<void> {
    const asked = req === null ? undefined : this.#requests.get(req);
    if (req === null || state === "accepted" || asked === undefined || isLocal(asked.who)) return;
    if (this.#requests.told(req)) await this.#note(asked.who, "command.told", { req });
  }

  /** Values that a device has said. */
  heard(device: string, values: readonly Said[]): void {
    this.#expected.get(device)?.heard(values);
  }

  /** What became of a request; null: it is not known here. */
  look(req: string): CommandAnswer | null {
    const asked = this.#requests.get(req);
    if (asked === undefined) return null;
    return asked.answer ?? this.#answer(req, "accepted", null);
  }

  /** @returns the first answer: accepted, or why not; `tell` gets the last one, if that is another */
  local(command: LocalCommand, tell: Answer): Promise<CommandAnswer> {
    const { by, duringLesson, ...rest } = command;
    return this.#take({ ...rest, expires: null }, { who: `local:${by}` }, duringLesson, tell);
  }

  /** @param tell gets each answer: accepted, and what became of it */
  async remote(
    raw: Uint8Array,
    { uplink, keys, retained }: { uplink: string; keys: readonly CommandKey[]; retained: boolean },
    tell: Answer,
  ): Promise<void> {
    const { school, gateway } = this.#parts;
    const now = this.#parts.wallMs();
    const found = authorise(raw, { school, gateway, keys, now, retained });
    if ("command" in found) {
      const { command, key } = found;
      const asker = { who: `uplink:${uplink}:${key.id}`, signer: signerOf(key) };
      tell(await this.#take(command, asker, key.duringLesson === true, tell));
      return;
    }
    const { refused, req, key } = found;
    const who = `uplink:${uplink}:${key}`;
    const signer = keys.find(({ id }) => id === key);
    const known = req === null ? undefined : this.#requests.get(req);
    const asker = { who, ...(signer === undefined ? {} : { signer: signerOf(signer) }) };
    if (req !== null && known !== undefined && isSameAsker(known, asker)) {
      // It was asked before, in time.
      tell(this.look(req) ?? this.#answer(req, "unknown", "interrupted"));
      return;
    }
    const answer = this.#answer(req, refused === "expired" ? "expired" : "failed", refused);
    if (req !== null && this.#requests.refuse(req))
      await this.#note(who, "command.refused", { req, code: refused });
    else await this.#forgery(uplink, refused, key);
    tell(answer);
  }

  async close(): Promise<void> {
    this.#ended.abort(new Error("the agent stops"));
    await Promise.allSettled([...this.#queues.values()].map(({ tail }) => tail));
  }

  async #take(
    command: Pick<Command, "req" | "device" | "action" | "args" | "why"> & {
      expires: number | null;
      by?: string;
    },
    asker: Asker,
    duringLesson: boolean,
    tell: Answer,
  ): Promise<CommandAnswer> {
    const { req, why, expires, by } = command;
    const { who, signer } = asker;
    const { log } = this.#parts;
    const known = this.#requests.get(req);
    if (known !== undefined) {
      // Another's request of that name is none of theirs.
      if (!isSameAsker(known, asker)) return this.#answer(req, "failed", "forbidden");
      if (known.answer !== null) return known.answer;
      const task = this.#tasks.get(req);
      if (task !== undefined && task.listeners.length < mostListeners) task.listeners.push(tell);
      return this.#answer(req, "accepted", null);
    }
    const judged = this.#judge(command, duringLesson);
    const names = { device: command.device, action: command.action, ...asker };
    const facts = {
      req,
      device: names.device,
      action: names.action,
      args: command.args,
      why,
      ...(by === undefined ? {} : { by }),
      ...(signer === undefined ? {} : { signer }),
    };
    if ("code" in judged) {
      const answer = this.#answer(req, "failed", judged.code, judged.detail);
      await this.#note(who, "command.refused", {
        ...facts,
        code: judged.code,
        answer: JSON.stringify(answer),
      });
      this.#requests.answered(req, answer, names);
      return answer;
    }
    // From this turn on a repeat finds it.
    this.#requests.open(req, names);
    const task: Task = { ...judged, asked: command.args, who, expires, duringLesson, listeners: [tell] };
    this.#tasks.set(req, task);
    const queue = this.#queue(names.device);
    queue.waiting += 1;
    try {
      const hash = await this.#parts.audit.write(who, "command.accepted", facts);
      await this.#record(task.device, { req, action: names.action, state: "accepted", code: null, hash });
    } catch (error) {
      this.#parts.log.error(
        { error: String(error) },
        "a command could not be written down, so it is not done",
      );
      queue.waiting -= 1;
      this.#tasks.delete(req);
      const answer = this.#answer(req, "failed", "store-down");
      this.#requests.answered(req, answer, names);
      return answer;
    }
    queue.tail = queue.tail.then(async () => {
      try {
        const answer = await this.#run(task);
        await this.#close(req, names, answer, task.listeners);
      } catch (error) {
        log.error(
          { device: names.device, error: String(error) },
          "a mistake of ours: nobody knows what became of a command",
        );
        await this.#close(req, names, this.#answer(req, "unknown", "interrupted"), task.listeners);
      } finally {
        queue.waiting -= 1;
        this.#tasks.delete(req);
      }
    });
    return this.#answer(req, "accepted", null);
  }

  /** Everything that can be known before it is done. */
  #judge(
    { req, device: id, action: name, args }: Pick<Command, "req" | "device" | "action" | "args">,
    duringLesson: boolean,
  ): { code: CommandCode; detail?: Text } | { order: Order; action: ActionPlan; device: DevicePoints } {
    const device = this.#parts.devices().get(id);
    if (device === undefined) return { code: "no-device" };
    const action = device.actions?.get(name);
    if (action === undefined) {
      const names = [...(device.actions?.keys() ?? [])].join(", ");
      return {
        code: "no-action",
        detail: { zh: `${id} 能做的：${names || "没有"}`, en: `${id} can do: ${names || "nothing"}` },
      };
    }
    const converted = convertArguments(action, args);
    if ("problem" in converted) return { code: "bad-argument", detail: converted.problem };
    if (!duringLesson && this.#isLesson(action)) return { code: "interlock", detail: lesson };
    if (this.#queue(id).waiting > mostWaiting) return { code: "busy" };
    return { order: { req, device: id, action: name, args: converted.raw }, action, device };
  }

  /** Why what was accepted must not be done now that its turn has come. */
  #hindrance({ expires, duringLesson, action, order }: Task): Hindrance | null {
    const planned = this.#parts.devices().get(order.device)?.actions?.get(order.action);
    // Its raw values are by what the files said when it was asked.
    if (!isDeepStrictEqual(planned, action)) return ["failed", "no-action", changed];
    const now = this.#parts.wallMs();
    if (expires !== null && (now === null || now >= expires)) return ["expired", "expired"];
    return !duringLesson && this.#isLesson(action) ? ["failed", "interlock", lesson] : null;
  }

  #isLesson({ notDuring }: ActionPlan): boolean {
    const timetable = this.#parts.timetable();
    const now = this.#parts.wallMs();
    return notDuring === "lesson" && timetable !== undefined && now !== null && isLesson(timetable, now);
  }

  async #run(task: Task): Promise<CommandAnswer> {
    const { order, asked, action, device: points } = task;
    const { req, device, action: name } = order;
    const { clock, log } = this.#parts;
    const signal = this.#ended.signal;
    const end = (
      state: CommandState,
      code: CommandCode | null,
      detail?: Text,
      readBack: Record<string, Value> = {},
    ) => this.#answer(req, state, code, detail, readBack);
    const leftMs = this.#restOf(device, action);
    if (leftMs > waitMs) {
      const seconds = Math.ceil(leftMs / 1000);
      return end("failed", "too-often", { zh: `还要等 ${seconds} 秒`, en: `wait ${seconds} s` });
    }
    if (leftMs > 0) await clock.sleep(leftMs, signal).catch(() => {});
    if (signal.aborted) return end("failed", "interrupted");
    const early = this.#hindrance(task);
    if (early !== null) return end(...early);
    let hindrance = null as Hindrance | null;
    const before = this.#requests.sentAt(device, name);
    const expectation = new Expectation(action, asked, points);
    const begun = () => {
      hindrance = this.#hindrance(task);
      if (hindrance !== null) throw new Error("its turn came too late");
      this.#requests.sent(device, name, clock.monotonicMs());
      this.#expected.set(device, expectation);
    };
    let done: Done;
    try {
      done = await this.#parts.execute(order, action, begun, signal);
    } catch (error) {
      this.#expected.delete(device);
      this.#requests.notDone(device, name, before);
      if (hindrance !== null) return end(...hindrance);
      const { code, detail } = fault(error);
      log.warn({ device, action: name, code: detail }, "a command did not reach its device");
      return end("failed", code);
    }
    try {
      if (done.state === "failed") {
        this.#requests.notDone(device, name, before);
        return end("failed", whyNot(done.fault), plain(done.fault?.detail));
      }
      if (action.restMs > 0) await clock.sleep(action.restMs, signal).catch(() => {});
      const ask = () => this.#parts.read(device, expectation.points, signal);
      const { outcome, values } = await expectation.wait(clock, action.withinMs, ask, signal);
      return end(...verdict(outcome, done, action), values);
    } finally {
      this.#expected.delete(device);
    }
  }

  /** How long the action must not be done again yet, ms. */
  #restOf(device: string, { id, everyMs }: ActionPlan): number {
    const last = this.#requests.sentAt(device, id) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, everyMs - (this.#parts.clock.monotonicMs() - last));
  }

  /** It is over: written down, told as a record, remembered, answered. Never rejects. */
  async #close(
    req: string,
    asked: Omit<Asked, "answer" | "told">,
    answer: CommandAnswer,
    listeners: readonly Answer[],
  ): Promise<void> {
    const { device, action, who, signer } = asked;
    const hash = await this.#note(who, `command.${answer.state}`, {
      req,
      device,
      action,
      answer: JSON.stringify(answer),
    });
    this.#requests.answered(req, answer, {
      ...{ device, action, who },
      ...(signer === undefined ? {} : { signer }),
    });
    const points = this.#parts.devices().get(device);
    if (points !== undefined)
      await this.#record(points, { req, action, state: answer.state, code: answer.code, hash });
    for (const tell of listeners) tell(answer);
  }

  /** What is not done needs no proof on disk. @returns its hash; empty: it could not be written */
  async #note(who: string, what: string, facts: AuditFacts): Promise<string> {
    try {
      return await this.#parts.audit.write(who, what, facts);
    } catch (error) {
      this.#parts.log.error({ what, error: String(error) }, "the audit could not be written");
      return "";
    }
  }

  /** The store may be down: commands go on, and the audit has them. */
  async #record(device: DevicePoints, what: Parameters<typeof commandDraft>[1]): Promise<void> {
    try {
      await this.#parts.append([commandDraft(device, what)]);
    } catch (error) {
      this.#parts.log.warn(
        { device: device.device, error: String(error) },
        "the record of a command was not stored",
      );
    }
  }

  /** Of those that nobody can be held to, or that are known, one a minute, with how many there were. */
  async #forgery(uplink: string, code: CommandCode, key: string | null): Promise<void> {
    this.#forged += 1;
    const now = this.#parts.clock.monotonicMs();
    if (now - this.#toldForgedAt < tellForgedMs) return;
    this.#toldForgedAt = now;
    const count = this.#forged;
    this.#forged = 0;
    this.#parts.log.warn({ uplink, code, count }, "a command was refused");
    await this.#note(`uplink:${uplink}`, "command.refused", { code, key, count });
  }

  #queue(device: string) {
    const known = this.#queues.get(device);
    if (known !== undefined) return known;
    const queue = { waiting: 0, tail: Promise.resolve() as Promise<unknown> };
    this.#queues.set(device, queue);
    return queue;
  }

  #answer(
    req: string | null,
    state: CommandState,
    code: CommandCode | null,
    detail?: Text,
    readBack: Record<string, Value> = {},
  ): CommandAnswer {
    const { school, gateway } = this.#parts;
    return {
      v: 1,
      school,
      gateway,
      req,
      state,
      code,
      ...(detail === undefined
        ? {}
        : { detail: { zh: detail.zh.slice(0, 1000), en: detail.en.slice(0, 1000) } }),
      readBack,
      at: this.#parts.wallMs(),
    };
  }
}

const isLocal = (who: string): boolean => who.startsWith("local:");

function verdict(
  outcome: ReadBack["outcome"],
  { state }: Done,
  { confirm }: ActionPlan,
): [CommandState, CommandCode | null, undefined] {
  if (outcome === "so") return ["done", null, undefined];
  if (confirm.size === 0) return ["unknown", state === "unknown" ? "no-answer" : "unverified", undefined];
  if (outcome === "otherwise")
    return state === "unknown" ? ["unknown", "no-answer", undefined] : ["failed", "mismatch", undefined];
  return ["unknown", state === "unknown" ? "no-answer" : "unverified", undefined];
}

/** It refused; or it was never told, since it could not be reached or did not speak with us first. */
const whyNot = (fault: Fault | undefined): CommandCode =>
  fault !== undefined && unreached.has(fault.layer) ? "offline" : "refused";
const unreached: ReadonlySet<Fault["layer"]> = new Set(["port", "line", "answer", "frame"]);

/** Nothing was sent, and why. */
function fault(error: unknown): { code: CommandCode; detail: string } {
  const { code } = error as { code?: unknown };
  return { code: "offline", detail: typeof code === "string" ? code : String(error) };
}

const plain = (detail: string | undefined): Text | undefined =>
  detail === undefined ? undefined : { zh: detail, en: detail };
