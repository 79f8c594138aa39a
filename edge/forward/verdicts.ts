/**
 * What becomes of a batch that was answered: settled, kept for later, made smaller, or the uplink stops (R9).
 *
 * Never happens: a refused batch blocks its lane for ever in silence. It is halved down to one record. Refused three
 * times alone, that one is set aside: it travels as a gap, and is quarantined with the code of the refusal when the
 * platform has confirmed the gap. The uplink stops when three in a row end so, or when even a batch without rows is refused.
 */

import { type Lane, lanes } from "../../config/schema/batch.ts";
import type { Receipt } from "../../gateway/contract/index.ts";
import type { ForwarderOptions } from "./contract.ts";
import type { Feed } from "./feed.ts";
import type { Held } from "./holdings.ts";
import { culprits, ofError, ofReceipt } from "./outcome.ts";
import { Rejections, type Trust } from "./rejections.ts";
import { Suspicion } from "./suspicion.ts";

/** Refusals of one record as a whole batch before it is quarantined. */
const refusals = 3;

export class Verdicts {
  readonly #options: ForwarderOptions;
  readonly #feed: Feed;
  readonly #rejections = new Rejections();
  readonly #suspicion = new Suspicion();
  #stopped: string | null = null;

  constructor(options: ForwarderOptions, feed: Feed) {
    this.#options = options;
    this.#feed = feed;
  }

  /** Code of the rejections that stopped this uplink, or null. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** What may be risked with this platform. */
  get trust(): Trust {
    return this.#rejections.trust;
  }

  /** Goes on after `stopped`, with a batch that is read anew and small. */
  resume(): void {
    if (this.#stopped === null) return;
    this.#stopped = null;
    this.#rejections.resume();
    if (this.#feed.holdings.all().every((held) => held.sending === null))
      for (const lane of lanes) if (lane !== "early") this.#feed.release(lane);
  }

  /** A receipt for what is held and was in flight. */
  received(held: Held, receipt: Receipt): void {
    const outcome = ofReceipt(receipt, sentRows(held));
    if (outcome.is === "judged") {
      this.#suspicion.judged();
      this.#settle(held, receipt);
      this.#feed.answered();
    } else if (outcome.is === "refused") this.refused(held, outcome.code, outcome.detail);
    else this.kept(held.lane, outcome.code, outcome.detail);
  }

  /** Its sending was given up: no receipt came. */
  expired(held: Held, detail: string): void {
    this.#options.report({ what: "kept", lane: held.lane, code: "timeout", detail });
    if (this.#suspects(held)) this.refused(held, "timeout", detail);
  }

  /** `send` threw. */
  failed(held: Held, error: unknown): void {
    const { is, code, detail } = ofError(error);
    if (is === "refused" || (culprits.has(code) && this.#suspects(held))) this.refused(held, code, detail);
    else this.kept(held.lane, code, detail);
  }

  /** It fails again and again while others are judged: it is this batch, not the platform. */
  #suspects(held: Held): boolean {
    if (sentRows(held) === 0) return false;
    return this.#suspicion.failed(held, this.#options.clock.monotonicMs());
  }

  /** Its lane waits. One fact for a lane that begins to wait, however many of its batches failed. */
  kept(lane: Lane, code: string, detail: string): void {
    const now = this.#options.clock.monotonicMs();
    const pace = this.#feed.lanes[lane];
    if (now < pace.waitUntil) return;
    this.#options.report({ what: "kept", lane, code, detail });
    pace.failed(now, this.#options.random());
  }

  /** Refused as a whole: no verdict on its records. */
  refused(held: Held, code: string, detail: string): void {
    const rows = sentRows(held);
    if (rows > 1 || (rows === 1 && held.lane === "early")) {
      // An early batch is given up with this: its alarms travel again in their range.
      this.#options.report({ what: "kept", lane: held.lane, code, detail });
      this.#feed.lanes[held.lane].halve(held.seqs);
      this.#feed.release(held.lane);
      return;
    }
    this.kept(held.lane, code, detail);
    // Another batch had this name: it gets another one.
    if (code === "conflict") held.batch = null;
    held.refusals += 1;
    if (held.refusals < refusals) return;
    const [row] = held.slice.rows;
    if (rows === 0 || row === undefined) this.#stop(code);
    else this.#setAside(held, row.seq, code);
  }

  #setAside(held: Held, seq: number, code: string): void {
    const { uplink, log } = this.#options;
    const { epoch, lane } = held;
    log.warn({ uplink, epoch, seq, code }, "no batch with this record is taken; it will be quarantined");
    held.aside = { seq, code };
    if (lane === "retry") {
      this.#settle(held, { batch: held.batch?.id ?? "", taken: 0, rejected: [], next: null, at: null });
      return;
    }
    held.batch = null;
    held.refusals = 0;
  }

  #settle(held: Held, answer: Receipt): void {
    const { journal, uplink, report } = this.#options;
    const before = journal.status();
    if (before.state !== "open") {
      this.#feed.changed();
      return;
    }
    const { aside } = held;
    const receipt = aside === null ? answer : { ...answer, rejected: [...answer.rejected, aside] };
    const pace = this.#feed.lanes[held.lane];
    const persisted = journal.settle(uplink, held.id, receipt);
    if (journal.status().strayReceipts > before.strayReceipts) {
      // Either it does not add up, or the journal went back meanwhile. Reading anew is right for both.
      persisted.catch(() => {});
      report({ what: "stray", code: "unusable" });
      this.#feed.release(held.lane);
      this.kept(held.lane, "receipt", "the platform's receipt does not fit what was sent");
      return;
    }
    this.#feed.holdings.settled(held);
    const { taken, rejected } = receipt;
    if (taken > 0 || held.rows === 0) pace.succeeded(held.seqs);
    void this.#written(held, receipt, persisted);
    if (held.rows > 0 && (held.claims || this.trust === "probe")) {
      this.#count(
        held.rows,
        rejected.map((reject) => reject.code),
      );
    }
  }

  async #written(held: Held, { taken, rejected }: Receipt, persisted: Promise<void>): Promise<void> {
    const { lane } = held;
    const pace = this.#feed.lanes[lane];
    // Until then the disk still names these rows as waiting for another try.
    if (lane === "retry") pace.reading = true;
    try {
      await persisted;
      const bytes = held.batch?.bytes.byteLength ?? 0;
      this.#options.report({ what: "settled", lane, taken, rejected: rejected.length, bytes });
    } catch {
      this.#feed.storeLost();
    } finally {
      if (lane === "retry") pace.reading = false;
    }
  }

  #count(rows: number, codes: string[]): void {
    const code = this.#rejections.judge(rows, codes);
    if (code !== null) this.#stop(code);
  }

  #stop(code: string): void {
    const { uplink, log, report } = this.#options;
    if (this.#stopped !== null) return;
    this.#stopped = code;
    log.error(
      { uplink, code },
      "the platform refuses nearly everything; nothing is sent until somebody looks",
    );
    report({ what: "stopped", code });
  }
}

/** Rows of the batch as it was sent. */
function sentRows(held: Held): number {
  return held.batch?.rows ?? held.rows;
}
