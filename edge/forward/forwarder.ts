/**
 * Journal → one uplink: sends what the feed holds over the session it is given, and has receipts settled (R7, R8, R9).
 * Knows neither connecting nor storing.
 *
 * Holds:
 * - a slice has one sending at a time, and until it is settled or its lane given back always the same bytes
 *   (but for one record that is set aside, see verdicts.ts);
 * - never more sendings than the session's window, nor more than four a lane;
 * - live and early have a place of their own, so backlog never keeps them waiting;
 * - nothing is timed while there is nothing to send, except the hourly claims.
 * Never happens: a receipt settles a slice whose sending was given up, or which the journal has forgotten.
 */
import { type Lane, lanes, maxBatchBytes } from "../../config/schema/batch.ts";
import type { Receipt, UplinkSession } from "../../gateway/contract/index.ts";
import { Admission } from "./admission.ts";
import type { ForwarderOptions, Served } from "./contract.ts";
import { Feed } from "./feed.ts";
import { asSent, type Held } from "./holdings.ts";
import { isOverload, tooLarge } from "./outcome.ts";
import { order } from "./places.ts";
import { Toll } from "./toll.ts";
import { Verdicts } from "./verdicts.ts";
import { Wake } from "./wake.ts";
import { type Stall, Watchdog } from "./watchdog.ts";

