/** What health remembers of the local history: nothing else depends on it, so it is never more than degraded. */
import type { Status } from "../../config/schema/status.ts";
import type { HistoryExtent, HistoryFact } from "./facts.ts";
import { whole } from "./gateway.ts";
import type { Finding } from "./verdict.ts";

/** A file that is in use or a disk that is full for a moment is no matter. */
const patienceMs = 60_000;
/** That it began anew stays in view for so long. */
const anewViewMs = 86_400_000;

export class HistoryHealth {
  #open = false;
  #extent: HistoryExtent | null = null;
  #closed: { at: number; code: string } | null = null;
  #anewAt: number | null = null;

  /** @param code of one that closed, safe to show */
  take(fact: HistoryFact, code: string, now: number): void {
    if (fact.what === "anew") this.#anewAt = now;
    else if (fact.what === "closed") {
      this.#open = false;
      this.#closed ??= { at: now, code };
    } else {
      this.#open = true;
      this.#closed = null;
      this.#extent = fact.extent;
    }
  }

  findings(now: number): Finding[] {
    const findings: Finding[] = [];
    if (this.#closed !== null && now - this.#closed.at >= patienceMs) {
      const { at, code } = this.#closed;
      findings.push({ code: "E540", state: "degraded", since: at, facts: { code } });
    }
    if (this.#anewAt !== null && now - this.#anewAt <= anewViewMs)
      findings.push({ code: "E541", state: "ok", since: this.#anewAt, facts: {} });
    return findings;
  }

  /** Nothing before it said anything of itself. */
  report(plan: { quotaBytes: number } | null): Pick<Status, "history"> {
    if (plan === null || (!this.#open && this.#closed === null)) return {};
    const { oldest = null, newest = null, records = 0, bytes = 0 } = this.#extent ?? {};
    return {
      history: {
        state: this.#open ? "open" : "closed",
        oldest,
        newest,
        records: whole(records),
        bytes: whole(bytes),
        quotaBytes: whole(plan.quotaBytes),
      },
    };
  }
}
