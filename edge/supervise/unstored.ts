/**
 * Readings on their way to the store, and of each job the newest that the store refused, for later. Nobody waits
 * for a poll: polling goes on whatever the store does.
 *
 * Holds: a reading is counted as kept only once it is stored; of those refused the newest of a job is handed over
 * again, with its age, until it is kept or a newer one takes its place; each reading is counted once, kept or missed.
 * Memory: what the store itself holds, and one reading a job.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Reading } from "../../drivers/contract/index.ts";
import { call } from "./within.ts";

/** `polled`: for the first time. `again`: who listens to readings has had it. Rejects when it is not stored. */
export type Hand = (reading: Reading, way: "polled" | "again") => Promise<void>;

export interface UnstoredCounts {
  kept: number;
  missed: number;
}

interface Parcel {
  reading: Reading;
  /** Monotonic ms. */
  takenAt: number;
  number: number;
  /** On its way. */
  sent: boolean;
}

interface Sent {
  /** Readings of the job so far. */
  newest: number;
  refused: Parcel | null;
  /** The store refused, and has taken none since. */
  troubled: boolean;
}

/** Older than this, a value is no new one any more. */
const freshMs = 100_000;

/** `J` names the job. */
export class Unstored<J> {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #hand: Hand;
  readonly #counts = { kept: 0, missed: 0 };
  #jobs = new Map<J, Sent>();

  constructor(clock: Pick<Clock, "monotonicMs">, hand: Hand) {
    this.#clock = clock;
    this.#hand = hand;
  }

  get counts(): Readonly<UnstoredCounts> {
    return this.#counts;
  }

  /** Jobs of which the store refused a reading, and took none since. */
  get troubled(): number {
    return [...this.#jobs.values()].filter(({ troubled }) => troubled).length;
  }

  /** A reading that was just taken. */
  take(job: J, reading: Reading): void {
    const sent = this.#jobs.get(job) ?? { newest: 0, refused: null, troubled: false };
    this.#jobs.set(job, sent);
    this.#giveUp(sent);
    sent.newest += 1;
    const takenAt = this.#clock.monotonicMs();
    this.#send(job, sent, { reading, takenAt, number: sent.newest, sent: false }, "polled");
  }

  /** Tries those that were refused. */
  retry(): void {
    for (const [job, sent] of this.#jobs)
      if (sent.refused?.sent === false) this.#send(job, sent, sent.refused, "again");
  }

  /** What waits of this job is given up: nobody can tell any more what it means. */
  forget(job: J): void {
    const sent = this.#jobs.get(job);
    if (sent !== undefined) this.#giveUp(sent);
    this.#jobs.delete(job);
  }

  /** What is on its way is counted when it arrives. */
  #giveUp(sent: Sent): void {
    if (sent.refused?.sent === false) this.#counts.missed += 1;
    sent.refused = null;
  }

  #send(job: J, sent: Sent, parcel: Parcel, way: "polled" | "again"): void {
    const { reading, takenAt, number } = parcel;
    const ageMs = this.#clock.monotonicMs() - takenAt;
    parcel.sent = true;
    call(() => this.#hand(way === "polled" ? reading : aged(reading, ageMs), way)).then(
      () => {
        this.#counts.kept += 1;
        sent.troubled = false;
        if (sent.refused === parcel) sent.refused = null;
      },
      () => {
        parcel.sent = false;
        sent.troubled = true;
        if (this.#jobs.get(job) === sent && sent.newest === number) sent.refused = parcel;
        else this.#counts.missed += 1;
      },
    );
  }
}

function aged({ device, samples }: Reading, ageMs: number): Reading {
  return {
    device,
    faults: [],
    samples: samples.map((sample) => ({
      ...sample,
      ...(sample.deviceTime === undefined ? { ageMs: (sample.ageMs ?? 0) + ageMs } : {}),
      ...(ageMs > freshMs ? { stale: true } : {}),
    })),
  };
}
