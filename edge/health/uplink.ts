/**
 * What health remembers of one uplink, and how it judges it: by receipts, not by its connection.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { UplinkPlan } from "../../config/schema/plan.ts";
import type { JournalFact, UplinkFact } from "./facts.ts";
import { type Finding, minutes, type Verdict, verdict } from "./verdict.ts";

/** Without a receipt for so long, an uplink that stalls is down. */
const deadMs = 600_000;
/** A refused record stays in view for so long, also when the journal does not count it. */
const rejectViewMs = 3_600_000;

/** A batch that is kept is usually taken at the next try; it is told when that goes on. */
const keptPatienceMs = 60_000;
/** The platform asks to wait: nothing is wrong. */
const pacing = "retry-after";
const noSubscriber = "E508";

export type Account = Omit<JournalFact["accounts"][number], "uplink">;

export class UplinkHealth {
  readonly id: string;
  plan: UplinkPlan;
  confirms: "receipt" | "broker";
  strays = 0;
  /** Monotonic ms. */
  lastReceipt: number | null = null;
  readonly #from: number;
  #open = false;
  #failed: { since: number; code: string } | null = null;
  #stalledSince: number | null = null;
  #kept: { since: number; code: string } | null = null;
  #stopped: { since: number; code: string } | null = null;
  #rejected: { at: number; count: number } | null = null;

  constructor(plan: UplinkPlan, now: number) {
    this.id = plan.id;
    this.#from = now;
    this.plan = plan;
    this.confirms = plan.confirm;
  }

  take(fact: UplinkFact, code: string, now: number): void {
    switch (fact.what) {
      case "connecting":
        this.#open = false;
        return;
      case "open":
        this.confirms = fact.confirms;
        this.#open = true;
        this.#failed = null;
        return;
      case "closed":
        this.#open = false;
        this.#failed = { since: this.#failed?.since ?? now, code };
        return;
      case "settled":
        this.lastReceipt = now;
        this.#stalledSince = null;
        this.#kept = null;
        if (fact.taken > fact.rejected) this.#stopped = null;
        if (fact.rejected > 0)
          this.#rejected = { at: now, count: (this.#rejected?.count ?? 0) + fact.rejected };
        return;
      case "kept":
        if (fact.code === pacing) return;
        this.#kept = { since: this.#kept?.since ?? now, code };
        return;
      case "stalled":
        this.#stalledSince ??= now - (Number.isFinite(fact.forMs) ? Math.max(0, fact.forMs) : 0);
        return;
      case "stray":
        this.strays += 1;
        return;
      case "stopped":
        this.#stopped = { since: now, code };
    }
  }

  /** `days`: how long the local disk lasts. `simulated`: some data of this gateway are. */
  judge(account: Account, days: number | null, simulated: boolean, now: number): Verdict {
    const findings: Finding[] = [];
    if (this.#stopped !== null) {
      const { since, code } = this.#stopped;
      findings.push({ code: "E507", state: "down", since, facts: { code, days } });
    } else if (this.#failed !== null) {
      const { since, code } = this.#failed;
      findings.push({ code: reasonFor(code, "E519").code, state: "down", since, facts: { code, days } });
    } else if (this.#kept !== null) {
      const { since, code } = this.#kept;
      const silent = reasonFor(code, "E512").code === noSubscriber;
      if (silent || now - since >= keptPatienceMs) {
        const facts = { code, days };
        findings.push({ code: silent ? noSubscriber : "E512", state: "degraded", since, facts });
      }
    }
    // An outage explains why nothing is confirmed; a stall is told only while the connection stands.
    if (this.#stalledSince !== null && this.#failed === null && this.#stopped === null) {
      const since = this.#stalledSince;
      const facts = { minutes: minutes(since, now), days };
      findings.push({ code: "E501", state: now - since >= deadMs ? "down" : "degraded", since, facts });
    }
    const rejected = this.#rejected;
    if (account.quarantined > 0 || (rejected !== null && now - rejected.at <= rejectViewMs)) {
      const facts = { count: account.quarantined > 0 ? account.quarantined : (rejected?.count ?? 0) };
      findings.push({ code: "E506", state: "degraded", since: rejected?.at ?? this.#from, facts });
    }
    if (simulated && this.plan.accepts === "real" && account.withheld > 0) {
      findings.push({ code: "E509", state: "off", since: this.#from, facts: { count: account.withheld } });
    }
    return verdict(findings, this.#open ? "ok" : "unknown");
  }
}
