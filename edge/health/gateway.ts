/**
 * What health remembers of the gateway itself: store, disk, clock, configuration.
 */
import type { ClockFact, ConfigurationFact, JournalFact } from "./facts.ts";
import { dateOf } from "./off.ts";
import type { Account } from "./uplink.ts";
import { type Finding, type Verdict, verdict } from "./verdict.ts";
import { daysLeft, WritingRate } from "./writing-rate.ts";

/** A clock may take so long after the start to become known. */
const clockPatienceMs = 30_000;
/** A clock that is unknown for longer comes to no good by waiting. */
const clockLongMs = 3_600_000;
/** A trusted wall clock that moves by more against the monotonic one was set, not corrected. */
export const clockStepMs = 5000;
/** A jump of the clock stays in view for so long. */
const stepViewMs = 86_400_000;
/** Fewer days of space than this do not carry over a holiday. */
const fewDays = 7;
/** A loss stays in view for so long. */
const lossViewMs = 86_400_000;
/** The disk is called nearly full at this multiple of its floor. */
const nearFloor = 1.2;

const none: Account = { delivered: 0, withheld: 0, quarantined: 0, lost: 0, waiting: 0 };
const fates = ["delivered", "withheld", "quarantined", "lost", "waiting"] as const;

/** A count that came from outside: whole, not negative. */
export function whole(count: number | undefined): number {
  return count !== undefined && count > 0 ? Math.min(Math.floor(count), Number.MAX_SAFE_INTEGER) : 0;
}

type Add = (code: string, state: Finding["state"], since: number | null, facts?: Finding["facts"]) => void;

