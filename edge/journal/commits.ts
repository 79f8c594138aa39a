/**
 * When what waits is committed (R6).
 *
 * Holds: one commit is open at most; the next begins when that is done and somebody's patience is at its end.
 * Never happens: a group that is neither written nor failed.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Urgency } from "./contract.ts";
import { Group } from "./group.ts";
import type { Space } from "./wire.ts";
import type { StoreError } from "./writer-thread.ts";

export interface CommitsParts {
  clock: Clock;
  /** How long who waits for an acknowledgement has patience, and who does not. */
  patience: { ackMs: number; polledMs: number };
  isOpen(): boolean;
  /** Lines that others want to have written with the next. */
  changes(): string[];
  hasChanges(): boolean;
  write(lines: string): Promise<Space>;
  /** It is on disk. @param lines all of it, joined */
  written(group: Group, lines: string, space: Space): void;
  failed(error: StoreError, group: Group): void;
}

export class Commits {
  readonly #parts: CommitsParts;
  #waiting = new Group();
  #open: Group | null = null;
  #timer: { at: number; stop: AbortController } | null = null;
  /** Commits that were written. */
  count = 0;

  constructor(parts: CommitsParts) {
    this.#parts = parts;
  }

  /** What goes with the next commit. */
  get waiting(): Group {
    return this.#waiting;
  }

  /** The commit that is under way. */
  get open(): Group | null {
    return this.#open;
  }

  /** Of what is not on disk yet. */
  get bytes(): number {
    return this.#waiting.bytes + (this.#open?.bytes ?? 0);
  }

  /** Somebody waits for what was put into the next commit, with this urgency. */
  wait(urgency: Urgency): void {
    this.#waiting.wait(this.#parts.clock.monotonicMs(), urgency, this.#parts.patience);
    this.schedule();
  }

  /** The next commit starts in `ms` at the latest. */
  within(ms: number): void {
    this.#waiting.by(this.#parts.clock.monotonicMs() + ms);
    this.schedule();
  }

  /** Begins the next commit when it is due, now or later. */
  schedule(): void {
    const { clock, isOpen } = this.#parts;
    const { due } = this.#waiting;
    if (this.#open !== null || !isOpen() || due === Number.POSITIVE_INFINITY) return;
    const now = clock.monotonicMs();
    if (due <= now) {
      this.begin();
      return;
    }
    if (this.#timer !== null && this.#timer.at <= due) return;
    this.#timer?.stop.abort();
    const timer = { at: due, stop: new AbortController() };
    this.#timer = timer;
    clock.sleep(due - now, timer.stop.signal).then(
      () => {
        if (this.#timer === timer) this.#timer = null;
        this.schedule();
      },
      () => {},
    );
  }

  /** Starts the commit of what waits, unless one is open. */
  begin(): void {
    const { isOpen, changes, write, written, failed } = this.#parts;
    if (this.#open !== null || !isOpen()) return;
    this.rest();
    const group = this.#waiting;
    this.#waiting = new Group();
    group.lines.push(...changes());
    if (group.lines.length === 0) {
      group.succeed();
      return;
    }
    this.#open = group;
    const lines = group.lines.splice(0).join("\n");
    write(lines).then(
      (space) => {
        this.#open = null;
        this.count += 1;
        written(group, lines, space);
        group.succeed();
        this.schedule();
      },
      (error: StoreError) => failed(error, group),
    );
  }

  /** Writes all there is. Ends early when the store fails: who waits for what was in it has been told. */
  async flush(): Promise<void> {
    const hasWork = () => this.#waiting.lines.length > 0 || this.#parts.hasChanges();
    while (this.#parts.isOpen() && (this.#open !== null || hasWork())) {
      this.begin();
      await this.#open?.done.catch(() => {});
    }
  }

  /** Nothing of what is not on disk ever will be. */
  fail(refusal: Error): void {
    const groups = [this.#open, this.#waiting];
    this.#open = null;
    this.#waiting = new Group();
    for (const group of groups) group?.fail(refusal);
  }

  /** No timer runs any more. */
  rest(): void {
    this.#timer?.stop.abort();
    this.#timer = null;
  }
}
