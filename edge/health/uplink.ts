/**
 * What health remembers of one uplink, and how it judges it: by receipts, not by its connection.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { UplinkPlan } from "../../config/schema/plan.ts";
import type { JournalFact, UplinkFact } from "./facts.ts";
import { type Finding, minutes, type Verdict, verdict } from "./verdict.ts";

/** Without a receipt for so long, an uplink that stalls is down. */
const deadMs = 600_000;
/** After so many stalls in a row nothing of ours is left to try. */
const manyStalls = 3;
/** A refused record stays in view for so long, also when the journal does not count it. */
const rejectViewMs = 3_600_000;

/** A batch that is kept is usually taken at the next try; it is told when that goes on. */
const keptPatienceMs = 60_000;
/** What fails is tried again within five minutes, or is no more to be sent. */
const keptViewMs = 330_000;
/** The platform asks to wait: that has a row of its own. */
const pacing = "retry-after";
/** It does so all the time for a moment; told is what keeps records here for as long as this, */
const pauseToldMs = 60_000;
/** and what lasts so long is no longer what a platform does on a good day. */
const longPauseMs = 600_000;
/** After a pause we ask again, and may be told to wait once more: both are one. */
const pauseGapMs = 60_000;
const noSubscriber = "E508";
const unusableReceipts = "E523";
/** We closed a connection over which no receipt came, to open another: that is told as a stall. */
const recycled = "stalled";

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
  #stalled: { since: number; times: number } | null = null;
  /** By lane: what was judged in another says nothing of it. */
  readonly #kept = new Map<string, { since: number; at: number; code: string }>();
  #stopped: { since: number; code: string } | null = null;
  #rejected: { at: number; count: number } | null = null;
  /** It asks for silence until then, and since when without a break. */
  #paused: { since: number; until: number } | null = null;
  /** By its contact windows, since when. */
  #waits: { since: number; at: string } | null = null;
  #backlogWaits: { since: number; at: string; count: number } | null = null;

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
        if (code === recycled) return;
        this.#failed = { since: this.#failed?.since ?? now, code };
        return;
      case "settled":
        this.lastReceipt = now;
        this.#stalled = null;
        this.#kept.delete(fact.lane);
        // An alarm that is given up in its own lane travels in this one.
        if (fact.lane === "live") this.#kept.delete("early");
        if (fact.lane !== "early") this.#paused = this.#pauseFrom(now);
        if (fact.taken > fact.rejected) this.#stopped = null;
        if (fact.rejected > 0)
          this.#rejected = { at: now, count: (this.#rejected?.count ?? 0) + fact.rejected };
        return;
      case "kept":
        if (fact.code === pacing) return;
        this.#kept.set(fact.lane, { since: this.#kept.get(fact.lane)?.since ?? now, at: now, code });
        return;
      case "paused":
        if (fact.forMs === 0) {
          this.#paused = null;
          return;
        }
        this.#paused = this.#pauseUntil(
          now + (Number.isFinite(fact.forMs) ? Math.max(0, fact.forMs) : 0),
          now,
        );
        return;
      case "stalled":
        this.#stalled = {
          since: this.#stalled?.since ?? now - (Number.isFinite(fact.forMs) ? Math.max(0, fact.forMs) : 0),
          times: fact.times ?? 1,
        };
        return;
      case "waits":
        this.#takeWaits(fact, now);
        return;
      case "stray":
        this.strays += 1;
        return;
      case "stopped":
        this.#stopped = { since: now, code };
    }
  }

  #pauseUntil(until: number, now: number) {
    const before = this.#paused;
    return before === null || now > before.until + pauseGapMs ? { since: now, until } : { ...before, until };
  }

  /** Something was taken: what silence is left begins now. */
  #pauseFrom(now: number) {
    return this.#paused === null || this.#paused.until <= now
      ? null
      : { since: now, until: this.#paused.until };
  }

  #takeWaits({ use, backlog }: Extract<UplinkFact, { what: "waits" }>, now: number): void {
    if (use !== null) {
      this.#open = false;
      // What has not become a fault in its hours does not become one by waiting for them.
      for (const [lane, { since }] of this.#kept) if (now - since < keptPatienceMs) this.#kept.delete(lane);
      if (this.#stalled !== null && !isDead(this.#stalled, now)) this.#stalled = null;
    }
    this.#waits = use === null ? null : { since: this.#waits?.since ?? now, at: use };
    this.#backlogWaits =
      backlog === null
        ? null
        : {
            since: this.#backlogWaits?.since ?? now,
            at: backlog.opens,
            count: Math.max(0, Math.floor(backlog.records)),
          };
  }

  /** `days`: how long the local disk lasts. `simulated`: some data of this gateway are. */
  judge(account: Account, days: number | null, simulated: boolean, now: number): Verdict {
    const findings: Finding[] = [];
    for (const [lane, { at }] of this.#kept) if (now - at > keptViewMs) this.#kept.delete(lane);
    const [kept] = [...this.#kept.values()].sort((a, b) => a.since - b.since);
    if (this.#stopped !== null) {
      const { since, code } = this.#stopped;
      findings.push({ code: "E507", state: "down", since, facts: { code, days } });
    } else if (this.#failed !== null) {
      const { since, code } = this.#failed;
      findings.push({ code: reasonFor(code, "E519").code, state: "down", since, facts: { code, days } });
    } else if (kept !== undefined) {
      const { since, code } = kept;
      const named = reasonFor(code, "E512").code;
      const row = named === noSubscriber || named === unusableReceipts ? named : "E512";
      if (row === noSubscriber || now - since >= keptPatienceMs)
        findings.push({ code: row, state: "degraded", since, facts: { code, days } });
    }
    // An outage explains why nothing is confirmed; a stall is told only while the connection stands.
    if (this.#stalled !== null && this.#failed === null && this.#stopped === null) {
      const { since } = this.#stalled;
      const facts = { minutes: minutes(since, now), days };
      findings.push({ code: "E501", state: isDead(this.#stalled, now) ? "down" : "degraded", since, facts });
    }
    const pause = this.#paused;
    if (
      pause !== null &&
      this.#failed === null &&
      this.#stopped === null &&
      now <= pause.until + pauseGapMs
    ) {
      const { since, until } = pause;
      const lasts = until - since;
      const facts = { minutes: Math.max(1, Math.ceil((until - now) / 60_000)), days };
      const state = lasts >= longPauseMs ? "degraded" : "ok";
      if (lasts >= pauseToldMs) findings.push({ code: "E522", state, since, facts });
    }
    if (this.#waits !== null) {
      const { since, at } = this.#waits;
      findings.push({ code: "E520", state: "off", since, facts: { at, days } });
    } else if (this.#backlogWaits !== null) {
      const { since, at, count } = this.#backlogWaits;
      findings.push({ code: "E521", state: "ok", since, facts: { at, count } });
    }
    const rejected = this.#rejected;
    if (account.quarantined > 0 || (rejected !== null && now - rejected.at <= rejectViewMs)) {
      const facts = { count: account.quarantined > 0 ? account.quarantined : (rejected?.count ?? 0) };
      findings.push({ code: "E506", state: "degraded", since: rejected?.at ?? this.#from, facts });
    }
    if (simulated && this.plan.accepts === "real" && account.withheld > 0) {
      findings.push({ code: "E509", state: "off", since: this.#from, facts: { count: account.withheld } });
    }
    return verdict(findings, this.#open ? "ok" : this.#waits !== null ? "off" : "unknown");
  }
}

/** A stall that no new connection and no new batches have ended. */
const isDead = ({ since, times }: { since: number; times: number }, now: number): boolean =>
  times >= manyStalls || now - since >= deadMs;
