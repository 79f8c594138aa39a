/**
 * When a lane may have its next batch on the wire, and how large that may be: by its own waits, by silence that the
 * platform asked for, by contact windows and pace, by the session's places, and by what may be risked.
 *
 * Holds: each of these is one's own and the strictest counts. Pressure bounds how much backlog is on the wire at
 * once, by how long receipts take; pace bounds how much of it leaves a second. Neither sees nor feeds the other.
 */
import { type Lane, lanes } from "../../config/schema/batch.ts";
import { type Pace, unlimited } from "./contract.ts";
import type { Feed } from "./feed.ts";
import type { Held } from "./holdings.ts";
import { mayRisk, mayStart } from "./places.ts";
import { Pressure } from "./pressure.ts";
import { probeRows } from "./rejections.ts";
import type { Verdicts } from "./verdicts.ts";

/** No platform silences us for longer at once. */
const longestPauseMs = 86_400_000;

export class Admission {
  pace: Pace;
  readonly #feed: Feed;
  readonly #verdicts: Verdicts;
  #pressure = new Pressure();
  /** The platform asked for silence until then; early batches go on. */
  #pausedUntil = 0;

  constructor(pace: Pace = unlimited, feed: Feed, verdicts: Verdicts) {
    this.pace = pace;
    this.#feed = feed;
    this.#verdicts = verdicts;
  }

  /** A session begins: what it bears is found out anew. */
  begin(): void {
    this.#pressure = new Pressure();
  }

  /** A receipt took so long, and asks for silence of `retryAfterMs`. */
  answered(now: number, rttMs: number, retryAfterMs: number | undefined): void {
    this.#pressure.answered(rttMs, this.#feed.liveEveryMs);
    if (retryAfterMs === undefined) return;
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(longestPauseMs, retryAfterMs));
    this.pace.slow(now, this.#pausedUntil);
  }

  /** A person, or another configuration, knows better than what the platform asked for. */
  unpause(): void {
    this.#pausedUntil = 0;
  }

  /** Ms for which the platform still wants silence. */
  pauseMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  /** The platform has too much, or does not answer in time. */
  overloaded(now: number): void {
    this.pace.slow(now, now);
  }

  /** The next of a lane that is held and not on the wire. */
  idle(lane: Lane): Held | undefined {
    return this.#feed.holdings.of(lane).find((held) => held.sending === null);
  }

  /** Most rows that may be read for a lane now. */
  rows(lane: Lane): number {
    const { rows } = this.#feed.lanes[lane];
    if (this.#verdicts.trust !== "full") return Math.min(rows, probeRows);
    return lane === "backlog" ? Math.min(rows, this.#pressure.rows) : rows;
  }

  /** Monotonic ms at which a lane may send `idle` or what it reads, apart from places. */
  opensAt(lane: Lane, now: number, idle: Held | undefined): number {
    return Math.max(
      this.#feed.lanes[lane].waitUntil,
      lane === "early" ? 0 : this.#pausedUntil,
      // A claim without rows takes nothing of what is paced.
      now + this.pace.waitMs(idle?.asks === true ? "live" : lane, now),
    );
  }

  /** Monotonic ms at which claims without rows are to be made: not before they can be sent. */
  claimsAt(now: number): number {
    return Math.max(this.#feed.claimsAt, now + this.pace.waitMs("live", now));
  }

  hasPlace(lane: Lane, window: number): boolean {
    const taken = { live: 0, backlog: 0, early: 0, retry: 0 };
    for (const held of this.#feed.holdings.all()) if (held.sending !== null) taken[held.lane] += 1;
    for (const name of lanes) if (this.#feed.lanes[name].reading) taken[name] += 1;
    return (
      mayStart(lane, taken, window, this.#pressure.flights) && mayRisk(lane, taken, this.#verdicts.trust)
    );
  }

  /** Whether there is anything that the platform should be answering: not what it had before it asked for silence. */
  awaits(now: number): boolean {
    return this.#sending().some(({ lane }) => lane === "early" || now >= this.#pausedUntil);
  }

  /** Monotonic ms at which `awaits` becomes true by itself; Infinity: it does not. */
  awaitsAt(now: number): number {
    return this.#sending().length > 0 && now < this.#pausedUntil
      ? this.#pausedUntil
      : Number.POSITIVE_INFINITY;
  }

  #sending(): Held[] {
    return this.#feed.holdings.all().filter((held) => held.sending !== null);
  }
}
