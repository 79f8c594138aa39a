/**
 * Health: the only source for page, metrics, beacon and alarms. Facts are pushed in; it reads no other part.
 *
 * Holds: memory is bounded by the plan, a ring of strangers and a fixed number of codes; states are computed
 * when asked, so nothing can be forgotten. Never happens: a fact, however malformed, makes it throw; a value
 * above data level 2, a payload or a secret gets into a status, or a value into `lastValues` for who may not see it.
 */
import { printable, reasonFor } from "../../config/catalogue/reasons.ts";
import { withPort } from "../../config/schema/address.ts";
import type { Clock, Log } from "../../config/schema/context.ts";
import type { Plan, PointPlan } from "../../config/schema/plan.ts";
import type { Status } from "../../config/schema/status.ts";
import type { Values } from "../../config/schema/values.ts";
import type { Value } from "../../config/schema/vocabulary.ts";
import type { DriverFact, Fault } from "../../drivers/contract/index.ts";
import type { StatusSource, View } from "../../gateway/contract/index.ts";
import { type Assessment, assess } from "./assess.ts";
import type {
  Change,
  ClockFact,
  ConfigurationFact,
  HistoryFact,
  JournalFact,
  LinkFact,
  UplinkFact,
  ValueFact,
} from "./facts.ts";
import { shownValues } from "./last-values.ts";
import { Memory } from "./memory.ts";
import { readiness } from "./readiness.ts";
import { report } from "./report.ts";
import { logChange, Watch } from "./watch.ts";
import { withoutWords } from "./without-words.ts";

export interface HealthOptions {
  plan: Plan;
  clock: Clock;
  log: Log;
  /**
   * Wall ms UTC when somebody vouches for it, else null; for the age of values and for the times of a status.
   * Absent: the machine's own clock is taken.
   */
  wallMs?: () => number | null;
  /** Called by `step` for each subject whose state became another. */
  changes?: (change: Change) => void;
}

/** How often the repeater looks for changes. */
const stepMs = 5000;
/** What a device says so long after its time is from what it had kept. */
const keptMs = 300_000;

export function createHealth(options: HealthOptions): Health {
  return new Health(options);
}

/** Of a connection that was lost: not hung up by the other end, which is out of reach. */
const outOfReach = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"]);

/** The system's own code in a detail says more than a driver's general one, and less than that of a line. */
function sharpest(code: string, detail: string | undefined, general: string): string {
  const errno = /\bE[A-Z]{3,}\b|\b(CERT|ERR_TLS)_[A-Z_]+\b/.exec(detail ?? "")?.[0];
  if (code === "line.gone" && errno !== undefined && outOfReach.has(errno)) return "line.unreachable";
  if (code.startsWith("line.")) return code;
  return errno !== undefined && reasonFor(errno, general).code !== general ? errno : code;
}

/** A code names a kind of fault; what does not look like one is not repeated. */
const codeIn = (code: unknown): string =>
  typeof code === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(code) ? code : "unnamed";

/** Most facts of one fault. */
const maxFacts = 8;

/** Facts by the names that texts use; what else a driver may put there is left out. */
function factsIn(facts: Fault["facts"]): Readonly<Record<string, Value>> | undefined {
  if (facts === undefined || facts === null) return undefined;
  return Object.fromEntries(
    Object.entries(facts)
      .filter(
        ([key, value]) => /^[a-z][A-Za-z]{0,31}$/.test(key) && (value === null || typeof value !== "object"),
      )
      .slice(0, maxFacts),
  );
}

const name = (text: string): string => printable(String(text), 64) || "-";

export class Health implements Pick<StatusSource, "status" | "lastValues" | "alive" | "ready"> {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changes: (change: Change) => void;
  readonly #wallMs: () => number | null;
  readonly #memory: Memory;
  readonly #watch = new Watch();