const firstTimeoutMs = 30_000;
const longestTimeoutMs = 300_000;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #wake: Wake;
  readonly #feed: Feed;
  readonly #verdicts: Verdicts;
  readonly #watchdog = new Watchdog();
  readonly #toll = new Toll();
  readonly #admission: Admission;
  #session: UplinkSession | null = null;
  #served: Served | null = null;
  #running: Promise<void> = Promise.resolve();
  #begun = false;
  #closed = false;
  #last: Lane | null = null;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#wake = new Wake(options.clock);
    this.#feed = new Feed(options, () => this.#wake.poke());
    this.#verdicts = new Verdicts(options, this.#feed);
    this.#admission = new Admission(options.pace, this.#feed, this.#verdicts);
  }

  /** Code of the rejections that stopped this uplink, or null. */
  get stopped(): string | null {
    return this.#verdicts.stopped;
  }

  /** Batches that are on the wire now. */
  get inFlight(): number {
    return this.#feed.holdings.all().filter((held) => held.sending !== null).length;
  }

  /** Alarms are held that have no receipt yet. */
  get holdsAlarms(): boolean {
    return this.#feed.holdings.of("early").length > 0 || this.#feed.lanes.early.reading;
  }

  /** For who decides whether there is to be a session: true when alarms wait that would be sent over it at once. */
  async alarmsWait(): Promise<boolean> {
    if (this.stopped !== null) return false;
    if (!this.holdsAlarms && this.#session === null) await this.#feed.readAlarms();
    return this.holdsAlarms;
  }

  /** Another schedule holds from now on, or the clock changed by which this one goes. */
  paced(pace = this.#admission.pace): void {
    this.#admission.pace = pace;
    this.#wake.poke();
  }

  /**
   * Sends over an open session until it ends, `signal` aborts, no receipt comes any more, or `stop`.
   * Never closes the session. One at a time: a second call while one runs rejects. What is unanswered at the end
   * is sent again over the next session, as the same bytes.
   */
  async serve(session: UplinkSession, signal: AbortSignal): Promise<Served> {
    if (this.#session !== null) throw new Error(`uplink ${this.#options.uplink} is being served already`);
    if (this.#closed) return { why: "stopped", recycle: false };
    this.#session = session;
    this.#served = null;
    const running = Promise.withResolvers<void>();
    this.#running = running.promise;
    const aborted = () => this.#finish(session, { why: "aborted", recycle: false });
    const ended = (error: unknown) => {
      this.#finish(session, { why: "ended", recycle: false, ...(error instanceof Error ? { error } : {}) });
    };
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();
    session.ended.then(ended, ended);
    try {
      this.#begin();
      for (;;) {
        const at = this.step();
        if (this.#served !== null) return this.#served;
        await this.#wake.until(at);
      }
    } finally {
      signal.removeEventListener("abort", aborted);
      this.#session = null;
      this.#feed.holdings.ground();
      this.#wake.rest();
      running.resolve();
    }
  }

  /** Goes on after `stopped`, and without waiting as long as the platform asked. */
  resume(): void {
    this.#verdicts.resume();
    if (this.#admission.pauseMs(this.#now()) > 0) this.#options.report({ what: "paused", forMs: 0 });
    this.#admission.unpause();
    this.#wake.poke();
  }

  /** Ends serving for good; resolves when nothing is being sent any more. Waits for no network and no disk. */
  async stop(): Promise<void> {
    this.#closed = true;
    if (this.#session !== null) this.#finish(this.#session, { why: "stopped", recycle: false });
    await this.#running;
  }

  /** Does everything that is due now. Gives the monotonic ms at which it must be called again if nothing happens. */
  step(): number {
    const now = this.#now();
    if (!this.#begun || this.#served !== null || this.#feed.storeDown) return Number.POSITIVE_INFINITY;
    this.#expire(now);
    if (this.stopped === null) {
      if (now >= this.#admission.claimsAt(now)) this.#feed.ask();
      for (const lane of order(this.#window(), this.#last)) while (this.#start(lane, now));
    }
    const stall = this.#watchdog.look(now, this.#admission.awaits(now));
    if (stall !== null) this.#stalled(stall);
    return this.#nextAt(now);
  }

  #begin(): void {
    this.#begun = false;
    this.#admission.begin();
    this.#watchdog.begin();
    const session = this.#session;
    const ready = () => {
      if (this.#session !== session) return;
      this.#begun = true;
      this.#wake.poke();
    };
    const all = this.#admission.pace.waitMs("live", this.#now()) === 0;
    this.#feed.begin(all).then(ready, (error: unknown) => this.#broken(session, error));
  }

  /** A fault of ours ends this session and shows, instead of ending the process. */
  #broken(session: UplinkSession | null, error: unknown): void {
    if (session === null) return;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#finish(session, { why: "broken", recycle: true, error: cause });
  }

  /** Starts one sending or one reading of a lane; false when there is no more to start. */
  #start(lane: Lane, now: number): boolean {
    const admission = this.#admission;
    const pace = this.#feed.lanes[lane];
    const idle = admission.idle(lane);
    if (now < admission.opensAt(lane, now, idle) || !admission.hasPlace(lane, this.#window())) return false;
    if (idle !== undefined) return this.#send(idle, now);
    if (!pace.reading && now >= pace.readAt) void this.#feed.read(lane, admission.rows(lane));
    return false;
  }

  /** False: nothing was sent, and what is to be sent next must be looked up anew. */
  #send(held: Held, now: number): boolean {
    const session = this.#session;
    const batch = this.#encoded(held);
    if (session === null || batch === null) return false;
    const paced = held.lane === "backlog" && !held.asks;
    const onWire = paced ? this.#toll.take(this.#admission.pace, held.rows, batch, now) : undefined;
    const timeoutMs = Math.min(longestTimeoutMs, firstTimeoutMs * 2 ** held.timeouts);
    const sending = { stop: new AbortController(), at: now, deadline: now + timeoutMs };
    held.sending = sending;
    held.sentAt ??= now;
    this.#last = held.lane;
    // Made so that a `send` that throws at once is a rejection like any other.
    const sent = new Promise<Receipt>((resolve) => resolve(session.send(batch, sending.stop.signal, onWire)));
    void sent
      .then(
        (receipt) => {
          if (held.sending === sending) this.#answered(held, receipt);
          else this.#late(held, receipt);
        },
        (error: unknown) => {
          if (held.sending !== sending) return;
          held.sending = null;
          if (this.#served === null) this.#failed(held, error);
        },
      )
      .catch((error: unknown) => this.#broken(session, error))
      .finally(() => this.#wake.poke());
    return true;
  }

  /** Its batch, always the same; null when there can be none now. */
  #encoded(held: Held): Held["batch"] {
    if (held.batch !== null) return held.batch;
    let batch: Held["batch"];
    try {
      batch = this.#options.encoder.batch(asSent(held));
    } catch (error) {
      this.#verdicts.kept(held.lane, "encode", String(error).slice(0, 200));
      return null;
    }
    if (batch.bytes.byteLength > maxBatchBytes && held.rows > 1) {
      this.#verdicts.refused(held, tooLarge, `${held.rows} rows make ${batch.bytes.byteLength} bytes`);
      return null;
    }
    held.batch = batch;
    return batch;
  }

  #answered(held: Held, receipt: Receipt): void {
    const now = this.#now();
    const rttMs = now - (held.sentAt ?? now);
    held.sending = null;
    this.#watchdog.answered();
    if (receipt.at !== null && Number.isFinite(receipt.at)) {
      this.#options.report({ what: "platform-time", at: receipt.at, rttMs });
    }
    this.#admission.answered(now, rttMs, receipt.retryAfterMs);
    if ((receipt.retryAfterMs ?? 0) > 0)
      this.#options.report({ what: "paused", forMs: this.#admission.pauseMs(now) });
    this.#verdicts.received(held, receipt);
  }

  /** An answer to a sending that was given up settles nothing; only that the batch is too large holds for its bytes. */
  #late(held: Held, receipt: Receipt): void {
    if (this.#closed) return;
    if (receipt.tooLarge === true && this.#feed.holdings.has(held)) this.#verdicts.received(held, receipt);
    else this.#options.report({ what: "stray", code: "late" });
  }

  #failed(held: Held, error: unknown): void {
    if (isOverload(error)) this.#admission.overloaded(this.#now());
    this.#verdicts.failed(held, error);
  }

  /** Another connection; when that did not help, other batches as well; when that did not either, somebody is called. */
  #stalled({ forMs, times }: Stall): void {
    const { uplink, log, report } = this.#options;
    const fields = { uplink, forMs, times };
    const sentence = "batches are in flight and no receipt comes; the connection is to be replaced";
    log[times > 2 ? "error" : "warn"](fields, sentence);
    report({ what: "stalled", forMs, times });
    if (times > 1) this.#feed.renew();
    if (this.#session !== null) this.#finish(this.#session, { why: "stalled", recycle: true });
  }

  /** Sendings that had no receipt in time are given up; the same bytes go again, with twice the patience. */
  #expire(now: number): void {
    for (const held of this.#feed.holdings.all()) {
      const { sending } = held;
      if (sending === null || now < sending.deadline) continue;
      held.sending = null;
      held.timeouts += 1;
      sending.stop.abort();
      this.#admission.overloaded(now);
      this.#verdicts.expired(held, `no receipt within ${now - sending.at} ms`);
    }
  }

  #nextAt(now: number): number {
    const admission = this.#admission;
    let at = Math.min(this.#watchdog.dueAt, admission.awaitsAt(now));
    for (const held of this.#feed.holdings.all()) at = Math.min(at, held.sending?.deadline ?? at);
    if (this.stopped !== null) return at;
    at = Math.min(at, admission.claimsAt(now));
    for (const lane of lanes) {
      const pace = this.#feed.lanes[lane];
      const idle = admission.idle(lane);
      const workAt = idle !== undefined ? now : pace.reading ? Number.POSITIVE_INFINITY : pace.readAt;
      // Without a place it is an answer that wakes, not the time.
      if (admission.hasPlace(lane, this.#window()))
        at = Math.min(at, Math.max(workAt, admission.opensAt(lane, now, idle)));
    }
    return at;
  }

  #finish(session: UplinkSession, served: Served): void {
    if (this.#session !== session) return;
    this.#served ??= served;
    this.#wake.poke();
  }

  #window(): number {
    return Math.max(1, Math.floor(this.#session?.window ?? 1));
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
