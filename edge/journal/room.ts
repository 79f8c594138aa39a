/**
 * Makes room: settled rows go a day after they were settled, or at once when there is more data than the quota.
 *
 * Never happens: a row deleted by a clock that nobody vouches for; two deletions at once; a throw.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Replies } from "./wire.ts";

const everyMs = 600_000;
/** Settled rows stay so long for a platform that is restored from a backup (R9). */
const holdMs = 86_400_000;

export interface RoomParts {
  clock: Clock;
  /** Aborted when the journal closes. */
  ended: AbortSignal;
  isOpen(): boolean;
  /** Wall ms UTC; null while unknown. */
  wallMs(): number | null;
  /** Deletes some of what may go. Rejects when the store is down. */
  purge(now: number | null, heldMs: number): Promise<Replies["purge"]>;
  /** Epochs of which no row is left. */
  onFolded(epochs: readonly number[]): void;
}

export class Room {
  readonly #parts: RoomParts;
  #deleting: Promise<void> = Promise.resolve();
  #relieving: Promise<void> | null = null;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** Looks again and again, until the journal closes. */
  async run(): Promise<void> {
    const { clock, ended } = this.#parts;
    for (;;) {
      try {
        await clock.sleep(everyMs, ended);
      } catch {
        return;
      }
      if (this.#parts.wallMs() !== null) await this.#delete(holdMs);
    }
  }

  /** More data than the quota: what is settled goes at once, as much as there is. */
  relieve(): Promise<void> {
    this.#relieving ??= this.#delete(0).finally(() => {
      this.#relieving = null;
    });
    return this.#relieving;
  }

  /** Behind the one that is under way. */
  #delete(heldMs: number): Promise<void> {
    this.#deleting = this.#deleting.then(() => this.#deleteAll(heldMs));
    return this.#deleting;
  }

  async #deleteAll(heldMs: number): Promise<void> {
    const now = this.#parts.wallMs();
    try {
      for (let more = true; more && this.#parts.isOpen(); ) {
        const purged = await this.#parts.purge(now, heldMs);
        this.#parts.onFolded(purged.folded);
        more = purged.more;
      }
    } catch {
      // The store is down, and whoever it concerns has been told.
    }
  }
}
