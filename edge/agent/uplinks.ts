/**
 * One destination, kept open: a forwarder that reads only the journal, and the session it sends over.
 *
 * Holds: the forwarder outlives its sessions, also those of other settings: what is unanswered goes again as the
 * same bytes.
 * Never happens: a word of an uplink that was told to stop, to health.
 */
import type { UplinkPlan } from "../../config/schema/plan.ts";
import type { Encoder, UplinkContext, UplinkSession } from "../../gateway/contract/index.ts";
import { openUplinkKind } from "../../gateway/uplink/registry.ts";
import { type Fact, Forwarder } from "../forward/index.ts";
import type { Health, UplinkFact } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";
import { KeptOpen } from "../supervise/keep-open.ts";
import type { Wall } from "./wall.ts";

export interface UplinkParts {
  context: Omit<UplinkContext, "command" | "stray" | "confirm">;
  journal: Journal;
  encoder: Encoder;
  wall: Wall;
  health: Pick<Health, "uplink">;
  random(): number;
}

export interface KeptUplink {
  /** To be called now and then: an uplink that stopped because the platform rejects is tried again once an hour. */
  upkeep(): void;
  /** Other settings: closes its session and opens one by them. */
  update(plan: UplinkPlan): Promise<void>;
  /** A person asks: tries now what failed, and sends again what was stopped. */
  kick(): void;
  stop(): Promise<void>;
}

/** There is nobody at the school to say "go on". */
const retryMs = 3_600_000;

/** Starts it at once; the caller stops it. */
export function keepUplink(first: UplinkPlan, parts: UplinkParts): KeptUplink {
  const { context, journal, encoder, health, random, wall } = parts;
  const { clock, log } = context;
  const { id } = first;
  let stopped = false;
  let stoppedAt: number | null = null;
  const tell = (fact: UplinkFact) => {
    if (!stopped) health.uplink(id, fact);
  };
  const report = (fact: Fact) => {
    if (fact.what === "stopped") stoppedAt = clock.monotonicMs();
    if (fact.what === "platform-time") return wall.platform(fact.at, fact.rttMs);
    // Only what was taken shows that this connection does what it is for.
    if (fact.what === "settled") kept.useful();
    tell(fact);
  };
  const forwarder = new Forwarder({ uplink: id, journal, encoder, clock, log, random, report });
  const resume = () => {
    stoppedAt = null;
    forwarder.resume();
  };

  const keep = (plan: UplinkPlan): KeptOpen<UplinkSession> => {
    /** Why the last attempt failed, in the uplink's own words. */
    let detail = "";
    const uplinkContext: UplinkContext = {
      ...context,
      confirm: plan.confirm,
      stray: (code) => tell({ what: "stray", code }),
      command: () => log.warn({ uplink: id }, "a command arrived; this version takes none"),
    };
    const own: KeptOpen<UplinkSession> = new KeptOpen<UplinkSession>({
      clock,
      random,
      async open(signal) {
        try {
          return await (await openUplinkKind(plan.kind)).open(plan.settings, uplinkContext, signal);
        } catch (error) {
          detail = (error as Error).message;
          throw error;
        }
      },
      async run(session, signal) {
        const { recycle, why } = await forwarder.serve(session, signal);
        if (recycle) own.recycle(why);
      },
      report({ state, code, retry }) {
        if (own !== kept) return;
        if (state === "opening") tell({ what: "connecting" });
        else if (state === "open") {
          detail = "";
          tell({ what: "open", confirms: own.current?.confirms ?? plan.confirm });
        } else tell({ what: "closed", code: code ?? "ended", retry, detail });
      },
    });
    return own;
  };
  let kept = keep(first);
  kept.start();
  return {
    upkeep() {
      if (stoppedAt !== null && clock.monotonicMs() - stoppedAt >= retryMs) resume();
    },
    async update(plan) {
      const before = kept;
      kept = keep(plan);
      await before.stop();
      resume();
      if (!stopped) kept.start();
    },
    kick() {
      kept.kick();
      if (stoppedAt !== null) resume();
    },
    async stop() {
      stopped = true;
      await forwarder.stop();
      await kept.stop();
    },
  };
}
