/**
 * One link to the south, kept open: what its driver says, and what it answers when it is polled, goes to intake
 * and health.
 *
 * Holds:
 * - only what the link's plan names passes; the rest is refused and not acknowledged;
 * - between `update` and `settled` what differs between both plans is refused: nobody can tell by which of them the
 *   driver has read it. What both plans have alike passes all the time, and is polled at its old phase;
 * - a session is told of other devices between two turns: none begins before it has taken them.
 * Never happens: a word of a link that was told to stop, to intake or to health.
 */
import { isDeepStrictEqual } from "node:util";
import type { ActionPlan, LinkPlan } from "../../config/schema/plan.ts";
import {
  type Deliver,
  type Done,
  type Driver,
  type DriverContext,
  type DriverFact,
  type Fault,
  type Job,
  type Message,
  NotStored,
  type Session,
} from "../../drivers/contract/index.ts";
import type { Order } from "../command/index.ts";
import type { Health } from "../health/index.ts";
import { timed } from "../search/timed.ts";
import { KeptOpen } from "../supervise/keep-open.ts";
import { Poller } from "../supervise/poller.ts";
import { call, within } from "../supervise/within.ts";
import type { Intake, Way } from "./intake.ts";

/** How drivers say why they could not open. */
interface MaybeFault {
  fault: Fault;
}

export interface LinkParts {
  /** By kind of link. */
  openDriver(kind: string): Promise<Driver>;
  context: Omit<DriverContext, "report">;
  intake: Pick<Intake, "deliver" | "up">;
  health: Pick<Health, "device" | "link">;
  random(): number;
  /** Every fact of the driver, after health has it. */
  onFact(link: string, fact: DriverFact): void;
}

