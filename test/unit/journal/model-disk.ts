import type { Asks, Op, Replies } from "../../../edge/journal/wire.ts";
import { StoreError, WriterThread } from "../../../edge/journal/writer-thread.ts";

/**
 * The disk as the journal's main half sees it: what it asks of its writer passes through here, is counted,
 * and may be stalled or refused. A stalled commit has not reached the file: a copy taken now is what a crash leaves.
 */
export class ModelDisk {
  /** Most commits that were open at one time. */
  most = 0;
  /** The next commit fails: before it reaches the file, or after, so that only its answer is lost. */
  refuse: "before" | "after" | null = null;
  refusals = 0;
  /** The next commit by which rows make room stalls: before it reaches the file, or what comes after it. */
  trap: "before" | "after" | null = null;
  #open = 0;
  #stall: { gate: Promise<void>; end(): void } | null = null;
  readonly #call = WriterThread.prototype.call;

  begin(): void {
    const call = this.#call;
    const pass = this.#pass.bind(this);
    WriterThread.prototype.call = function <O extends Op>(this: WriterThread, op: O, ask: Asks[O]) {
      return pass(op, ask, () => call.call(this, op, ask)) as Promise<Replies[O]>;
    };
  }

  end(): void {
    WriterThread.prototype.call = this.#call;
  }

  /** From now on nothing reaches the writer; only call while it is idle. */
  stall(): void {
    let end = () => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#stall = { gate, end };
  }

  get stalled(): boolean {
    return this.#stall !== null;
  }

  /** What was stalled goes on, in order. */
  async flow(): Promise<void> {
    this.#stall?.end();
    this.#stall = null;
    await new Promise(setImmediate);
  }

  #caught(): void {
    this.trap = null;
    if (!this.stalled) this.stall();
  }

  async #pass<T>(op: Op, ask: Asks[Op], go: () => Promise<T>): Promise<T> {
    const commit = op === "commit";
    const thins = commit && /(^|\n)T\[/.test((ask as Asks["commit"]).lines);
    if (thins && this.trap === "before") this.#caught();
    if (commit) this.most = Math.max(this.most, ++this.#open);
    try {
      if (this.#stall !== null) await this.#stall.gate;
      const refuse = commit ? this.refuse : null;
      if (refuse !== null) {
        this.refuse = null;
        this.refusals += 1;
      }
      if (refuse === "before") throw new StoreError("ENOSPC", "no space left");
      const reply = await go();
      if (thins && this.trap === "after") this.#caught();
      if (refuse === "after") throw new StoreError("EIO", "the answer was lost");
      return reply;
    } finally {
      if (commit) this.#open -= 1;
    }
  }
}
