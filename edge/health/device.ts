/**
 * What health remembers of one device, and how it judges it.
 *
 * Holds: connected is not flowing. A device is ok while fresh good data come; its connection only explains
 * why they do not. A device that connects again and again without saying anything gets no new patience. What was
 * wrong with one that is polled is over after `goodReadings` of each of its points. What is inferred of a device is
 * no sign of life of its own; one of which nothing else is known is as well as what feeds it lets know, never down.
 */
import { reasonFor } from "../../config/catalogue/reasons.ts";
import type { DevicePoints, PointPlan } from "../../config/schema/plan.ts";
import type { HealthState } from "../../config/schema/vocabulary.ts";
import type { Fault } from "../../drivers/contract/index.ts";
import { DeviceClock } from "./device-clock.ts";
import { deadPeriods, goodReadings, type Heard, PointHealth, stalePeriods } from "./point.ts";
import { Talk } from "./talk.ts";
import { type Trouble, Troubles } from "./troubles.ts";
import { type Finding, minutes, type Verdict, verdict } from "./verdict.ts";

/** A device with nothing periodic is expected to show itself within three of these. */
const quietPeriodMs = 60_000;
/** Least time that a fault stays in view. */
const faultViewMs = 300_000;
/** A line is never quite clean: fewer garbled answers, or a smaller share of all, is nothing to look at. */
const fewestGarbled = 3;
const garbledShare = 0.05;
/** Readings that a device kept may be so old. */
const longestKeptMs = 30 * 86_400_000;
/** Says that it is connected, which is not flowing. */
const presencePoint = "online";
/** A device that logs off in good order may sleep until its next word. */
const loggedOff = "E117";

interface Connection {
  state: "unknown" | "up" | "down";
  at: number;
  /** Why it is down. */
  code?: string;
  facts?: Finding["facts"];
}

export interface DeviceVerdict extends Verdict {
  /** Of each point; absent findings there are explained by the device's own. */
  points: Map<string, Verdict>;
}

export class DeviceHealth {
  readonly id: string;
  plan: DevicePoints;
  link: string;
  via: string | undefined;
  simulated: boolean;
  /** Where it is in the network, alone or behind a gateway. */
  host: string | undefined;
  points = new Map<string, PointHealth>();
  readonly clock = new DeviceClock();
  /** Monotonic ms of the last thing it said. */
  lastSeen: number | null = null;
  #connection: Connection = { state: "unknown", at: 0 };
  #everUp = false;
  /** Since when data can be expected (monotonic ms). */
  #from: number;
  readonly #troubles = new Troubles();
  readonly #talk = new Talk();
  /** Good ones since the start, of all its points together. */
  #readings = 0;

  constructor(plan: DevicePoints, link: string, via: string | undefined, simulated: boolean, now: number) {
    this.id = plan.device;
    this.plan = plan;
    this.link = link;
    this.via = via;
    this.simulated = simulated;
    this.#from = now;
    this.adopt(plan);
  }

  /** Takes a new plan of the same device; what is known of points that stay is kept. */
  adopt(plan: DevicePoints): void {
    this.plan = plan;
    const before = this.points;
    this.points = new Map();
    for (const [id, point] of plan.points) {
      const known = before.get(id) ?? new PointHealth(point);
      known.plan = point;
      this.points.set(id, known);
    }
  }

  get trial(): boolean {
    return this.plan.stage === "trial";
  }

  /** It was there, and its driver said that it is gone. */
  get lost(): boolean {
    return this.#connection.state === "down";
  }

  get seen(): boolean {
    return this.#everUp || this.lastSeen !== null;
  }

  /** Shortest period of the points that this unit must say, or null; before it said any, of all that it may. */
  get periodMs(): number | null {
    const points = this.#data;
    const missed = points.filter((p) => p.missed);
    const onChange = points.some((p) => p.lasting && !p.periodic && p.lastGood !== null);
    const counted = missed.length > 0 || onChange ? missed : points.filter((p) => p.periodic);
    return counted.length === 0 ? null : Math.min(...counted.map((p) => p.plan.everyMs));
  }