export interface KeptLink {
  readonly plan: LinkPlan;
  /** Its driver takes other devices without closing; true as well while nothing is open. */
  updatable(): boolean;
  /** Other devices. Rejects when the driver does not take them: it has the old ones then, or is opened anew. */
  update(plan: LinkPlan): Promise<void>;
  /** Takes back what `update` has told: a driver that does not take even that is opened anew. */
  revert(plan: LinkPlan): Promise<void>;
  /** Intake and health have this plan, too; the driver needs nothing of it that `update` has not told. */
  settled(plan: LinkPlan): void;
  /**
   * Has a device do something, when its line is free; polls of it wait for the rest that it needs afterwards.
   * Rejects when nothing was sent to it.
   * @param begun called when its turn has come; its throw: nothing is sent, and this rejects with it
   */
  command(order: Order, action: ActionPlan, begun: () => void, signal: AbortSignal): Promise<Done>;
  /**
   * One question to its line for somebody else, between two polls, whoever its devices are.
   * @throws an error of code `offline` while it is not open; TurnError; what `work` throws
   */
  turn<T>(
    line: string,
    deadlineMs: number,
    work: (session: Session, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Closes, leaves its line to somebody else, and opens again. @throws as `KeptOpen.lend` */
  lend<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** These points are asked for at once, where the device is asked at all. */
  hurry(device: string, points: readonly string[]): void;
  /** A person asks: tries now, if it is not open, or once more with those that refused us. */
  kick(): void;
  /** At once nothing of it passes any more; resolves when it is closed. */
  stop(): Promise<void>;
}

/** A driver takes other devices within this, or it is opened anew. */
const updateMs = 5000;

/** Starts it at once; the caller stops it. */
export function keepLink(first: LinkPlan, parts: LinkParts): KeptLink {
  const { context, intake, health } = parts;
  const { id } = first;
  let plan = first;
  let stopped = false;
  /** Devices that differ between the plan and the one before, until it is settled. */
  let unsettled: ReadonlySet<string> = new Set();
  let heldBack: DriverFact[] = [];
  const report = (fact: DriverFact) => {
    if (stopped) return;
    if ("device" in fact) {
      if (unsettled.has(fact.device)) {
        heldBack.push(fact);
        return;
      }
      if (!plan.points.has(fact.device)) return;
    }
    if (fact.what === "up" && fact.running !== true) intake.up(fact.device);
    health.device(id, fact);
    parts.onFact(id, fact);
  };
  const passes = (device: string) => plan.points.has(device) && !unsettled.has(device);
  /** The plan by which the newest session reads; null: nobody knows, so nothing passes until another is opened. */
  let given: LinkPlan | null = null;
  let updating = false;
  /** Sessions opened so far: what hangs on from an earlier one says nothing any more. */
  let sessions = 0;
  const useful = () => kept.useful();
  // Each promise more would be one for every message.
  const deliver = (message: Message, way: Way) => {
    const refused =
      stopped || (given !== plan && !updating) || !message.readings.every(({ device }) => passes(device));
    return refused ? Promise.reject(new NotStored("busy")) : intake.deliver(message, way).then(useful);
  };
  const poller = new Poller({
    link: id,
    clock: context.clock,
    log: context.log,
    hand: (reading, way) => deliver({ readings: [reading], keys: [] }, way),
    presence(fact) {
      const { what, device } = fact;
      if (what === "down") report(fact);
      else if (what === "up") report({ what, device });
      // It may have been without power: no news, but what it says may be inaccurate.
      else if (!stopped && passes(device)) intake.up(device);
    },
    replan() {
      // While other devices are on their way, what they settle on is planned anew anyway.
      if (jobsOf !== null && unsettled.size === 0 && given === plan && !stopped) poller.adopt(jobsOf(plan));
    },
    figures: (lines) => void (stopped || health.link(id, { what: "polled", lines })),
  });
  /** What of a plan is polled, by the driver of the newest session; null: nothing is. */
  let jobsOf: ((of: LinkPlan) => Job[]) | null = null;
  /** The line of a device; null: it is none of ours. */
  let lineOf: (device: string) => string | null = () => null;
  /** Why the last attempt failed, in the driver's own words. */
  let detail = "";
  const opened = async (wanted: LinkPlan, signal: AbortSignal): Promise<Session> => {
    const driver = await parts.openDriver(wanted.kind);
    const own = ++sessions;
    const current: DriverContext = {
      ...context,
      report: (fact) => void (own === sessions && report(fact)),
    };
    const session = await driver.open(wanted.settings, [...wanted.devices], current, signal);
    lineOf = (device) => {
      const found = plan.devices.find(({ id }) => id === device);
      return found === undefined ? null : driver.kind.line(plan.settings, found.address, found.profile);
    };
    jobsOf =
      session.run === undefined
        ? null
        : (of) => driver.kind.plan(of.settings, [...of.devices], poller.turnarounds);
    const delivered: Deliver = (message) =>
      own === sessions ? deliver(message, "ack") : Promise.reject(new NotStored("busy"));
    try {
      await session.listen?.(delivered, signal);
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  };
  const kept: KeptOpen<Session> = new KeptOpen<Session>({
    clock: context.clock,
    random: parts.random,
    async open(signal) {
      try {
        for (;;) {
          given = plan;
          const session = await opened(given, signal);
          if (given === plan) return session;
          // It was given other devices while it opened.
          await session.close();
        }
      } catch (error) {
        detail = (error as Partial<MaybeFault>).fault?.detail ?? (error as Error).message;
        throw error;
      }
    },
    async run(session, signal) {
      // Other devices came after it was opened and before it was there to be told.
      if (given !== plan) {
        kept.recycle("changed");
        return;
      }
      if (jobsOf === null) return;
      poller.adopt(jobsOf(plan));
      poller.hold(unsettled);
      await poller.run(session, signal);
    },
    report({ state, code, retry, nextMs }) {
      if (stopped) return;
      if (state === "closed")
        health.link(id, { what: "closed", retry, detail, nextMs, ...(code ? { code } : {}) });
      else health.link(id, { what: state });
      if (state === "open") detail = "";
    },
  });
  kept.start();

  /** @throws what the driver throws, or that it takes too long */
  const tell = async (session: Session, { devices }: LinkPlan) => {
    const stop = new AbortController();
    const told = call(async () => {
      const between = await poller.pause();
      // One that was lost meanwhile has nothing to be told: the next is opened with what is the plan then.
      if (between && session === kept.current && !stop.signal.aborted)
        await session.update?.([...devices], stop.signal);
    }).then(
      () => ({ error: null }),
      (error: unknown) => ({ error }),
    );
    const answer = await within(context.clock, told, updateMs);
    if (answer === undefined) stop.abort();
    poller.resume();
    const error =
      answer === undefined ? new Error(`link ${id} takes too long for other devices`) : answer.error;
    if (error !== null) throw error;
  };
  const revert = async (to: LinkPlan) => {
    plan = to;
    const session = kept.current;
    if (session === null) return;
    try {
      await tell(session, to);
      given = to;
    } catch {
      given = null;
      if (session === kept.current) kept.recycle("changed");
    }
  };
  return {
    get plan() {
      return plan;
    },
    updatable: () => kept.current === null || kept.current.update !== undefined,
    async update(next) {
      const before = plan;
      plan = next;
      unsettled = new Set([...unsettled, ...differing(before, next)]);
      poller.hold(unsettled);
      const session = kept.current;
      if (session === null) return;
      updating = true;
      try {
        await tell(session, next);
        given = next;
      } catch (error) {
        await revert(before);
        throw error;
      } finally {
        updating = false;
      }
    },
    revert,
    settled(now) {
      if (given === plan) given = now;
      plan = now;
      unsettled = new Set();
      try {
        poller.adopt(jobsOf?.(now) ?? []);
      } catch (error) {
        context.log.error({ link: id, error: String(error) }, "what is polled could not be planned");
        kept.recycle("plan-failed");
      }
      for (const fact of heldBack.splice(0)) report(fact);
    },
    async command(order, action, begun, signal) {
      const session = kept.current;
      const line = lineOf(order.device);
      if (session?.command === undefined || line === null || stopped || !passes(order.device))
        throw Object.assign(new Error(`link ${id} is not open`), { code: "offline" });
      let sent = false;
      const work = async (turn: AbortSignal): Promise<Done> => {
        begun();
        sent = true;
        const done = await session.command?.(order, turn);
        poller.rest(line, order.device, action.restMs);
        return done ?? { state: "failed", readBack: [] };
      };
      try {
        const turn = { device: order.device, why: "command", deadlineMs: action.withinMs } as const;
        return await (poller.has(line) ? poller.use(line, turn, work) : work(signal));
      } catch (error) {
        if (!sent) throw error;
        context.log.warn({ link: id, device: order.device, error: String(error) }, "a command has no answer");
        return { state: "unknown", readBack: [] };
      }
    },
    async turn(line, deadlineMs, work) {
      const session = kept.current;
      if (session === null || stopped)
        throw Object.assign(new Error(`link ${id} is not open`), { code: "offline" });
      const asked = (signal: AbortSignal) => work(session, signal);
      // As a poll, so that many in a row hold up no other; where none is polled nobody else has the line.
      return poller.has(line)
        ? poller.use(line, { device: "", why: "poll", deadlineMs }, asked)
        : timed(context.clock, deadlineMs, asked);
    },
    lend: (work) => kept.lend(work),
    hurry: (device, points) => poller.hurry(device, new Set(points)),
    kick() {
      kept.kick();
      kept.current?.again?.();
    },
    stop() {
      stopped = true;
      heldBack = [];
      return kept.stop();
    },
  };
}

/** Devices that are not the same in both, to the driver or to normalising. */
function differing(before: LinkPlan, after: LinkPlan): Set<string> {
  const byId = ({ devices }: LinkPlan) => new Map(devices.map((device) => [device.id, device]));
  const [was, now] = [byId(before), byId(after)];
  return new Set(
    [...was.keys(), ...now.keys()].filter(
      (id) =>
        !isDeepStrictEqual(was.get(id), now.get(id)) ||
        !isDeepStrictEqual(before.points.get(id), after.points.get(id)),
    ),
  );
}
