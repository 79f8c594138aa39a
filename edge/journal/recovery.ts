/**
 * After a store error: the file is opened again, or a new one in its place, until something can be written (R5, R12).
 *
 * Holds: one reopening at a time; a file that is damaged, or that the disk refuses for long while it takes others, is
 * set aside; it ends only when the opening of a new epoch is on disk, or the journal closes.
 */
import type { Clock, Log } from "../../config/schema/context.ts";
import { checkpointCode, isDamage } from "./damaged.ts";
import type { Loaded } from "./wire.ts";
import { StoreError } from "./writer-thread.ts";

export interface RecoveryParts {
  clock: Clock;
  log: Log;
  /** Aborted when the journal closes. */
  ended: AbortSignal;
  open(damaged: boolean): Promise<Loaded>;
  /** A new epoch on what was loaded; rejects when its opening cannot be written. */
  begin(loaded: Loaded): Promise<void>;
}

const everyMs = 1000;
/** Who writes again for less than this has not recovered: the next time it waits, twice as long each time. */
const shortMs = 10_000;
const longestMs = 15_000;
/** A file that the disk refuses for so long is set aside. */
const giveUpFileMs = 8000;
/** Two checkpoints that fail within so long are the file's fault. */
const checkpointMs = 600_000;

export class Recovery {
  readonly #parts: RecoveryParts;
  #running = false;
  #fault: string | undefined;
  /** What is in the file is not to be used any more. */
  #damaged = false;
  /** Monotonic ms since which the file cannot be opened again. */
  #failingSince: number | null = null;
  /** Monotonic ms of the last time that it wrote again, and how often in a row that was short. */
  #recoveredAt = Number.NEGATIVE_INFINITY;
  #short = 0;
  /** Monotonic ms of the last checkpoint that failed. */
  #checkpointAt: number | null = null;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** From the store error on until a new epoch is on disk. */
  get running(): boolean {
    return this.#running;
  }

  /** Code of the last store error; undefined when it writes. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The store has failed; begins to recover, unless that is under way. */
  failed(error: StoreError): void {
    this.#fault = error.code;
    this.#damaged ||= isDamage(error.code) || this.#checkpointsFail(error.code);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { clock, ended, log, open, begin } = this.#parts;
    this.#running = true;
    // An epoch each time: what fails again at once must not fill the file with them.
    this.#short = clock.monotonicMs() - this.#recoveredAt < shortMs ? this.#short + 1 : 0;
    if (this.#short > 1)
      await clock.sleep(Math.min(longestMs, everyMs * 2 ** (this.#short - 2)), ended).catch(() => {});
    while (!ended.aborted) {
      try {
        const loaded = await open(this.#damaged || this.#failsForLong());
        this.#damaged = false;
        await begin(loaded);
        this.#running = false;
        this.#recoveredAt = clock.monotonicMs();
        this.#failingSince = null;
        this.#fault = undefined;
        log.warn({}, "the journal writes again");
        return;
      } catch (error) {
        this.#fault = error instanceof StoreError ? error.code : this.#fault;
        this.#failingSince ??= clock.monotonicMs();
        await clock.sleep(everyMs, ended).catch(() => {});
      }
    }
  }

  /** The WAL cannot be brought into the database, which was opened anew since: its disk is broken there. */
  #checkpointsFail(code: string): boolean {
    if (code !== checkpointCode) return false;
    const now = this.#parts.clock.monotonicMs();
    const again = this.#checkpointAt !== null && now - this.#checkpointAt < checkpointMs;
    this.#checkpointAt = now;
    return again;
  }

  /** The disk refuses this very file again and again. What a full disk refuses is no fault of the file. */
  #failsForLong(): boolean {
    const isFile = /^SQLITE_IOERR(_READ|_WRITE|_FSYNC|_DIR_FSYNC|_TRUNCATE|_FSTAT)?$/.test(this.#fault ?? "");
    const since = this.#failingSince;
    return isFile && since !== null && this.#parts.clock.monotonicMs() - since >= giveUpFileMs;
  }
}
