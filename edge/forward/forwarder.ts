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
import type { ForwarderOptions, Pace, Served } from "./contract.ts";
import { Feed } from "./feed.ts";
import { asSent, type Held } from "./holdings.ts";
import { tooLarge } from "./outcome.ts";
import { mayStart, order } from "./places.ts";
import { Pressure } from "./pressure.ts";
import { unlimited } from "./token-bucket.ts";
import { Verdicts } from "./verdicts.ts";
import { Wake } from "./wake.ts";

const firstTimeoutMs = 30_000;
const longestTimeoutMs = 300_000;
/** No receipt for so long while batches are in flight: the session is not flowing. */
const stallMs = 60_000;
/** No platform silences us for longer at once. */
const longestPauseMs = 86_400_000;

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #pace: Pace;
  readonly #wake: Wake;
  readonly #feed: Feed;
  readonly #verdicts: Verdicts;
  #pressure = new Pressure();
  #session: UplinkSession | null = null;
  #served: Served | null = null;
  #running: Promise<void> = Promise.resolve();
  #begun = false;
  #closed = false;
  /** The platform asked for silence until then; early batches go on. */
  #pausedUntil = 0;
  /** Since when batches are in flight without any receipt. */
  #silentSince: number | null = null;
  #stalls = 0;
  #last: Lane | null = null;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#pace = options.pace ?? unlimited;
    this.#wake = new Wake(options.clock);
    this.#feed = new Feed(options, () => this.#wake.poke());
    this.#verdicts = new Verdicts(options, this.#feed);
  }

  /** Code of the rejections that stopped this uplink, or null. */
  get stopped(): string | null {
    return this.#verdicts.stopped;
  }

  /** Batches that are on the wire now. */
  get inFlight(): number {
    return this.#feed.holdings.all().filter((held) => held.sending !== null).length;
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

  /** Goes on after `stopped`. */
  resume(): void {
    this.#verdicts.resume();
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
      if (now >= this.#feed.claimsAt) this.#feed.ask();
      for (const lane of order(this.#window(), this.#last)) while (this.#start(lane, now));
    }
    this.#silentSince = this.inFlight === 0 ? null : (this.#silentSince ?? now);
    if (this.#silentSince !== null && now - this.#silentSince >= stallMs)
      this.#stall(now - this.#silentSince);
    return this.#nextAt(now);
  }

  #begin(): void {
    this.#begun = false;
    this.#pressure = new Pressure();
    this.#silentSince = null;
    const session = this.#session;
    const ready = () => {
      if (this.#session !== session) return;
      this.#begun = true;
      this.#wake.poke();
    };
    this.#feed.begin().then(ready, (error: unknown) => this.#broken(session, error));
  }

  /** A fault of ours ends this session and shows, instead of ending the process. */
  #broken(session: UplinkSession | null, error: unknown): void {
    if (session === null) return;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#finish(session, { why: "broken", recycle: true, error: cause });
  }

  /** Starts one sending or one reading of a lane; false when there is no more to start. */
  #start(lane: Lane, now: number): boolean {
    const pace = this.#feed.lanes[lane];
    if (now < this.#gate(lane, now) || !this.#hasPlace(lane)) return false;
    const idle = this.#feed.holdings.of(lane).find((held) => held.sending === null);
    if (idle !== undefined) return this.#send(idle, now);
    if (!pace.reading && now >= pace.readAt) {
      void this.#feed.read(lane, lane === "backlog" ? Math.min(pace.rows, this.#pressure.rows) : pace.rows);
    }
    return false;
  }

  /** When a lane may send, apart from places. */
  #gate(lane: Lane, now: number): number {
    return Math.max(
      this.#feed.lanes[lane].waitUntil,
      lane === "early" ? 0 : this.#pausedUntil,
      lane === "backlog" ? now + this.#pace.waitMs(now) : 0,
    );
  }

  #hasPlace(lane: Lane): boolean {
    const taken = { live: 0, backlog: 0, early: 0, retry: 0 };
    for (const held of this.#feed.holdings.all()) if (held.sending !== null) taken[held.lane] += 1;
    for (const name of lanes) if (this.#feed.lanes[name].reading) taken[name] += 1;
    return mayStart(lane, taken, this.#window(), this.#pressure.flights);
  }

  /** False: nothing was sent, and what is to be sent next must be looked up anew. */
  #send(held: Held, now: number): boolean {
    const session = this.#session;
    const batch = this.#encoded(held);
    if (session === null || batch === null) return false;
    if (held.lane === "backlog") this.#pace.spend(now, held.rows, batch.bytes.byteLength);
    const timeoutMs = Math.min(longestTimeoutMs, firstTimeoutMs * 2 ** held.timeouts);
    const sending = { stop: new AbortController(), at: now, deadline: now + timeoutMs };
    held.sending = sending;
    held.sentAt ??= now;
    this.#last = held.lane;
    // Made so that a `send` that throws at once is a rejection like any other.
    const sent = new Promise<Receipt>((resolve) => resolve(session.send(batch, sending.stop.signal)));
    void sent
      .then(
        (receipt) => {
          if (held.sending === sending) this.#answered(held, receipt);
          else this.#late(held, receipt);
        },
        (error: unknown) => {
          if (held.sending !== sending) return;
          held.sending = null;
          if (this.#served === null) this.#verdicts.failed(held, error);
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
    this.#silentSince = null;
    this.#stalls = 0;
    if (receipt.at !== null && Number.isFinite(receipt.at)) {
      this.#options.report({ what: "platform-time", at: receipt.at, rttMs });
    }
    if (receipt.retryAfterMs !== undefined) {
      this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(longestPauseMs, receipt.retryAfterMs));
    }
    this.#pressure.answered(rttMs);
    this.#verdicts.received(held, receipt);
  }

  /** An answer to a sending that was given up settles nothing; only that the batch is too large holds for its bytes. */
  #late(held: Held, receipt: Receipt): void {
    if (this.#closed) return;
    if (receipt.tooLarge === true && this.#feed.holdings.has(held)) this.#verdicts.received(held, receipt);
    else this.#options.report({ what: "stray", code: "late" });
  }

  #stall(forMs: number): void {
    const { uplink, log, report } = this.#options;
    this.#stalls += 1;
    const fields = { uplink, forMs, times: this.#stalls };
    log.warn(fields, "batches are in flight and no receipt comes; the connection is to be replaced");
    report({ what: "stalled", forMs });
    this.#silentSince = null;
    // A new connection did not help: begin again with new batches as well.
    if (this.#stalls > 1) for (const lane of lanes) this.#feed.release(lane);
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
      const detail = `no receipt within ${now - sending.at} ms`;
      this.#options.report({ what: "kept", code: "timeout", detail });
    }
  }

  #nextAt(now: number): number {
    let at = this.#silentSince === null ? Number.POSITIVE_INFINITY : this.#silentSince + stallMs;
    for (const held of this.#feed.holdings.all()) at = Math.min(at, held.sending?.deadline ?? at);
    if (this.stopped !== null) return at;
    at = Math.min(at, this.#feed.claimsAt);
    for (const lane of lanes) {
      const pace = this.#feed.lanes[lane];
      const idle = this.#feed.holdings.of(lane).some((held) => held.sending === null);
      const workAt = idle ? now : pace.reading ? Number.POSITIVE_INFINITY : pace.readAt;
      // Without a place it is an answer that wakes, not the time.
      if (this.#hasPlace(lane)) at = Math.min(at, Math.max(workAt, this.#gate(lane, now)));
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
