/**
 * Sets devices for a technician at this machine: one at a time.
 *
 * Holds:
 * - it ends when nobody has asked for it for `leaseMs`, or nobody has agreed within `agreeMs`: then its line is given back;
 * - before anything is written it is in the audit, and what became of it comes behind;
 * - however it ends, what became of it can be taken once more.
 * Never happens: a write that nobody has agreed to.
 */
import { randomBytes } from "node:crypto";
import type { Model } from "../../config/load/index.ts";
import {
  type AssignAsk,
  type AssignCode,
  type AssignEnd,
  type AssignOffer,
  type AssignRefusal,
  type AssignTaken,
  assignAskSchema,
} from "../../config/schema/assign.ts";
import type { Kind } from "../../config/schema/kind.ts";
import type { LinkPlan, Plan } from "../../config/schema/plan.ts";
import type { Clock, Log } from "../../drivers/contract/index.ts";
import type { Outcome } from "../../gateway/contract/index.ts";
import type { Audit } from "../audit.ts";
import type { Hands } from "../search/line-search.ts";
import { DeviceSetting } from "./set-device.ts";
import { type Order, orderOf, type Problem } from "./typed-order.ts";

/** Whoever sets a device asks several times in this time. */
const leaseMs = 10_000;
/** The line is not polled meanwhile. */
const agreeMs = 120_000;
const watchMs = 1_000;
const goneMs = 10_000;

export interface AssignParts {
  clock: Clock;
  log: Log;
  kinds: readonly Kind[];
  plan(): Pick<Plan, "links">;
  /** Of a driver. */
  models(driver: string): Promise<Model[]>;
  hands(link: LinkPlan): Pick<Hands, "lend">;
  /** null: there is none to be written. */
  audit: Pick<Audit, "write"> | null;
}

interface Running {
  id: string;
  askedMs: number;
  step: AssignTaken["step"];
  offer: AssignOffer | null;
  agree(is: boolean): void;
  audited: boolean | null;
  end: AssignEnd | null;
  stop: AbortController;
}

export class Assignments {
  readonly #parts: AssignParts;
  #running: Running | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: AssignParts) {
    this.#parts = parts;
  }

  /** Does what is asked for; shapes of config/schema/assign. */
  async ask(asked: unknown): Promise<Outcome> {
    const read = assignAskSchema.safeParse(asked);
    if (!read.success) return refused("bad-request");
    if (read.data.do === "start") return this.#start(read.data);
    const running = this.#running;
    if (running === null || running.id !== read.data.id) return refused("gone");
    running.askedMs = this.#parts.clock.monotonicMs();
    if (read.data.do === "agree") running.agree(true);
    if (read.data.do === "stop") {
      running.stop.abort();
      await this.#letGo();
    }
    const { step, offer, audited, end } = running;
    if (end !== null) this.#running = null;
    return { done: true, body: { v: 1, step, offer, end, audited } satisfies AssignTaken };
  }

  async close(): Promise<void> {
    this.#running?.stop.abort();
    await this.#letGo();
  }

  /** Waits until the line is given back, but not for ever. */
  async #letGo(): Promise<void> {
    const done = new AbortController();
    const late = this.#parts.clock.sleep(goneMs, done.signal).catch(() => {});
    await Promise.race([this.#work, late]);
    done.abort("gone");
  }

  async #start(asked: Extract<AssignAsk, { do: "start" }>): Promise<Outcome> {
    const { clock, log, kinds, plan } = this.#parts;
    const isBusy = () => this.#running !== null && this.#running.end === null;
    if (isBusy()) return refused("busy");
    const link = plan().links.find(({ id }) => id === asked.link);
    const driver = kinds.find(({ kind }) => kind === link?.kind)?.driver;
    const models = driver === undefined ? [] : await this.#parts.models(driver);
    // Somebody else may have begun meanwhile.
    if (isBusy()) return refused("busy");
    const order = orderOf(asked, plan(), kinds, models);
    if (Array.isArray(order)) return refused("mistakes", order);
    const running: Running = {
      ...{ id: randomBytes(8).toString("hex"), askedMs: clock.monotonicMs(), offer: null, agree() {} },
      ...{ step: { what: "open", place: null, leftMs: null }, audited: null, end: null },
      stop: new AbortController(),
    };
    this.#running = running;
    log.info({ link: asked.link, profile: asked.profile }, "a device is to be set");
    void this.#watch(running);
    this.#work = this.#set(running, asked, order);
    return { done: true, body: { v: 1, id: running.id } };
  }

  async #set(running: Running, asked: Extract<AssignAsk, { do: "start" }>, order: Order): Promise<void> {
    const { clock, log, audit } = this.#parts;
    const { link, assignment, notes } = order;
    const { signal } = running.stop;
    const about = {
      link: link.id,
      profile: asked.profile,
      from: assignment.places[0]?.typed ?? "",
      to: assignment.places.at(-1)?.typed ?? "",
    };
    const entry = async (what: string, facts: Record<string, string>) => {
      running.audited = audit !== null;
      await audit?.write(`local:${asked.by}`, what, { ...about, ...facts });
    };
    const setting = new DeviceSetting(
      { ...order, power: asked.power },
      {
        at: (step) => {
          running.step = step;
        },
        agreed: (shown) => {
          running.offer = { link: link.id, profile: asked.profile, notes, ...shown };
          return this.#agreed(running);
        },
        audited: () => entry("assign.begun", {}),
      },
      clock,
    );
    let end: AssignEnd;
    try {
      end = await this.#parts
        .hands(link)
        .lend((open, taken) => setting.run(open, AbortSignal.any([signal, taken])));
    } catch (error) {
      end = setting.end(signal.aborted ? { code: "interrupted" } : lostBy(error));
    }
    if (running.audited !== null && end.code !== "no-audit") {
      const told = {
        ...{ code: end.code, places: end.places.join(" ") },
        ...(end.kept === null ? {} : { kept: String(end.kept) }),
      };
      await entry("assign.ended", told).catch((error: unknown) => {
        running.audited = false;
        log.error({ link: link.id, error: String(error) }, "what became of a device is not in the audit");
      });
    }
    running.end = end;
    log.info({ ...about, code: end.code, places: end.places }, "a device was set, or not");
  }

  async #agreed(running: Running): Promise<boolean> {
    const { clock } = this.#parts;
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    running.agree = resolve;
    const stop = () => over.abort();
    running.stop.signal.addEventListener("abort", stop);
    clock.sleep(agreeMs, over.signal).then(
      () => resolve(false),
      () => resolve(false),
    );
    try {
      return await promise;
    } finally {
      running.agree = () => {};
      running.stop.signal.removeEventListener("abort", stop);
      over.abort();
    }
  }

  /** Ends it when nobody asks any more. */
  async #watch(running: Running): Promise<void> {
    const { clock } = this.#parts;
    while (running.end === null && !running.stop.signal.aborted) {
      await clock.sleep(watchMs, running.stop.signal).catch(() => {});
      if (clock.monotonicMs() - running.askedMs > leaseMs) running.stop.abort();
    }
  }
}

function lostBy(error: unknown): { code: AssignCode; detail: string } {
  const { code, fault, message, name } = error as Error & { code?: string; fault?: { detail: string } };
  const known = (["busy", "offline"] as const).find((one) => one === code);
  const isStop = name === "AbortError" || code === "stopped";
  return {
    code: known ?? (isStop ? "interrupted" : "lost"),
    detail: (fault?.detail ?? message).slice(0, 200),
  };
}

const refused = (code: AssignRefusal["code"], problems: Problem[] = []): Outcome => ({
  done: false,
  body: { error: { code, problems } },
});
