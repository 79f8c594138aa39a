/**
 * Devices of the network that are connected to, asked, and left again: they hang up on who is quiet, take one
 * connection, and what one conversation leaves unanswered cannot come into the next.
 *
 * Holds: each visit has a socket of its own, closed before the visit is over; after `close` there is none.
 */
import type { DriverContext } from "../contract/index.ts";
import { withEither } from "../line/either.ts";
import { LineError, lineFault } from "../line/faults.ts";
import type { Line, Timing } from "../line/line.ts";
import { openTcp } from "../line/tcp-socket.ts";

export interface Place {
  host: string;
  port: number;
  /** By which the line is known. */
  line: string;
  /** Of a wire behind a serial server; null: the device itself has a network port. */
  timing: Timing | null;
}

export class Visits {
  readonly #context: Pick<DriverContext, "clock" | "trace">;
  readonly #stop = new AbortController();
  readonly #under = new Set<Promise<unknown>>();

  constructor(context: Pick<DriverContext, "clock" | "trace">) {
    this.#context = context;
  }

  /**
   * @param talk may throw; nothing of the line is used afterwards
   * @throws the reason of `signal`; LineError when it cannot be connected to, or was closed; what `talk` throws
   */
  visit<T>(
    place: Place,
    signal: AbortSignal,
    talk: (line: Line, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const visit = withEither(signal, this.#stop.signal, (either) => this.#visit(place, either, talk));
    const under = visit.then(
      () => {},
      () => {},
    );
    this.#under.add(under);
    void under.then(() => this.#under.delete(under));
    return visit;
  }

  async #visit<T>(
    { host, port, line: name, timing }: Place,
    signal: AbortSignal,
    talk: (line: Line, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, trace } = this.#context;
    let line: Line;
    try {
      line = await openTcp(
        { host, port, timing, clock, trace: (way, bytes) => trace(name, way, bytes) },
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
    try {
      return await talk(line, signal);
    } finally {
      await line.close();
    }
  }

  /** Resolves when no socket is held any more. */
  async close(): Promise<void> {
    this.#stop.abort(new LineError(lineFault("line.aborted")));
    await Promise.all(this.#under);
  }
}
