/**
 * A command at its device: from its turn to what became of it.
 *
 * Holds: it is sent at most once; `done` only after the device itself said so; what it may not do any more when its
 * turn has come is not done; between two of a kind a device has its rest, unless the first was certainly not done.
 * Memory: one entry for each device that is being told something.
 */
import { isDeepStrictEqual } from "node:util";
import type { CommandCode } from "../../config/schema/command.ts";
import type { ActionPlan } from "../../config/schema/plan.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import type { Done, Fault } from "../../drivers/contract/index.ts";
import { isLesson } from "./lessons.ts";
import type { Requests } from "./memory.ts";
import type { CommanderParts, Ending, Task } from "./parts.ts";
import { Expectation, type ReadBack, type Said } from "./read-back.ts";

/** Why an action has to wait. */
export const lesson: Text = { zh: "正在上课", en: "there is a lesson" };

const changed: Text = {
  zh: "等的时候配置改了，再发一次",
  en: "the files were changed while it waited: send it again",
};

/** A short rest that an action needs is waited for; a longer one is refused. */
const waitMs = 10_000;

export class Doing {
  readonly #parts: CommanderParts;
  readonly #requests: Requests;
  readonly #signal: AbortSignal;
  readonly #expected = new Map<string, Expectation>();

  /** @param requests what was done before. @param signal ends all that is under way */
  constructor(parts: CommanderParts, requests: Requests, signal: AbortSignal) {
    this.#parts = parts;
    this.#requests = requests;
    this.#signal = signal;
  }

  /** Values that a device has said. */
  heard(device: string, values: readonly Said[]): void {
    this.#expected.get(device)?.heard(values);
  }

  /** An action that would disturb the lesson that is held now. */
  disturbs({ notDuring }: ActionPlan): boolean {
    const timetable = this.#parts.timetable();
    const now = this.#parts.wallMs();
    return notDuring === "lesson" && timetable !== undefined && now !== null && isLesson(timetable, now);
  }

  /** Why what was accepted must not be done now that its turn has come. */
  #hindrance({ expires, duringLesson, action, order }: Task): Ending | null {
    const planned = this.#parts.devices().get(order.device)?.actions?.get(order.action);
    // Its raw values are by what the files said when it was asked.
    if (!isDeepStrictEqual(planned, action)) return { state: "failed", code: "no-action", detail: changed };
    const now = this.#parts.wallMs();
    if (expires !== null && (now === null || now >= expires)) return { state: "expired", code: "expired" };
    return !duringLesson && this.disturbs(action)
      ? { state: "failed", code: "interlock", detail: lesson }
      : null;
  }

  /** Waits for its rest, does it, and finds out what became of it. */
  async run(task: Task): Promise<Ending> {
    const { order, action } = task;
    const { clock } = this.#parts;
    const leftMs = this.#restOf(order.device, action);
    if (leftMs > waitMs) {
      const seconds = Math.ceil(leftMs / 1000);
      return {
        ...{ state: "failed", code: "too-often" },
        detail: { zh: `还要等 ${seconds} 秒`, en: `wait ${seconds} s` },
      };
    }
    if (leftMs > 0) await clock.sleep(leftMs, this.#signal).catch(() => {});
    if (this.#signal.aborted) return { state: "failed", code: "interrupted" };
    return this.#hindrance(task) ?? this.#do(task);
  }

  async #do(task: Task): Promise<Ending> {
    const { order, asked, action, device: points } = task;
    const { device, action: name } = order;
    const { clock, log } = this.#parts;
    const signal = this.#signal;
    const before = this.#requests.sentAt(device, name);
    const expectation = new Expectation(action, asked, points);
    let hindrance = null as Ending | null;
    const begun = () => {
      hindrance = this.#hindrance(task);
      if (hindrance !== null) throw new Error("its turn came too late");
      this.#requests.sent(device, name, clock.monotonicMs());
      this.#expected.set(device, expectation);
    };
    try {
      const done = await this.#parts.execute(order, action, begun, signal).catch((error: unknown) => {
        this.#requests.notDone(device, name, before);
        if (hindrance === null)
          log.warn({ device, action: name, code: codeOf(error) }, "a command did not reach its device");
        return null;
      });
      if (done === null) return hindrance ?? { state: "failed", code: "offline" };
      if (done.state === "failed") {
        this.#requests.notDone(device, name, before);
        return { state: "failed", code: whyNot(done.fault), ...plain(done.fault?.detail) };
      }
      if (action.restMs > 0) await clock.sleep(action.restMs, signal).catch(() => {});
      const ask = () => this.#parts.read(device, expectation.points, signal);
      const { outcome, values } = await expectation.wait(clock, action.withinMs, ask, signal);
      return { ...verdict(outcome, done, action), readBack: values };
    } finally {
      this.#expected.delete(device);
    }
  }

  /** How long the action must not be done again yet, ms. */
  #restOf(device: string, { id, everyMs }: ActionPlan): number {
    const last = this.#requests.sentAt(device, id) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, everyMs - (this.#parts.clock.monotonicMs() - last));
  }
}

function verdict(outcome: ReadBack["outcome"], { state }: Done, { confirm }: ActionPlan): Ending {
  if (outcome === "so") return { state: "done", code: null };
  if (state === "unknown") return { state: "unknown", code: "no-answer" };
  if (outcome === "otherwise" && confirm.size > 0) return { state: "failed", code: "mismatch" };
  return { state: "unknown", code: "unverified" };
}

/** It refused; or it was never told, since it could not be reached or did not speak with us first. */
const whyNot = (fault: Fault | undefined): CommandCode =>
  fault !== undefined && unreached.has(fault.layer) ? "offline" : "refused";
const unreached: ReadonlySet<Fault["layer"]> = new Set(["port", "line", "answer", "frame"]);

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : String(error);
};

const plain = (detail: string | undefined): { detail?: Text } =>
  detail === undefined ? {} : { detail: { zh: detail, en: detail } };
