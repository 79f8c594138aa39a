/**
 * One destination, kept open within its hours: a forwarder that reads only the journal, and the session it sends over.
 *
 * Holds: the forwarder outlives its sessions, also those of other settings: what is unanswered goes again as the
 * same bytes.
 * Never happens: a word of an uplink that was told to stop, to health.
 */
import type { CommandAnswer } from "../../config/schema/command.ts";
import type { CommandKey, UplinkPlan } from "../../config/schema/plan.ts";
import type { Clock, Encoder, UplinkContext, UplinkSession } from "../../gateway/contract/index.ts";
import { openUplinkKind } from "../../gateway/uplink/registry.ts";
import type { Answer } from "../command/index.ts";
import { type Fact, Forwarder, Schedule, shareOf } from "../forward/index.ts";
import type { Health, UplinkFact } from "../health/index.ts";
import type { Journal } from "../journal/index.ts";
import { KeptOpen } from "../supervise/keep-open.ts";
import { Answers } from "./answers.ts";
import { Contact } from "./contact.ts";
import type { KeptTime } from "./keep-time.ts";

export interface UplinkParts {
  context: Omit<UplinkContext, "command" | "stray" | "confirm">;
  journal: Journal;
  encoder: Encoder;
  wall: Pick<KeptTime, "now" | "platform">;
  /** A command has come; `tell` sends its answers. */
  command(raw: Uint8Array, from: RemoteFrom, tell: Answer): void;
  /** The platform has taken an answer. */
  told(answer: CommandAnswer): void;
  health: Pick<Health, "uplink">;
  random(): number;
}

export interface RemoteFrom {
  uplink: string;
  keys: readonly CommandKey[];
  retained: boolean;
}

export interface KeptUplink {
  /** Sends what became of a command, as soon as there is a connection. */
  answer(answer: CommandAnswer): void;
  /** To be called now and then: an uplink that stopped because the platform rejects is tried again once an hour. */
  upkeep(): void;
  /** Other settings: closes its session and opens one by them. */
  update(plan: UplinkPlan): Promise<void>;
  /** A person asks: tries now what failed, and sends again what was stopped. */
  kick(): void;
  /** A person asks of this one: also what the platform wanted to wait for. */
  goOn(): void;
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
    if (fact.what === "settled") kept?.useful();
    tell(fact);
    if (schedule.limited) contact.look();
  };
  const share = shareOf(context.school, context.gateway);
  const scheduled = (plan: UplinkPlan) => new Schedule(plan, { wallMs: wall.now, share });
  let plan = first;
  let schedule = scheduled(plan);
  const forwarder = new Forwarder({
    uplink: id,
    journal,
    encoder,
    clock,
    log,
    random,
    report,
    pace: schedule,
  });
  const resume = () => {
    stoppedAt = null;
    forwarder.resume();
  };
  const answers = new Answers(clock, log, parts.told);
  /** The session that there is or is to be; null: none is wanted. */
  let kept: KeptOpen<UplinkSession> | null = null;

  const keep = (): KeptOpen<UplinkSession> => {
    const { kind, settings, confirm } = plan;
    /** Why the last attempt failed, in the uplink's own words. */
    let detail = "";
    const uplinkContext: UplinkContext = {
      ...context,
      confirm,
      stray: (code) => tell({ what: "stray", code }),
      command: (raw, retained) =>
        parts.command(raw, { uplink: id, keys: plan.commands ?? [], retained }, answers.add),
    };
    const own: KeptOpen<UplinkSession> = new KeptOpen<UplinkSession>({
      clock,
      random,
      async open(signal) {
        try {
          return await (await openUplinkKind(kind)).open(settings, uplinkContext, signal);
        } catch (error) {
          detail = (error as Error).message;
          throw error;
        }
      },
      async run(session, signal) {
        void answers.serve(session, signal);
        const { recycle, why } = await forwarder.serve(session, signal);
        if (recycle) own.recycle(why);
      },
      report({ state, code, retry }) {
        if (own !== kept) return;
        if (state === "opening") tell({ what: "connecting" });
        else if (state === "open") {
          detail = "";
          tell({ what: "open", confirms: own.current?.confirms ?? confirm });
        } else tell({ what: "closed", code: code ?? "ended", retry, detail });
      },
    });
    return own;
  };

  let told = "";
  /** What waits for its hours; `again`: also when it was told before. */
  const tellWaits = (again = false) => {
    const waits = waitsOf(schedule, backlogOf(journal, id));
    const text = JSON.stringify(waits);
    if (text !== told || again) tell(waits);
    told = text;
  };
  const contactOf = () =>
    new Contact({
      clock,
      schedule,
      forwarder,
      begin() {
        tellWaits();
        kept = keep();
        kept.start();
      },
      async end() {
        const before = kept;
        kept = null;
        await before?.stop();
        tellWaits(true);
      },
    });
  let contact = contactOf();
  /** Wall minus monotonic ms by which the schedule was looked at. */
  let offset = wallOffset(wall, clock);
  journal.onChange(() => {
    // A session that stands reads alarms itself.
    if (contact.closed && !stopped) contact.look();
  });
  tellWaits();
  contact.start();
  return {
    answer: answers.add,
    upkeep() {
      if (stoppedAt !== null && clock.monotonicMs() - stoppedAt >= retryMs) resume();
      const now = wallOffset(wall, clock);
      if (now !== offset) {
        offset = now;
        contact.look();
        forwarder.paced();
      }
      tellWaits();
    },
    async update(next) {
      await contact.stop();
      plan = next;
      schedule = scheduled(plan);
      forwarder.paced(schedule);
      resume();
      contact = contactOf();
      if (!stopped) contact.start();
      tellWaits();
    },
    kick() {
      kept?.kick();
      contact.look();
      if (stoppedAt !== null) resume();
    },
    goOn() {
      kept?.kick();
      contact.look();
      resume();
    },
    async stop() {
      stopped = true;
      await forwarder.stop();
      await contact.stop();
    },
  };
}

/** To the second: a clock that is being disciplined drifts all the time. Null while the time is not known. */
function wallOffset(wall: Pick<KeptTime, "now">, clock: Clock): number | null {
  const now = wall.now();
  return now === null ? null : Math.round((now - clock.monotonicMs()) / 1000);
}

/** Records of earlier epochs that this uplink has not confirmed. */
function backlogOf(journal: Pick<Journal, "status">, uplink: string): number {
  const { accounts, epoch } = journal.status();
  return accounts.reduce(
    (sum, account) => sum + (account.uplink === uplink && account.epoch !== epoch ? account.waiting : 0),
    0,
  );
}

function waitsOf(schedule: Schedule, records: number): Extract<UplinkFact, { what: "waits" }> {
  const use = schedule.opening("use");
  const opens = use === null && records > 0 ? schedule.opening("backlog") : null;
  return { what: "waits", use, backlog: opens === null ? null : { opens, records } };
}
