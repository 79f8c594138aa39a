/**
 * One destination, kept open: a forwarder that reads only the journal, and the session it sends over.
 */
import type { UplinkPlan } from "../../config/schema/plan.ts";
import type { Encoder, UplinkContext, UplinkSession } from "../../gateway/contract/index.ts";
import { openUplinkKind } from "../../gateway/uplink/registry.ts";
import { type Fact, Forwarder } from "../forward/index.ts";
import type { Health } from "../health/index.ts";
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
  stop(): Promise<void>;
}

/** There is nobody at the school to say "go on". */
const retryMs = 3_600_000;

/** Starts it at once; the caller stops it. */
export function keepUplink(plan: UplinkPlan, parts: UplinkParts): KeptUplink {
  const { context, journal, encoder, health, random, wall } = parts;
  const { clock, log } = context;
  let stoppedAt: number | null = null;
  const report = (fact: Fact) => {
    if (fact.what === "stopped") stoppedAt = clock.monotonicMs();
    if (fact.what === "platform-time") return wall.platform(fact.at, fact.rttMs);
    // Only what was taken shows that this connection does what it is for.
    if (fact.what === "settled") kept.useful();
    health.uplink(plan.id, fact);
  };
  /** Why the last attempt failed, in the uplink's own words. */
  let detail = "";
  const forwarder = new Forwarder({ uplink: plan.id, journal, encoder, clock, log, random, report });
  const uplinkContext: UplinkContext = {
    ...context,
    confirm: plan.confirm,
    stray: (code) => health.uplink(plan.id, { what: "stray", code }),
    command: () => log.warn({ uplink: plan.id }, "a command arrived; this version takes none"),
  };
  const kept: KeptOpen<UplinkSession> = new KeptOpen<UplinkSession>({
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
      if (recycle) kept.recycle(why);
    },
    report({ state, code, retry }) {
      if (state === "opening") health.uplink(plan.id, { what: "connecting" });
      else if (state === "open") {
        detail = "";
        health.uplink(plan.id, { what: "open", confirms: kept.current?.confirms ?? plan.confirm });
      } else health.uplink(plan.id, { what: "closed", code: code ?? "ended", retry, detail });
    },
  });
  kept.start();
  return {
    upkeep() {
      if (stoppedAt === null || clock.monotonicMs() - stoppedAt < retryMs) return;
      stoppedAt = null;
      forwarder.resume();
    },
    async stop() {
      await forwarder.stop();
      await kept.stop();
    },
  };
}
