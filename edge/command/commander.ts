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
import type { Command, CommandAnswer, CommandCode } from "../../config/schema/command.ts";
import type { ActionPlan, CommandKey, DevicePoints } from "../../config/schema/plan.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { convertArguments } from "./arguments.ts";
import { authorise, signerOf } from "./authorise.ts";
import { Doing, lesson } from "./doing.ts";
import { type Asked, type Asker, isSameAsker, Requests } from "./memory.ts";
import type { Answer, CommanderParts, Ending, LocalCommand, Order, Task } from "./parts.ts";
import type { Said } from "./read-back.ts";
import { Written } from "./written.ts";

const mostWaiting = 8;
/** Who asks for the same again and again is answered so often at its end. */
const mostListeners = 8;

export class Commander {
  readonly #parts: CommanderParts;
  readonly #requests: Requests;
  readonly #written: Written;
  readonly #doing: Doing;
  /** Who is told, by request that is open. */
  readonly #listeners = new Map<string, Answer[]>();
  readonly #queues = new Map<string, { waiting: number; tail: Promise<unknown> }>();
  readonly #ended = new AbortController();

  constructor(parts: CommanderParts) {
    this.#parts = parts;
    const { clock, remembered } = parts;
    this.#requests = new Requests(remembered, {
      machineMs: parts.machineMs(),
      monotonicMs: clock.monotonicMs(),
    });
    this.#written = new Written(parts);
    this.#doing = new Doing(parts, this.#requests, this.#ended.signal);
  }

  /**
   * To be called once, before anything else: what a crash left open is answered.
   * @returns those answers and the ones from afar that may not have arrived, with who asked
   */
  async begin(): Promise<{ who: string; answer: CommandAnswer }[]> {
    const answers = this.#requests.untold.filter(({ who }) => !isLocal(who));
    for (const [req, asked] of this.#requests.pending) {
      const answer = this.#answer(req, interrupted);
      await this.#close(req, asked, answer, []);
      answers.push({ who: asked.who, answer });
    }
    return answers;
  }

  /** An uplink has taken this answer. Never rejects. */
  async told({ req, state }: CommandAnswer): Promise<void> {
    const asked = req === null ? undefined : this.#requests.get(req);
    if (req === null || state === "accepted" || asked === undefined || isLocal(asked.who)) return;
    if (this.#requests.told(req)) await this.#written.note(asked.who, "command.told", { req });
  }

  /** Values that a device has said. */
  heard(device: string, values: readonly Said[]): void {
    this.#doing.heard(device, values);
  }

  /** What became of a request; null: it is not known here. */
  look(req: string): CommandAnswer | null {
    const asked = this.#requests.get(req);
    if (asked === undefined) return null;
    return asked.answer ?? this.#answer(req, accepted);
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
      tell(this.look(req) ?? this.#answer(req, interrupted));
      return;
    }
    const answer = this.#answer(
      req,
      refused === "expired" ? { state: "expired", code: refused } : failed(refused),
    );
    if (req !== null && this.#requests.refuse(req))
      await this.#written.note(who, "command.refused", { req, code: refused });
    else await this.#written.forgery(uplink, refused, key);
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
      if (!isSameAsker(known, asker)) return this.#answer(req, failed("forbidden"));
      if (known.answer !== null) return known.answer;
      const listeners = this.#listeners.get(req);
      if (listeners !== undefined && listeners.length < mostListeners) listeners.push(tell);
      return this.#answer(req, accepted);
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
      const answer = this.#answer(req, failed(judged.code, judged.detail));
      await this.#written.note(who, "command.refused", {
        ...facts,
        code: judged.code,
        answer: JSON.stringify(answer),
      });
      this.#requests.answered(req, answer, names);
      return answer;
    }
    // From this turn on a repeat finds it.
    this.#requests.open(req, names);
    const task: Task = { ...judged, asked: command.args, expires, duringLesson };
    const listeners = [tell];
    this.#listeners.set(req, listeners);
    const queue = this.#queue(names.device);
    queue.waiting += 1;
    try {
      const hash = await this.#parts.audit.write(who, "command.accepted", facts);
      await this.#written.record(task.device, {
        req,
        action: names.action,
        state: "accepted",
        code: null,
        hash,
      });
    } catch (error) {
      this.#parts.log.error(
        { error: String(error) },
        "a command could not be written down, so it is not done",
      );
      queue.waiting -= 1;
      this.#listeners.delete(req);
      const answer = this.#answer(req, failed("store-down"));
      this.#requests.answered(req, answer, names);
      return answer;
    }
    queue.tail = queue.tail.then(async () => {
      try {
        await this.#close(req, names, this.#answer(req, await this.#doing.run(task)), listeners);
      } catch (error) {
        log.error(
          { device: names.device, error: String(error) },
          "a mistake of ours: nobody knows what became of a command",
        );
        await this.#close(req, names, this.#answer(req, interrupted), listeners);
      } finally {
        queue.waiting -= 1;
        this.#listeners.delete(req);
      }
    });
    return this.#answer(req, accepted);
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
    if (!duringLesson && this.#doing.disturbs(action)) return { code: "interlock", detail: lesson };
    if (this.#queue(id).waiting > mostWaiting) return { code: "busy" };
    return { order: { req, device: id, action: name, args: converted.raw }, action, device };
  }

  /** It is over: written down, told as a record, remembered, answered. Never rejects. */
  async #close(
    req: string,
    asked: Omit<Asked, "answer" | "told">,
    answer: CommandAnswer,
    listeners: readonly Answer[],
  ): Promise<void> {
    const { device, action, who, signer } = asked;
    const hash = await this.#written.note(who, `command.${answer.state}`, {
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
      await this.#written.record(points, { req, action, state: answer.state, code: answer.code, hash });
    for (const tell of listeners) tell(answer);
  }

  #queue(device: string) {
    const known = this.#queues.get(device);
    if (known !== undefined) return known;
    const queue = { waiting: 0, tail: Promise.resolve() as Promise<unknown> };
    this.#queues.set(device, queue);
    return queue;
  }

  #answer(req: string | null, { state, code, detail, readBack = {} }: Ending): CommandAnswer {
    const { school, gateway } = this.#parts;
    return {
      ...{ v: 1, school, gateway, req, state, code },
      ...(detail === undefined
        ? {}
        : { detail: { zh: detail.zh.slice(0, 1000), en: detail.en.slice(0, 1000) } }),
      readBack,
      at: this.#parts.wallMs(),
    };
  }
}

const accepted: Ending = { state: "accepted", code: null };
const interrupted: Ending = { state: "unknown", code: "interrupted" };
const failed = (code: CommandCode, detail?: Text): Ending => ({
  ...{ state: "failed", code },
  ...(detail === undefined ? {} : { detail }),
});

const isLocal = (who: string): boolean => who.startsWith("local:");