  constructor({ plan, clock, log, changes = () => {}, wallMs = () => clock.wallMs() }: HealthOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#changes = changes;
    this.#wallMs = wallMs;
    this.#memory = new Memory(plan, clock.monotonicMs());
  }

  /** The configuration changed: what is known of ids that stay is kept. */
  adopt(plan: Plan): void {
    this.#memory.adopt(plan, this.#now);
  }

  get #now(): number {
    return this.#clock.monotonicMs();
  }

  /** What a driver reports of itself: listening, a device came or went, a stranger was refused. */
  device(link: string, fact: DriverFact): void {
    const { links, devices, strangers, tally } = this.#memory;
    const known = links.get(link);
    if (known === undefined) {
      tally.unplanned += 1;
      return;
    }
    if (fact.what === "listening") {
      known.listening = withPort(name(fact.host), fact.port);
      if (!known.open) this.link(link, { what: "open" });
      return;
    }
    if (fact.what === "refused") {
      const code = codeIn(fact.fault.code);
      tally.refused += 1;
      tally.fault(code);
      strangers.knock(link, name(fact.client), name(fact.address), code, fact.devices ?? [], this.#now);
      const meant = fact.devices ?? [fact.client];
      for (const id of meant) devices.get(id)?.refused(code, name(fact.address), this.#now);
      return;
    }
    const device = devices.get(fact.device);
    if (device === undefined) {
      tally.unplanned += 1;
      return;
    }
    if (fact.what === "up") {
      device.up(this.#now);
      strangers.admitted(link, fact.device);
    } else {
      const code = codeIn(fact.fault.code);
      tally.fault(code);
      device.down(code, factsIn(fact.fault.facts) ?? {}, this.#now);
    }
  }

  link(id: string, fact: LinkFact): void {
    const known = this.#memory.links.get(id);
    if (known === undefined) {
      this.#memory.tally.unplanned += 1;
      return;
    }
    const code = fact.what === "closed" ? sharpest(codeIn(fact.code ?? "closed"), fact.detail, "E109") : "";
    if (fact.what === "closed") this.#memory.tally.fault(code);
    if (fact.what === "polled")
      for (const { recent } of fact.lines)
        for (const [device, by] of recent.lately ?? []) this.#memory.devices.get(device)?.downBy(codeIn(by));
    if (!known.take(fact, code, this.#now)) return;
    for (const device of this.#memory.devices.values()) if (device.link === id) device.resume(this.#now);
  }

  /** Every normalised value of one device, stored or not. */
  values(device: string, values: readonly ValueFact[]): void {
    const { devices, tally } = this.#memory;
    const known = devices.get(device);
    const wall = this.#wallMs();
    const kept =
      known?.plan.buffered === true &&
      values.every(({ time }) => wall !== null && time !== null && wall - time > keptMs);
    const own = values.some(({ point }) => known?.points.get(point)?.inferred !== true);
    if (own) known?.read(this.#now, kept);
    for (const { point, quality, value, time, kept, fell } of values) {
      tally.measured += 1;
      if (kept) tally.kept += 1;
      const dated = wall !== null && time !== null && Number.isFinite(time);
      const ageMs = dated ? Math.max(0, wall - time) : 0;
      const heard = { value, quality, time: dated ? time : null, at: this.#now - ageMs, fell };
      if (known?.hear(point, heard, this.#now) !== true) tally.unplanned += 1;
    }
  }

  /** How far a device's own clock is ahead of ours (negative: behind), from a reading that is no repeat. */
  deviceClock(device: string, aheadMs: number): void {
    const known = this.#memory.devices.get(device);
    if (known === undefined) this.#memory.tally.unplanned += 1;
    else known.hearClock(aheadMs, this.#now);
  }

  /** Something was wrong with what a device said. */
  fault(device: string, fault: Fault): void {
    const { devices, links, tally } = this.#memory;
    const code = codeIn(fault.code);
    tally.fault(code);
    const known = devices.get(device);
    if (known === undefined) {
      tally.unplanned += 1;
      return;
    }
    const facts = factsIn(fault.facts) ?? { detail: printable(String(fault.detail)) };
    const link = links.get(known.link);
    const polled = link?.polled === true;
    if (polled && link.lines.heard(code, this.#now)) known.lastSeen = this.#now;
    else known.fault(fault, code, facts, this.#now, polled);
  }

  uplink(id: string, fact: UplinkFact): void {
    const known = this.#memory.uplinks.get(id);
    if (known === undefined) this.#memory.tally.unplanned += 1;
    else if (fact.what === "closed")
      known.take(fact, sharpest(codeIn(fact.code), fact.detail, "E519"), this.#now);
    else known.take(fact, "code" in fact ? codeIn(fact.code) : "", this.#now);
  }

  journal(fact: JournalFact): void {
    this.#memory.gateway.takeJournal(fact, new Set(this.#memory.uplinks.keys()), this.#now);
  }

  /** @param open commands can be written down; otherwise none is done */
  audit(open: boolean): void {
    this.#memory.gateway.takeAudit(open, this.#now);
  }

  history(fact: HistoryFact): void {
    this.#memory.history.take(fact, fact.what === "closed" ? codeIn(fact.code) : "", this.#now);
  }

  clock(fact: ClockFact): void {
    this.#memory.gateway.takeClock(fact, this.#now);
  }

  configuration(fact: ConfigurationFact): void {
    this.#memory.gateway.takeConfiguration(fact, this.#now);
  }

  /** The best wall time there is, vouched for or not: a time of a status is never empty. */
  get #shownMs(): number {
    return this.#wallMs() ?? this.#clock.wallMs();
  }

  #assess(): Assessment {
    return assess(this.#memory, this.#now, this.#wallMs(), this.#shownMs);
  }

  /** @param view absent: everything that a status holds */
  status(view?: View): Status {
    const status = report(this.#memory, this.#assess(), this.#now);
    return view?.words === false ? withoutWords(status) : status;
  }

  /** The last value of every point that this view may see. */
  lastValues({ level }: View): Values {
    const { devices } = this.#assess();
    const { links } = this.#memory;
    const isDown = (id: string) => {
      const known = this.#memory.devices.get(id);
      const gone = known?.lost === true && links.get(known.link)?.polled === true;
      return known === undefined || gone || devices.get(id)?.state === "down";
    };
    const values = [...this.#memory.devices].flatMap(([id, { points }]) => {
      const down = isDown(id);
      const tellerDown = ({ inferred }: PointPlan) =>
        inferred?.from === undefined ? down : isDown(inferred.from.device);
      return shownValues(id, points.values(), level, this.#now, tellerDown);
    });
    return { v: 1, at: Math.round(this.#shownMs), values };
  }

  /** The process answers and its journal is not closed. */
  alive(): boolean {
    const state = this.#memory.gateway.journal?.state;
    return state !== undefined && state !== "closed";
  }

  /** Journal writable and every link open; uplinks do not count, since data wait for them on disk. */
  ready(): { ready: boolean; why: string[] } {
    return readiness(this.#memory, this.#assess(), this.#shownMs);
  }

  /** Looks for changes of state and tells each once. */
  step(): void {
    this.#memory.gateway.seeWall(this.#wallMs(), this.#now);
    const changes = this.#watch.step(this.#assess(), this.#memory.plan.school.gateway, this.#now);
    for (const change of changes) {
      logChange(this.#log, change);
      try {
        this.#changes(change);
      } catch (error) {
        this.#log.error(
          { [change.of]: change.subject, error: String(error) },
          "a change of health was not taken",
        );
      }
    }
  }

  /** Repeats `step` until the signal is aborted; then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(stepMs, signal);
      } catch {
        return;
      }
      this.step();
    }
  }
}
