/**
 * A line over any stream of bytes: a serial port, a socket, a pair in memory.
 *
 * Holds:
 * - At most one exchange at a time. No byte leaves before the legal silence since the last byte of either way;
 *   when what was sent is out is computed from its length, as a serial server does not say it.
 * - What comes unasked is counted, and its last 256 bytes are kept until taken; of what is asked, 512 bytes are kept.
 * - Far more than a wire can carry ends the line, and so does an end that takes nothing.
 * - `ended` settles once; after it nothing is sent, and no timer is left.
 * Never happens: an `error` of the stream without a listener, which would end the process.
 */
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Fault } from "../contract/index.ts";
import { LineError, lineFault } from "./faults.ts";
import type { Exchanged, Limits, Line, Timing, Verdict } from "./line.ts";

/** Longer than any frame of a protocol on such lines. */
const keptBytes = 512;
const keptStrays = 256;
/** What may come unasked at once: what a serial server kept while the network was away. */
const burstBytes = 16_384;
/** What a packet network may carry unasked; a wire carries what its characters allow. */
const networkBytesPerMs = 100;

export interface StreamLineOptions {
  clock: Clock;
  timing: Timing | null;
  /** What comes so soon after it was opened is from before; ms, default 0. */
  staleMs?: number;
  /** Sees every byte, both ways. */
  trace(way: "tx" | "rx", bytes: Uint8Array): void;
  /** Why the stream ended, by its error; called once. */
  lossOf(error: unknown): Fault;
  /** Resolves when the port or the socket is free. */
  free(): Promise<void>;
}

export class StreamLine implements Line {
  readonly ended: Promise<Fault | null>;
  readonly #stream: Duplex;
  readonly #options: StreamLineOptions;
  readonly #silenceMs: number;
  readonly #characterMs: number;
  #settle!: (fault: Fault | null) => void;
  /** Set when it has ended. */
  #over: { fault: Fault | null; freed: Promise<void> } | null = null;
  #exchanging = false;
  /** Where bytes go while something is asked. */
  #buffer: Uint8Array | null = null;
  #length = 0;
  #wake: () => void = () => {};
  /** Monotonic ms: last byte in, last byte out, and when the answer to what failed can no longer come. */
  #heardAt: number;
  #sentAt = Number.NEGATIVE_INFINITY;
  #quietFrom = Number.NEGATIVE_INFINITY;
  #strays = 0;
  #overheard = new Uint8Array();
  #surplus = { bytes: 0, at: 0 };

