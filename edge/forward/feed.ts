/**
 * The forwarder's side towards the journal: when which lane is read, what has been handed out, and giving it back.
 *
 * Holds: nothing is timed while nothing is unread, except the hourly claims; one reading a lane at a time.
 * Never happens: what the journal has forgotten (its file was read again, a lane was given back) stays held.
 */
import { type Lane, lanes } from "../../config/schema/batch.ts";
import type { Account } from "../journal/contract.ts";
import type { ForwarderOptions } from "./contract.ts";
import { Holdings } from "./holdings.ts";
import { LanePace, mostRows } from "./lane.ts";

/** Between two readings of live rows lies so long, or there are `enoughRows`: after a quiet second the next go at once. */
const collectMs = 1000;
/**
 * Live rows that are worth a batch of their own while at most `fewFlights` are unanswered; with more there must be
 * `mostRows.live`. So a school that sends little sends once a second, and a platform that is slow gets larger batches.
 */
const enoughRows = 100;
const fewFlights = 1;
/** More often than this live batches do not count as leaving. */
const leastLiveMs = 50;
/** A stretch of withheld seqs alone is looked at again after so long. */
const quietMs = 60_000;
const claimsMs = 3_600_000;
/**
 * An uplink that comes back with more rows waiting than this begins a new epoch, at most once in `rollMs`; and only one
 * that answers: a platform that takes connections and nothing else would leave thousands of epochs in a month.
 */
const rollRows = 1000;
const rollMs = 60_000;
/** Characters of row text a slice may have: a batch also carries its series, and a character may be three bytes. */
const sliceBytes = 160 * 1024;

export class Feed {
  readonly holdings: Holdings;
  readonly lanes: Readonly<Record<Lane, LanePace>>;
  /** Monotonic ms of the next claims without rows. */
  claimsAt = 0;
  /** Ms between live batches lately, 50 to 1,000. */
  liveEveryMs = collectMs;
  /** The journal cannot write: there is nothing to read and nothing can be settled. */
  storeDown = false;
  readonly #options: ForwarderOptions;
  readonly #wake: () => void;
  #listening = false;
  #rolledAt = Number.NEGATIVE_INFINITY;
  /** It has answered since the last roll, and a session has begun that asks for one. */
  #heard = true;
  #rollDue = false;
  /** The session is for all lanes. */
  #all = true;
  /** Monotonic ms of the last batch that was judged. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** Monotonic ms of the last live slice. */
  #liveAt = Number.NEGATIVE_INFINITY;
  /** Where reading of the newest epoch has come to, and how far it was settled when last looked at. */
  #live = { epoch: "", read: 0, settled: 0 };

  /** @param wake called when there may be something new to do */
  constructor(options: ForwarderOptions, wake: () => void) {
    this.#options = options;
    this.#wake = wake;
    this.holdings = new Holdings(options.uplink, options.journal);
    this.lanes = {
      live: new LanePace("live"),
      backlog: new LanePace("backlog"),
      early: new LanePace("early"),
      retry: new LanePace("retry"),
    };
  }

