/**
 * One link to the south, kept open: what its driver says goes to intake and health.
 */
import type { LinkPlan } from "../../config/schema/plan.ts";
import type { Deliver, DriverContext, DriverFact, Fault, Session } from "../../drivers/contract/index.ts";
import { openDriver } from "../../drivers/registry.ts";
import type { Health } from "../health/index.ts";
import { KeptOpen } from "../supervise/keep-open.ts";
import type { Intake } from "./intake.ts";

/** How drivers say why they could not open. */
interface MaybeFault {
  fault: Fault;
}

export interface LinkParts {
  context: Omit<DriverContext, "report">;
  intake: Intake;
  health: Pick<Health, "device" | "link">;
  random(): number;
  /** Every fact of the driver, after health has it. */
  onFact(link: string, fact: DriverFact): void;
}

/** Starts it at once; the caller stops it. */
export function keepLink(plan: LinkPlan, parts: LinkParts): KeptOpen<Session> {
  const { context, intake, health } = parts;
  const report = (fact: DriverFact) => {
    if (fact.what === "up") intake.up(fact.device);
    health.device(plan.id, fact);
    parts.onFact(plan.id, fact);
  };
  const deliver: Deliver = async (message) => {
    await intake.deliver(message);
    kept.useful();
  };
  /** Why the last attempt failed, in the driver's own words. */
  let detail = "";
  const opened = async (signal: AbortSignal): Promise<Session> => {
    const driver = await openDriver(plan.kind);
    const session = await driver.open(plan.settings, [...plan.devices], { ...context, report }, signal);
    try {
      await session.listen?.(deliver, signal);
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
        return await opened(signal);
      } catch (error) {
        detail = (error as Partial<MaybeFault>).fault?.detail ?? (error as Error).message;
        throw error;
      }
    },
    report({ state, code, retry }) {
      if (state === "closed")
        health.link(plan.id, { what: "closed", retry, detail, ...(code ? { code } : {}) });
      else health.link(plan.id, { what: state });
      if (state === "open") detail = "";
    },
  });
  kept.start();
  return kept;
}