  constructor(stream: Duplex, options: StreamLineOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#silenceMs = options.timing?.silenceMs ?? 0;
    this.#characterMs = options.timing?.characterMs ?? 0;
    // Nobody knows what was on the line before.
    this.#heardAt = options.clock.monotonicMs();
    if (options.staleMs !== undefined) this.#quietFrom = this.#heardAt + options.staleMs;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    stream.on("error", (error) => this.#lost(error));
    stream.on("end", () => this.#lost(null));
    stream.on("close", (error: unknown) => this.#lost(error));
    stream.on("data", (chunk: Uint8Array) => this.#heard(chunk));
  }

  get strays(): number {
    return this.#strays;
  }

  takeStrays(): Uint8Array {
    const taken = this.#overheard;
    this.#overheard = new Uint8Array();
    return taken;
  }

  async exchange<A, F>(
    bytes: Uint8Array,
    judge: (received: Uint8Array) => Verdict<A, F>,
    limits: Limits,
    signal: AbortSignal,
  ): Promise<Exchanged<A, F>> {
    signal.throwIfAborted();
    if (this.#exchanging) throw new Error("an exchange is under way on this line");
    this.#exchanging = true;
    try {
      this.#open();
      const isWire = this.#options.timing !== null;
      if (isWire && !(await this.#silence(limits, signal)))
        return { fault: "restless", received: new Uint8Array() };
      this.#send(bytes, limits);
      const outcome = await this.#collect(judge, limits, signal);
      if ("answer" in outcome) {
        this.#quietFrom = Number.NEGATIVE_INFINITY;
        const answerMs = this.#heardAt - this.#sentAt;
        const wireMs = this.#length * this.#characterMs + this.#silenceMs;
        return { ...outcome, turnaroundMs: Math.max(0, answerMs - wireMs) };
      }
      if (isWire) await this.#silence(limits, signal);
      return { ...outcome, received: this.#received() };
    } finally {
      this.#exchanging = false;
      this.#buffer = null;
    }
  }

  close(): Promise<void> {
    return this.#end(null);
  }

  /** Waits until a frame may begin; false when the line does not come to rest within the time for one answer. */
  async #silence({ firstMs }: Limits, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const patience = Math.max(clock.monotonicMs(), this.#quietFrom) + firstMs;
    for (;;) {
      this.#open();
      const quietAt = this.#quietAt();
      const now = clock.monotonicMs();
      if (quietAt > now) {
        if (now >= patience) return false;
        await this.#sleep(Math.min(quietAt, patience) - now, signal);
        continue;
      }
      // What the kernel holds already is heard first.
      await turn();
      signal.throwIfAborted();
      this.#open();
      if (this.#quietAt() === quietAt) return true;
    }
  }

  #quietAt(): number {
    return Math.max(this.#quietFrom, Math.max(this.#heardAt, this.#sentAt) + this.#silenceMs);
  }

  #send(bytes: Uint8Array, { firstMs }: Limits): void {
    if (this.#stream.writableLength > 0) {
      void this.#end(lineFault("line.stalled"));
      this.#open();
    }
    this.#buffer = new Uint8Array(keptBytes);
    this.#length = 0;
    // Nothing is sent to whoever speaks by itself.
    if (bytes.length > 0) {
      this.#options.trace("tx", bytes);
      this.#stream.write(bytes);
    }
    this.#sentAt = this.#options.clock.monotonicMs() + bytes.length * this.#characterMs;
    this.#quietFrom = this.#sentAt + firstMs;
  }

  async #collect<A, F>(
    judge: (received: Uint8Array) => Verdict<A, F>,
    { betweenMs }: Limits,
    signal: AbortSignal,
  ): Promise<{ answer: A } | { fault: F | "silent" | "short" }> {
    const { clock } = this.#options;
    const firstUntil = this.#quietFrom;
    let judged = 0;
    /** When the answer began, and behind how many bytes. */
    let begun = null as { at: number; behind: number } | null;
    let deadline = firstUntil;
    for (;;) {
      if (this.#length > judged) {
        judged = this.#length;
        const verdict = judge(this.#received());
        if (!("more" in verdict)) return verdict;
        const { more, skipped = 0 } = verdict;
        if (judged <= skipped) begun = null;
        else if (begun?.behind !== skipped) begun = { at: this.#heardAt, behind: skipped };
        const nextUntil = this.#heardAt + more * this.#characterMs + betweenMs;
        deadline =
          begun === null ? firstUntil : Math.min(nextUntil, this.#wholeUntil(begun, more, betweenMs));
      }
      this.#open();
      const left = deadline - clock.monotonicMs();
      if (left <= 0) return { fault: begun === null ? "silent" : "short" };
      await this.#sleep(left, signal);
    }
  }

  /** However often it rests. */
  #wholeUntil({ at, behind }: { at: number; behind: number }, more: number, betweenMs: number): number {
    return at + (this.#length - behind + more) * this.#characterMs + 4 * betweenMs;
  }

  #received(): Uint8Array {
    return this.#buffer?.slice(0, this.#length) ?? new Uint8Array();
  }

  #heard(chunk: Uint8Array): void {
    if (this.#over !== null || chunk.length === 0) return;
    const now = this.#options.clock.monotonicMs();
    this.#heardAt = now;
    this.#options.trace("rx", chunk);
    const room = this.#buffer === null ? 0 : keptBytes - this.#length;
    if (this.#buffer !== null) {
      const kept = chunk.subarray(0, room);
      this.#buffer.set(kept, this.#length);
      this.#length += kept.length;
    } else {
      this.#strays += chunk.length;
      this.#overheard = lastOf(keptStrays, this.#overheard, chunk);
    }
    if (chunk.length > room) this.#measure(chunk.length - room, now);
    if (room > 0) this.#wake();
  }

  /** Bytes beyond what was asked, against what a wire can carry. */
  #measure(bytes: number, now: number): void {
    const perMs = this.#characterMs > 0 ? 2 / this.#characterMs : networkBytesPerMs;
    const surplus = this.#surplus;
    surplus.bytes = Math.max(0, surplus.bytes - (now - surplus.at) * perMs) + bytes;
    surplus.at = now;
    if (surplus.bytes > burstBytes) void this.#end(lineFault("line.flood"));
  }

  /** @throws LineError when the line has ended */
  #open(): void {
    if (this.#over !== null) throw new LineError(this.#over.fault ?? lineFault("line.aborted"));
  }

  /** Until `ms` have passed, something came, or the line ended. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    // A reason of its own: the usual one is an error with a stack.
    const wake = () => woken.abort("woken");
    this.#wake = wake;
    signal.addEventListener("abort", wake);
    // A timer of whole ms that ends early would break the silence.
    await this.#options.clock.sleep(Math.ceil(ms), woken.signal).catch(() => {});
    signal.removeEventListener("abort", wake);
    this.#wake = () => {};
    signal.throwIfAborted();
  }

  #lost(error: unknown): void {
    if (this.#over === null) void this.#end(this.#options.lossOf(error));
  }

  #end(fault: Fault | null): Promise<void> {
    if (this.#over === null) {
      const freed = this.#options.free().then(() => this.#settle(fault));
      this.#over = { fault, freed };
      this.#wake();
    }
    return this.#over.freed;
  }
}

function lastOf(most: number, before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept = before.subarray(Math.max(0, before.length + Math.min(chunk.length, most) - most));
  const added = chunk.subarray(Math.max(0, chunk.length - most));
  const all = new Uint8Array(kept.length + added.length);
  all.set(kept);
  all.set(added, kept.length);
  return all;
}
