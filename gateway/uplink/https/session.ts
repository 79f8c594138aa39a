/**
 * Batches to one platform, each with its answer.
 *
 * Holds: a batch is answered by the receipt that names it, and by nothing else; while the platform has only queued it
 * (202), or answers with what is no receipt for it, the same request with the same key goes again, never sooner than
 * after 1 s, until `signal` aborts or `unconfirmedMs` are over; at most `window` batches are unanswered, the others wait
 * for their turn and alarms go first.
 * Ends: by `close`; when the platform refuses what every batch would need; when two exchanges in a row come to nothing
 * because of the connection, with no answer to anything in between. One cut connection fails at most its own batch.
 */
import { maxBatchBytes } from "../../../config/schema/batch.ts";
import {
  type Batch,
  type Receipt,
  type UplinkContext,
  UplinkError,
  type UplinkSession,
} from "../../contract/index.ts";
import { type Packed, pack } from "../../encode/compression.ts";
import { tooLarge } from "../receipt.ts";
import { aborted } from "../socket-fault.ts";
import { Window } from "../window.ts";
import { type Answer, type Ask, exchange } from "./exchange.ts";
import type { HttpsUplinkSettings } from "./schema.ts";
import { judge } from "./verdict.ts";
import type { Way } from "./way.ts";

/** Without a word of the platform how long to wait: doubling from the first to the longest. */
const firstWaitMs = 2000;
const longestWaitMs = 30_000;
/** Whoever queues batches and names a time is asked so often at least. */
const longestAskedMs = 60_000;
/** A batch that is not confirmed for so long is the sender's again. */
const unconfirmedMs = 600_000;

export interface SessionParts {
  way: Way;
  /** Path of the gateway at the platform. */
  path: string;
  /** Value of Authorization. */
  authorization: string;
  compress: HttpsUplinkSettings["compress"];
  context: Pick<UplinkContext, "clock" | "stray">;
  /** Batches unanswered at once. */
  window: number;
}

export class HttpsSession implements UplinkSession {
  readonly confirms = "receipt";
  readonly #parts: SessionParts;
  readonly #places: Window;
  readonly #end = Promise.withResolvers<Error | null>();
  readonly #stop = new AbortController();
  readonly #flights = new Set<string>();
  #over: UplinkError | null = null;
  /** Exchanges that came to nothing since the last answer. */
  #broken = 0;
  /** The batch with which a connection was last cut. */
  #cut: string | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#places = new Window(parts.window);
  }

  get ended(): Promise<Error | null> {
    return this.#end.promise;
  }

  get window(): number {
    return this.#places.size;
  }

  /** `onWire` is told the sum, each time that the request leaves once more. */
  async send(batch: Batch, signal: AbortSignal, onWire?: (bytes: number) => void): Promise<Receipt> {
    if (batch.bytes.length > maxBatchBytes) return tooLarge(batch);
    const leave = await this.#places.take(signal, batch.lane === "early");
    try {
      if (this.#over !== null) throw this.#over;
      if (this.#flights.has(batch.id)) {
        throw new UplinkError("in-flight", "later", "this batch is on its way already");
      }
      this.#flights.add(batch.id);
      return await this.#fly(batch, signal, onWire).finally(() => this.#flights.delete(batch.id));
    } finally {
      leave();
    }
  }

  async close(): Promise<void> {
    this.#finish(new UplinkError("closed", "later", "the uplink was closed"), null);
  }

  /** With what gives it up joined: the sender, or the end of the session. */
  async #fly(batch: Batch, signal: AbortSignal, onWire?: (bytes: number) => void): Promise<Receipt> {
    const stop = new AbortController();
    const abort = () => stop.abort();
    const signals = [signal, this.#stop.signal];
    for (const each of signals) each.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    let sum = 0;
    const left = (bytes: number) => {
      sum += bytes;
      onWire?.(sum);
    };
    try {
      return await this.#untilReceipt(batch, stop.signal, left);
    } catch (error) {
      if (signal.aborted) throw aborted(signal);
      const own = error instanceof UplinkError && error.code !== "aborted";
      if (own && this.#cutAgain(batch, error.code)) return tooLarge(batch);
      throw own ? error : (this.#over ?? error);
    } finally {
      for (const each of signals) each.removeEventListener("abort", abort);
    }
  }

  async #untilReceipt(batch: Batch, signal: AbortSignal, onWire: (bytes: number) => void): Promise<Receipt> {
    const { clock, stray } = this.#parts.context;
    const ask = { ...this.#asking(batch.id, await pack(batch.bytes, this.#parts.compress)), onWire };
    const until = clock.monotonicMs() + unconfirmedMs;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, 2 * waitMs)) {
      const verdict = judge(await this.#ask(ask, signal), batch, clock.wallMs());
      if (verdict.is === "receipt") return verdict.receipt;
      if (verdict.is === "shut") this.#finish(later(verdict.fault), verdict.fault);
      if (verdict.is !== "none") throw verdict.fault;
      if (verdict.stray !== undefined) stray(verdict.stray);
      const restMs = verdict.afterMs === null ? waitMs : Math.min(longestAskedMs, verdict.afterMs);
      if (clock.monotonicMs() + restMs >= until) {
        throw new UplinkError("unconfirmed", "later", "the platform took the batch but confirms nothing");
      }
      await clock.sleep(restMs, signal);
    }
  }

  #asking(id: string, { bytes, encoding }: Packed): Ask {
    const { path, authorization } = this.#parts;
    const headers = {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      "idempotency-key": id,
      authorization,
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    };
    return { method: "POST", path: `${path}/batches`, headers, body: bytes };
  }

  async #ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    try {
      const answer = await exchange(this.#parts.way, ask, this.#parts.context.clock, signal);
      this.#broken = 0;
      return answer;
    } catch (error) {
      const fault = error as UplinkError;
      if (!signal.aborted) this.#failed(fault);
      throw later(fault);
    }
  }

  #failed(fault: UplinkError): void {
    this.#broken += 1;
    if (this.#broken > 1 || fault.retry === "never") this.#finish(later(fault), fault);
  }

  /** A platform that leaves instead of refusing what is too large would get the same batch for ever. */
  #cutAgain({ id, rows, lane }: Batch, code: string): boolean {
    const again = this.#cut === id;
    this.#cut = code === "lost" ? id : null;
    // A single record cannot be made smaller; alarms travel again in their range, but later.
    return again && code === "lost" && rows > 1 && lane !== "early";
  }

  /** `fault` for who still sends, `told` for who keeps the session. The first end counts. */
  #finish(fault: UplinkError, told: UplinkError | null): void {
    if (this.#over !== null) return;
    this.#over = fault;
    this.#stop.abort();
    this.#parts.way.close();
    this.#end.resolve(told);
  }
}

/** "Never" is for who opens sessions: to a sender it would mean that the batch is to blame. */
function later(fault: UplinkError): UplinkError {
  if (fault.retry === "later") return fault;
  return new UplinkError(fault.code, "later", fault.message, { cause: fault });
}