export class GatewayHealth {
  readonly startedAt: number;
  clock: ClockFact & { since: number };
  journal: JournalFact | null = null;
  configuration: ConfigurationFact;
  quotaBytes = Number.POSITIVE_INFINITY;
  readonly rate = new WritingRate();
  /** Wall minus monotonic ms at the last look, and the last jump of it. */
  #wallOffset: number | null = null;
  #step: { at: number; byMs: number } | null = null;
  #clockSince: Record<"absurd" | "apart", number | null> = { absurd: null, apart: null };
  #accounts = new Map<string, Account>();
  #since: Record<"down" | "full" | "busy" | "disk" | "few" | "files", number | null> = {
    down: null,
    full: null,
    busy: null,
    disk: null,
    few: null,
    files: null,
  };
  readonly #losses: Record<"quota" | "unreadable", { at: number; count: number } | null> = {
    quota: null,
    unreadable: null,
  };
  #brokenAt: number | null = null;
  /** No command can be written down since then, so none is done. */
  #unauditedAt: number | null = null;

  constructor(revision: string, now: number) {
    this.startedAt = now;
    this.clock = { known: false, quality: 2, since: now };
    this.configuration = { running: revision, files: null, problems: [] };
  }

  takeClock(fact: ClockFact, now: number): void {
    const { known, quality, source, since } = this.clock;
    const same = fact.known === known && fact.quality === quality && fact.source === source;
    this.clock = { ...fact, since: same ? since : now };
    const { absurd, apart } = this.#clockSince;
    this.#clockSince = {
      absurd: fact.absurdMs == null ? null : (absurd ?? now),
      apart: fact.platformAheadMs == null ? null : (apart ?? now),
    };
  }

  /** Looks at the wall clock that somebody vouches for, if there is one: when it jumps, times before it are doubtful. */
  seeWall(wallMs: number | null, now: number): void {
    const offset = wallMs === null ? null : wallMs - now;
    const before = this.#wallOffset;
    this.#wallOffset = offset;
    if (offset === null || before === null || Math.abs(offset - before) < clockStepMs) return;
    this.#step = { at: now, byMs: offset - before };
  }

  /** Days that data still fit, at the rate of the last 24 h; null: nobody can say yet. */
  get days(): number | null {
    return this.journal === null ? null : daysLeft(this.#freeBytes(this.journal), this.rate.perDay);
  }

  #freeBytes({ bytes, used = bytes, disk }: JournalFact): number {
    const quota = this.quotaBytes - used;
    return disk === undefined ? quota : Math.min(quota, disk.freeBytes - disk.floorBytes + (bytes - used));
  }

  takeConfiguration(fact: ConfigurationFact, now: number): void {
    this.configuration = fact;
    this.#mark("files", fact.problems.length > 0, now);
  }

  takeAudit(open: boolean, now: number): void {
    this.#unauditedAt = open ? null : (this.#unauditedAt ?? now);
  }

  takeJournal(fact: JournalFact, uplinks: ReadonlySet<string>, now: number): void {
    for (const reason of ["quota", "unreadable"] as const) {
      const lost = whole(fact.lost?.[reason]) - whole(this.journal?.lost?.[reason]);
      if (lost > 0) this.#losses[reason] = { at: now, count: (this.#recent(reason, now)?.count ?? 0) + lost };
    }
    if (fact.broken !== undefined && (this.#brokenAt === null || fact.salvaging !== undefined))
      this.#brokenAt = now;
    this.journal = fact;
    this.#accounts.clear();
    for (const account of fact.accounts) {
      if (!uplinks.has(account.uplink)) continue;
      const sum = { ...(this.#accounts.get(account.uplink) ?? none) };
      for (const fate of fates) sum[fate] = whole(sum[fate] + whole(account[fate]));
      this.#accounts.set(account.uplink, sum);
    }
    this.rate.take(fact.stored, fact.used ?? fact.bytes, now);
    this.#mark("few", (this.days ?? fewDays) < fewDays, now);
    this.#mark("down", fact.state === "store-down", now);
    this.#mark("full", fact.full === true && fact.state === "open", now);
    this.#mark("busy", fact.busy === true && fact.state === "open", now);
    const { freeBytes = Number.POSITIVE_INFINITY, floorBytes = 0 } = fact.disk ?? {};
    this.#mark("disk", freeBytes < floorBytes * nearFloor, now);
  }

  #recent(reason: "quota" | "unreadable", now: number): { at: number; count: number } | null {
    const loss = this.#losses[reason];
    return loss !== null && now - loss.at <= lossViewMs ? loss : null;
  }

  account(uplink: string): Account {
    return this.#accounts.get(uplink) ?? none;
  }

  #mark(what: "down" | "full" | "busy" | "disk" | "few" | "files", is: boolean, now: number): void {
    this.#since[what] = is ? (this.#since[what] ?? now) : null;
  }

  judge(now: number): Verdict {
    const findings: Finding[] = [];
    const add: Add = (code, state, since, facts = {}) => {
      if (since !== null) findings.push({ code, state, since, facts });
    };
    add("E002", "down", this.#since.down, { fault: this.journal?.fault ?? null });
    this.#judgeClock(now, add);
    add("E003", "degraded", this.#since.busy);
    add("E006", "down", this.#since.full, { gB: whole((this.journal?.bytes ?? 0) / 1e8) / 10 });
    const { freeBytes = 0, floorBytes = 0 } = this.journal?.disk ?? {};
    add("E004", "degraded", this.#since.disk, {
      freeMB: whole(freeBytes / 1e6),
      floorMB: whole(floorBytes / 1e6),
    });
    if (this.#since.full === null) add("E010", "degraded", this.#since.few, { days: this.days });
    const lost = this.#recent("quota", now);
    add("E005", "degraded", lost?.at ?? null, { count: lost?.count ?? 0 });
    const unreadable = this.#recent("unreadable", now);
    add("E021", "degraded", unreadable?.at ?? null, { count: unreadable?.count ?? 0 });
    const { broken, salvaging } = this.journal ?? {};
    if (this.#brokenAt !== null && now - this.#brokenAt <= lossViewMs)
      if (broken === "file-lost") add("E022", "degraded", this.#brokenAt);
      else
        add("E020", "degraded", this.#brokenAt, {
          percent: salvaging === undefined ? null : Math.floor(salvaging * 100),
        });
    add("E023", "degraded", this.#unauditedAt);
    const first = this.configuration.problems[0];
    const place = first === undefined ? null : `${first.file}:${whole(first.line)}`;
    add("E011", "degraded", this.#since.files, { count: this.configuration.problems.length, place });
    return verdict(findings, this.journal?.state === "open" ? "ok" : "unknown");
  }

  #judgeClock(now: number, add: Add): void {
    const { known, quality, source, since, platformAheadMs, absurdMs } = this.clock;
    const { absurd, apart } = this.#clockSince;
    add("E014", "degraded", absurd, { shows: dateOf(absurdMs ?? 0) });
    const waited = now - since > clockPatienceMs || since > this.startedAt;
    const unknownMs = known || !waited || absurd !== null ? null : now - since;
    if (unknownMs !== null && unknownMs >= clockLongMs)
      add("E008", "degraded", since, { hours: Math.floor(unknownMs / 3_600_000) });
    else add("E001", "degraded", unknownMs === null ? null : since);
    const isEstimate = known && quality === 1 && source !== "configuration";
    if (source === "nobody") add("E013", "ok", isEstimate && absurd === null ? since : null);
    else add("E009", "ok", isEstimate ? since : null);
    const aheadMin = Math.round((platformAheadMs ?? 0) / 60_000);
    add("E012", source === "system" ? "ok" : "degraded", apart, {
      ...(aheadMin > 0 ? { ahead: aheadMin } : { behind: -aheadMin }),
    });
    if (this.#step !== null && now - this.#step.at <= stepViewMs) {
      const { at, byMs } = this.#step;
      const seconds = Math.round(Math.abs(byMs) / 1000);
      add("E007", "ok", at, byMs > 0 ? { forward: seconds } : { back: seconds });
    }
  }
}
