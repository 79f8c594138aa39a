/**
 * Where batches from every door wait, and are judged one after the other.
 *
 * Holds: at most `maxQueue` wait; each is judged once, in the order it came, unless `drop` loses it;
 * who handed it in hears of it only after its rows are stored (R15).
 */
import type { BatchBody } from "../../config/schema/batch.ts";
import type { Clock } from "../../config/schema/context.ts";
import type { ReceiptBody } from "../../config/schema/receipt.ts";
import type { SchoolRecord } from "../../config/schema/record.ts";
import type { SeqRange } from "../../config/schema/vocabulary.ts";
import type { Chance } from "../seeded.ts";
import type { Malformed } from "./claim.ts";
import type { Moods } from "./moods.ts";
import type { Outcome, Receiver } from "./receiver.ts";
import type { Unpacked } from "./unpack.ts";

/** What a door hands in. */
export interface Parcel {
  school: string;
  gateway: string;
  /** Absent: the door does not tell early batches from others. */
  door?: "data" | "alarm";
  /** What the sender calls it. */
  id: string | undefined;
  unpack(): Unpacked;
  /** Called once, after the rows are stored. `forgotten`: and forgotten again, by mood. */
  judged(outcome: Outcome, forgotten: boolean): void;
}

/** What a desk needs of its platform. */
export interface DeskHost {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly receiver: Receiver;
  /** Ends a wait for a slow judge. */
  readonly signal: AbortSignal;
  moods(): Readonly<Moods>;
  stored(record: SchoolRecord): void;
  answered(batch: BatchBody, receipt: ReceiptBody): void;
  refused(fault: Malformed): void;
  changed(): void;
}

export class Desk {
  /** Taken and lost before they were judged. */
  dropped = 0;
  /** Not taken, by mood or for want of room. */
  turnedAway = 0;
  readonly #host: DeskHost;
  readonly #maxQueue: number;
  #queue: Parcel[] = [];
  #working = false;

  constructor(host: DeskHost, maxQueue: number) {
    this.#host = host;
    this.#maxQueue = maxQueue;
  }

  /** Takes a parcel; false when there is no room. */
  push(parcel: Parcel): boolean {
    if (this.#queue.length >= this.#maxQueue) return false;
    this.#queue.push(parcel);
    void this.#work();
    return true;
  }

  /** Loses everything that waits. */
  drop(): void {
    this.dropped += this.#queue.length;
    this.#queue = [];
  }

  /** Counts what a door does not take. */
  turnAway(): void {
    this.turnedAway += 1;
    queueMicrotask(() => this.#host.changed());
  }

  /** Counts what is no batch, for who found it before it was handed in. */
  refuse(fault: Malformed): void {
    this.#host.receiver.refuse(fault);
    this.#host.refused(fault);
    this.#host.changed();
  }

  /** Judges the oldest parcel. false when none waits. */
  async step(): Promise<boolean> {
    if (this.#queue.length === 0) return false;
    const { slowMs } = this.#host.moods();
    if (slowMs > 0) await this.#host.clock.sleep(slowMs, this.#host.signal);
    const next = this.#queue.shift();
    if (next !== undefined) this.#judge(next);
    return next !== undefined;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      // The PUBACK leaves first: judging is never part of taking.
      do await new Promise(setImmediate);
      while (await this.step());
    } catch {
      // Only the end of the platform interrupts a step.
    } finally {
      this.#working = false;
    }
  }

  #judge(parcel: Parcel): void {
    const outcome = this.#outcomeOf(parcel);
    let forgotten = false;
    if (outcome.kind === "refused") this.#host.refused(outcome.fault);
    else if (outcome.kind === "answer") {
      for (const record of outcome.fresh) this.#host.stored(record);
      this.#host.answered(outcome.batch, outcome.receipt);
      forgotten = this.#host.chance() < this.#host.moods().forget;
      if (forgotten) this.#forget(outcome.batch, outcome.receipt.batch);
    }
    parcel.judged(outcome, forgotten);
    this.#host.changed();
  }

  #outcomeOf(parcel: Parcel): Outcome {
    const { receiver, clock } = this.#host;
    const { school, gateway, door, id } = parcel;
    const unpacked = parcel.unpack();
    if ("fault" in unpacked) return receiver.refuse(unpacked.fault);
    if (id !== undefined && id !== unpacked.id) return receiver.refuse("id");
    const { tooLarge } = this.#host.moods();
    return receiver.accept(
      {
        body: unpacked.body,
        id: unpacked.id,
        school,
        gateway,
        ...(door === undefined ? {} : { door }),
        at: clock.wallMs(),
      },
      (record) => this.#verdict(record),
      tooLarge ?? {},
    );
  }

  #verdict(record: SchoolRecord): string | null {
    const { reject, rejectWhere } = this.#host.moods();
    const code = rejectWhere?.(record) ?? null;
    if (code !== null || reject === null) return code;
    return this.#host.chance() < reject.share ? reject.code : null;
  }

  #forget({ school, gateway, epoch, first, last, rows }: BatchBody, id: string): void {
    const ranges: SeqRange[] =
      first === undefined || last === undefined ? rows.map(([seq]) => [seq, seq]) : [[first, last]];
    for (const range of ranges) this.#host.receiver.forget(school, gateway, epoch, range, id);
  }
}
