/**
 * What a reader has said and is not on disk yet: digests and faults, in their order, in memory.
 *
 * Holds:
 * - one message is under way at a time, so that the order of scans is that of their records;
 * - at most `most` wait; what comes beyond is counted and told as a fault once there is room again;
 * - what was refused is tried again after `retryMs`, and at once when something new comes;
 * - after `stop` nothing is delivered.
 */
import type { Clock, Deliver, Fault, Sample } from "../contract/index.ts";
import { readerFault } from "./faults.ts";

export const most = 64;
const retryMs = 1_000;

/** One scan, or what was wrong with one. */
export interface Said {
  device: string;
  /** Monotonic ms. */
  at: number;
  samples: Sample[];
  faults: Fault[];
}

export class Waiting {
  readonly #clock: Clock;
  readonly #queue: Said[] = [];
  #deliver: Deliver | null = null;
  #lost = 0;
  #isPumping = false;
  #pumped: Promise<void> = Promise.resolve();
  /** Ends the rest before the next attempt. */
  #rest: AbortController | null = null;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Not on disk: waiting, or counted as lost. */
  get unstored(): number {
    return this.#queue.length + this.#lost;
  }

  start(deliver: Deliver): void {
    this.#deliver = deliver;
    this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    this.#rest?.abort("stopped");
  }

  /** Resolves when nothing waits, or nothing can go on. */
  settled(): Promise<void> {
    return this.#pumped;
  }

  /** @returns false: there is no room for it */
  add(said: Said): boolean {
    if (this.#queue.length >= most) {
      if (said.samples.length > 0) this.#lost += 1;
      return false;
    }
    this.#queue.push(said);
    this.#rest?.abort("more came");
    this.#pump();
    return true;
  }

  #pump(): void {
    if (this.#deliver === null || this.#stopped || this.#isPumping) return;
    this.#isPumping = true;
    this.#pumped = this.#empty(this.#deliver);
  }

  async #empty(deliver: Deliver): Promise<void> {
    for (let said = this.#queue[0]; said !== undefined && !this.#stopped; said = this.#queue[0]) {
      if (await this.#isStored(deliver, said)) {
        this.#queue.shift();
        if (this.#queue.length === 0) this.#tellLost(said.device);
      } else await this.#retry();
    }
    this.#isPumping = false;
  }

  async #isStored(deliver: Deliver, { device, at, samples, faults }: Said): Promise<boolean> {
    const ageMs = Math.round(this.#clock.monotonicMs() - at);
    const aged = ageMs > 0 ? samples.map((sample) => ({ ...sample, ageMs })) : samples;
    try {
      await deliver({ readings: [{ device, samples: aged, faults }], keys: [] });
      return true;
    } catch {
      // Not on disk, whatever the reason: it stays the first.
      return false;
    }
  }

  #tellLost(device: string): void {
    if (this.#lost === 0) return;
    const fault = readerFault("reader.lost", { times: this.#lost });
    this.#lost = 0;
    this.#queue.push({ device, at: this.#clock.monotonicMs(), samples: [], faults: [fault] });
  }

  async #retry(): Promise<void> {
    if (this.#stopped) return;
    const rest = new AbortController();
    this.#rest = rest;
    await this.#clock.sleep(retryMs, rest.signal).catch(() => {});
    this.#rest = null;
  }
}