  /**
   * A session begins: every lane is read from now on, what is not held is given back, and claims are due.
   * Resolves when also the new epoch is on disk that begins if too many rows wait in the newest (R2).
   * @param all false: the session is for alarms alone
   */
  async begin(all: boolean): Promise<void> {
    this.#listen();
    const now = this.#now();
    this.claimsAt = now;
    for (const lane of lanes) {
      this.lanes[lane].begin(now);
      if (this.holdings.of(lane).length === 0) this.release(lane);
    }
    this.changed();
    this.#all = all;
    this.#rollDue = all;
    if (this.#heard) await this.#roll();
  }

  /** The platform has judged a batch. After a silence that is a return, also when the session stood all the time. */
  answered(): void {
    const now = this.#now();
    if (now - this.#answeredAt >= rollMs) this.#rollDue = this.#all;
    this.#answeredAt = now;
    this.#heard = true;
    void this.#roll();
  }

  async #roll(): Promise<void> {
    const { journal, uplink, log } = this.#options;
    const due = this.#rollDue;
    this.#rollDue = false;
    const waiting = this.#newest()?.waiting ?? 0;
    const now = this.#now();
    if (!due || waiting <= rollRows || now - this.#rolledAt < rollMs || this.storeDown) return;
    this.#rolledAt = now;
    this.#heard = false;
    try {
      await journal.roll("reconnect");
    } catch (error) {
      log.warn({ uplink, detail: String(error) }, "no new epoch was begun; live goes on in the old one");
    }
  }

  /** The journal has committed, settled, or lost and found its file. */
  changed(): void {
    const { state } = this.#options.journal.status();
    const now = this.#now();
    if (state !== "open") {
      if (!this.storeDown) this.#forget();
      this.storeDown = true;
      return;
    }
    if (this.storeDown) this.claimsAt = now;
    this.storeDown = false;
    for (const lane of ["early", "retry", "backlog"] as const) {
      this.lanes[lane].readAt = Math.min(this.lanes[lane].readAt, now);
    }
    const unread = this.#unread();
    if (unread > 0) {
      const enough = this.holdings.of("live").length <= fewFlights ? enoughRows : mostRows.live;
      const at = unread >= enough ? now : Math.max(now, this.#liveAt + collectMs);
      this.lanes.live.readAt = Math.min(this.lanes.live.readAt, at);
    }
    this.#wake();
  }

  /** Claims without rows, in front of everything: they bring the platform's `next` and its clock. */
  ask(): void {
    const { journal, uplink } = this.#options;
    this.claimsAt = this.#now() + claimsMs;
    if (this.holdings.all().some((held) => held.asks)) return;
    for (const slice of journal.claims(uplink)) this.holdings.add(slice);
  }

  /** Asks the journal for the next slice of a lane; `wake` follows in any case. */
  async read(lane: Lane, rows: number): Promise<void> {
    const { journal, uplink } = this.#options;
    const pace = this.lanes[lane];
    const { generation } = pace;
    pace.reading = true;
    pace.readAt = Number.POSITIVE_INFINITY;
    try {
      const slice = await journal.read(uplink, lane, { rows, bytes: sliceBytes });
      if (pace.generation !== generation) {
        // Read while the lane was given back: whether the journal still counts it as in flight cannot be told.
        if (slice !== null) this.release(lane);
      } else if (slice !== null) {
        this.holdings.add(slice);
        const to = slice.range?.[1];
        if (lane === "live" && to !== undefined) {
          const everyMs = (this.liveEveryMs * 3 + Math.min(collectMs, this.#now() - this.#liveAt)) / 4;
          this.liveEveryMs = Math.max(leastLiveMs, everyMs);
          this.#liveAt = this.#now();
          const settled = slice.epoch === this.#live.epoch ? this.#live.settled : 0;
          this.#live = { epoch: slice.epoch, read: to, settled };
        }
        if (lane !== "live" || (to !== undefined && to < slice.head)) pace.readAt = this.#now();
      } else if (lane === "live" && this.#unread() > 0) {
        pace.readAt = Math.min(pace.readAt, this.#now() + quietMs);
      }
    } catch {
      // The store is down; the journal says when it is back.
    } finally {
      pace.reading = false;
      this.#wake();
    }
  }

  /** Gives a lane back and reads it anew; also what the journal gives back along with it. */
  release(lane: Lane): void {
    for (const name of this.holdings.release(lane)) {
      this.lanes[name].generation += 1;
      this.lanes[name].readAt = this.#now();
      if (name === "live") this.#live.read = 0;
    }
  }

  /** While nobody is served: alarms that are on disk are held. */
  async readAlarms(): Promise<void> {
    this.#listen();
    if (this.#options.journal.status().state === "open") await this.read("early", mostRows.early);
  }

  /** Other batches for all that is held. Alarms stay: what is read of them once is not read again. */
  renew(): void {
    for (const lane of lanes) if (lane !== "early") this.release(lane);
    for (const held of this.holdings.of("early")) held.batch = null;
  }

  /** A settling was not written: the journal reads its file again and knows of nothing in flight. */
  storeLost(): void {
    this.#forget();
    // Should the journal have kept its account after all, nothing in it may wait for us for ever.
    for (const lane of lanes) this.release(lane);
  }

  #listen(): void {
    if (!this.#listening) this.#options.journal.onChange(() => this.changed());
    this.#listening = true;
  }

  #forget(): void {
    this.holdings.forget();
    this.#live.read = 0;
    for (const lane of lanes) this.lanes[lane].generation += 1;
  }

  /** Committed seqs of the newest epoch that were not read yet. */
  #unread(): number {
    const newest = this.#newest();
    if (newest === undefined) return 0;
    const settled = newest.head - newest.waiting;
    // Another epoch, or the platform went back and the journal with it: what was read before says nothing.
    const anew = this.#live.epoch !== newest.epoch || settled < this.#live.settled;
    this.#live = { epoch: newest.epoch, read: anew ? 0 : this.#live.read, settled };
    return newest.head - Math.max(this.#live.read, settled);
  }

  #newest(): Account | undefined {
    const { epoch, accounts } = this.#options.journal.status();
    return accounts.find((account) => account.uplink === this.#options.uplink && account.epoch === epoch);
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
