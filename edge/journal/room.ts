/**
 * Makes room: settled rows go a day after they were settled, or at once when there is more data than the quota;
 * when that is not enough, the oldest of what still waits goes.
 *
 * Never happens: a row deleted because a clock was set; two deletions at once; a throw.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Replies } from "./wire.ts";

const everyMs = 600_000;
/** The start is over then. */
const settleMs = 5000;
/** Settled rows stay so long for a platform that is restored from a backup (R9). */
const holdMs = 86_400_000;

export interface RoomParts {
  clock: Clock;
  /** Aborted when the journal closes. */
  ended: AbortSignal;
  isOpen(): boolean;
  /** There is more data than there is room. */
  isOver(): boolean;
  /** Deletes some of what may go, `ranMs` after the last time. Rejects when the store is down. */
  purge(ranMs: number, heldMs: number): Promise<Replies["purge"]>;
  /** Deletes some of what had to make room. Rejects when the store is down. */
  sweep(): Promise<Replies["sweep"]>;
  /** Takes or gives back the room that is kept for a full disk. Rejects when the store is down. */
  reserve(): Promise<unknown>;
  /** Lets the oldest that waits go; false: nothing is left that may. Rejects when the store is down. */
  evict(): Promise<boolean>;
  /** Epochs of which no row is left. */
  onFolded(epochs: readonly number[]): void;
}

export class Room {
  readonly #parts: RoomParts;
  #deleting: Promise<void> = Promise.resolve();
  #relieving: Promise<void> | null = null;
  #stuck = false;
  /** Monotonic ms of the last purge, or of the start. */
  #purgedAt: number;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#purgedAt = parts.clock.monotonicMs();
  }

  /** At the last look there was too much, and nothing left that may go. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** Looks again and again, until the journal closes. */
  async run(): Promise<void> {
    const { clock, ended } = this.#parts;
    void this.#behind(() => this.#sweepAll());
    try {
      await clock.sleep(settleMs, ended);
    } catch {
      return;
    }
    await this.#behind(async () => void (await this.#parts.reserve()));
    for (;;) {
      try {
        await clock.sleep(everyMs, ended);
      } catch {
        return;
      }
      await this.#behind(async () => void (await this.#parts.reserve()));
      await this.#behind(() => this.#purgeAll(holdMs));
    }
  }

  /** More data than there is room: what is settled goes at once, then the oldest that waits, until it fits. */
  relieve(): Promise<void> {
    this.#relieving ??= this.#behind(() => this.#relieve()).finally(() => {
      this.#relieving = null;
    });
    return this.#relieving;
  }

  async #relieve(): Promise<void> {
    const { isOpen, isOver, evict } = this.#parts;
    let left = true;
    while (left && isOpen()) {
      await this.#purgeAll(0);
      await this.#sweepAll();
      left = isOver() && (await evict());
    }
    this.#stuck = isOpen() && isOver();
  }

  /** Behind what is under way. */
  #behind(work: () => Promise<void>): Promise<void> {
    // When it fails the store is down, and whoever it concerns has been told.
    this.#deleting = this.#deleting.then(work).catch(() => {});
    return this.#deleting;
  }

  async #purgeAll(heldMs: number): Promise<void> {
    for (let more = true; more && this.#parts.isOpen(); ) {
      const now = this.#parts.clock.monotonicMs();
      const ranMs = now - this.#purgedAt;
      const purged = await this.#parts.purge(ranMs, heldMs);
      this.#purgedAt = now;
      this.#parts.onFolded(purged.folded);
      more = purged.more;
    }
  }

  async #sweepAll(): Promise<void> {
    for (let more = true; more && this.#parts.isOpen(); ) more = (await this.#parts.sweep()).more;
  }
}