  get #staleMs(): number {
    return stalePeriods * (this.periodMs ?? quietPeriodMs);
  }

  /** Its points but for the one that says whether it is there, and what others tell. */
  get #data(): PointHealth[] {
    return [...this.points.values()].filter(({ plan, inferred }) => plan.id !== presencePoint && !inferred);
  }

  /** It says nothing by itself: what feeds it tells all that is known of it. */
  get witnessed(): boolean {
    return this.points.size > 0 && [...this.points.values()].every(({ inferred }) => inferred);
  }

  get #lastGood(): number | null {
    const good = this.#data.map((p) => p.lastGood).filter((at) => at !== null);
    return good.length === 0 ? null : Math.max(...good);
  }

  /** Data can be expected from now on: patience begins anew. */
  resume(now: number): void {
    this.#from = now;
  }

  /** Only one that comes for the first time or was away for long gets time to speak: reconnecting is no sign of life. */
  up(now: number): void {
    const away = this.#connection.state === "down" && now - this.#connection.at >= this.#staleMs;
    if (!this.#everUp || away) this.resume(now);
    this.#everUp = true;
    if (this.#connection.state !== "up") this.#connection = { state: "up", at: now };
  }

  /** @param facts what the texts of its reason are filled with */
  down(code: string, facts: Finding["facts"], now: number): void {
    if (this.#connection.state !== "down") this.#connection = { state: "down", at: now, code, facts };
  }

  /** Values came, which `hear` is told one by one. @param kept it had kept them for later: it catches up, and is soon done */
  read(now: number, kept = false): void {
    this.#readings += 1;
    if (!kept) this.#talk.hear(this.periodMs, now);
  }

  /** Down as it is, it has another cause by now. */
  downBy(code: string): void {
    if (this.#connection.state === "down") this.#connection = { ...this.#connection, code };
  }

  hear(point: string, heard: Heard, now: number): boolean {
    const known = this.points.get(point);
    if (known?.inferred !== true) this.lastSeen = now;
    if (known === undefined) return false;
    known.hear(heard, now);
    return true;
  }

  /** How far its own clock is ahead. What a device kept for later is behind by right, if not by a month. */
  hearClock(aheadMs: number, now: number): void {
    const late = this.plan.buffered && aheadMs < 0 && aheadMs >= -longestKeptMs;
    this.clock.take(late ? 0 : aheadMs, now);
  }

  /** Somebody with this device's name was refused: it explains a silence, and says nothing while data flow. */
  refused(code: string, address: string, now: number): void {
    const stranger = { blocks: true, explainsOnly: true, patienceMs: 0, garbles: false, facts: { address } };
    this.#troubles.add(code, { ...stranger, readings: this.#readings }, this.#viewMs, now);
  }

  /** @param polled it speaks when it is asked */
  fault(
    { layer, point, retry }: Fault,
    code: string,
    facts: Finding["facts"],
    now: number,
    polled = false,
  ): void {
    this.lastSeen = now;
    if (point !== undefined && this.points.has(point)) {
      this.points.get(point)?.fault(code, now);
      return;
    }
    const blocks = layer === "access" || layer === "policy";
    // What keeps data away but may mend itself, such as a serial number that comes with a later message.
    const patienceMs = blocks && retry === "later" ? (this.periodMs ?? quietPeriodMs) : 0;
    const garbles = polled && (layer === "frame" || layer === "line");
    const trouble = { blocks, explainsOnly: false, patienceMs, garbles, readings: this.#readings, facts };
    this.#troubles.add(code, trouble, this.#viewMs, now);
  }

  get #viewMs(): number {
    return Math.max(this.#staleMs, faultViewMs);
  }

  /** Longest time that its silence may go unnoticed, ms. */
  get noticedMs(): number {
    return this.#staleMs;
  }

  /** `lineDown`: the link is not open, since when. `polled`: it speaks when it is asked. */
  judge(lineDown: { since: number; root: string } | null, now: number, polled = false): DeviceVerdict {
    const points = new Map(
      [...this.points].map(([id, point]) => [id, point.judge(this.#from, now)] as const),
    );
    const alone = (finding: Finding): DeviceVerdict => ({ ...verdict([finding]), points: this.#explained() });
    const waiting = (): DeviceVerdict => ({ state: "unknown", findings: [], points: this.#explained() });
    if (lineDown !== null) return alone({ code: "E110", state: "down", facts: {}, ...lineDown });
    if (this.witnessed && this.#connection.state !== "down")
      return { ...verdict([...this.#recent(now, polled)], this.#byWitness(points)), points };

    const good = this.#lastGood;
    const fresh = good !== null && now - good <= this.#staleMs;
    const { state: connection, at, code = "", facts: told } = this.#connection;
    const overdueMs = now - Math.max(good ?? this.#from, this.#from);
    const blocked = fresh ? null : this.#blocked(good);
    if (blocked !== null) return alone(blocked);
    const why = reasonFor(code, "E115").code;
    if (connection === "down" && !(fresh && (this.plan.buffered || why === loggedOff))) {
      return alone({ code: why, state: fresh ? "degraded" : "down", since: at, facts: { ...told, code } });
    }
    if (!this.seen) {
      if (overdueMs <= this.#staleMs) return waiting();
      const facts = { minutes: minutes(this.#from, now) };
      return alone({ code: polled ? "E113" : "E114", state: "down", since: this.#from, facts });
    }
    if (this.periodMs !== null && !fresh) {
      const wrong = this.#complaint(points, now, polled);
      if (overdueMs <= this.#staleMs && wrong === undefined) return waiting();
      const muchOverdue = overdueMs > (deadPeriods / stalePeriods) * this.#staleMs;
      return alone({
        code: wrong?.code ?? (connection === "up" && !polled ? "E116" : "E113"),
        // A counter that fell is read as well as ever.
        state: muchOverdue && wrong?.code !== "E201" ? "down" : "degraded",
        since: good ?? this.#from,
        facts: wrong?.facts ?? {},
      });
    }
    const findings = [...this.#recent(now, polled), ...this.#clockOff(fresh), ...this.#tooMuch(now)];
    return { ...verdict(findings, this.#bySome(points)), points };
  }

  /** What is wrong with what it says, if it says anything: a bad value, or a message that is not understood. */
  #complaint(points: Map<string, Verdict>, now: number, polled: boolean): Finding | undefined {
    if (this.lastSeen === null || now - this.lastSeen > this.#staleMs) return undefined;
    const bad = [...points.values()].flatMap((point) => point.findings).filter(({ code }) => code !== "E211");
    return verdict(bad).findings[0] ?? this.#recent(now, polled).at(-1);
  }

  #recent(now: number, polled: boolean): Finding[] {
    return this.#troubles.recent((trouble) => this.#isRare(trouble) || this.#isOver(trouble, now, polled));
  }

  #isRare({ garbles, times, readings }: Trouble): boolean {
    const share = times / (times + this.#readings - readings);
    return garbles && (times < fewestGarbled || share < garbledShare);
  }

  /**
   * Out of view; or what kept data away came no more, for longer than it used to, after good data had come; or a
   * device that is polled gave every point as often as it takes.
   */
  #isOver({ blocks, last, gapMs, longestGapMs }: Trouble, now: number, polled: boolean): boolean {
    const awayMs = now - last;
    if (awayMs > this.#viewMs) return true;
    if (blocks) {
      const good = this.#lastGood;
      return good !== null && good > last && awayMs > Math.max(this.periodMs ?? quietPeriodMs, 2 * gapMs);
    }
    return polled && awayMs > 2 * longestGapMs && this.#goodSince(last);
  }

  /** Points that are read seldom need come but once. */
  #goodSince(instant: number): boolean {
    const own = [...this.points.values()].filter(({ inferred }) => !inferred);
    const read = own.filter(({ periodic, last }) => periodic && last !== null);
    const wanted = ({ everyMs }: PointPlan) => (goodReadings * everyMs <= faultViewMs ? goodReadings : 1);
    return read.length > 0 && read.every((point) => point.heardSince(instant) >= wanted(point.plan));
  }

  /** A wrong clock costs a device that speaks at once nothing, one that keeps readings their time. */
  #clockOff(fresh: boolean): Finding[] {
    const { off } = this.clock;
    if (off === null || !(fresh || this.periodMs === null)) return [];
    const minutesOff = Math.round(Math.abs(off.aheadMs) / 60_000);
    const facts = off.aheadMs > 0 ? { ahead: minutesOff } : { behind: minutesOff };
    const state = this.plan.buffered ? "degraded" : "ok";
    return [{ code: "E205", state, since: off.since, facts }];
  }

  #tooMuch(now: number): Finding[] {
    const much = this.#talk.at(now);
    return much === null
      ? []
      : [{ code: "E139", state: "degraded", since: much.since, facts: { perS: Math.round(much.perS) } }];
  }

  #byWitness(points: Map<string, Verdict>): HealthState {
    return [...points.values()].every(({ state }) => state === "ok") ? "ok" : "unknown";
  }

  /** One bad point makes the device degraded, never worse: the others still flow. */
  #bySome(points: Map<string, Verdict>): HealthState {
    if (this.periodMs === null && this.#connection.state !== "up") return "unknown";
    return [...points.values()].some((p) => p.state === "degraded" || p.state === "down") ? "degraded" : "ok";
  }

  /** The points have no say of their own: the device's finding explains them. */
  #explained(): Map<string, Verdict> {
    return new Map([...this.points.keys()].map((id) => [id, { state: "unknown", findings: [] }]));
  }

  /** What keeps data away, unless they flow or need not. Refused strangers explain nothing about one that is connected. */
  #blocked(good: number | null): Finding | null {
    const { state, at } = this.#connection;
    if (state === "up" && this.periodMs === null) return null;
    const since = Math.max(good ?? this.#from, state === "up" ? at : Number.NEGATIVE_INFINITY);
    return this.#troubles.blocking(since, state !== "up");
  }
}
