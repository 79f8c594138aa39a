/**
 * The connections of an HTTP door.
 *
 * Holds: none waits for ever for a request or the rest of one; the time that an answer takes is not limited.
 */
import type { Socket } from "node:net";

export interface HttpTimes {
  /** From the first byte, or from the connection, to the end of the headers. */
  headTimeoutMs: number;
  /** From there to the end of the body. */
  requestTimeoutMs: number;
  /** Between an answer and the next request. */
  idleTimeoutMs: number;
}

interface Waiting {
  deadlineMs: number;
  /** Requests begun and not yet both heard and answered. */
  open: number;
  /** Bytes read when it became idle; null while it is not. */
  idleBytes: number | null;
}

export class HttpConnections {
  readonly #times: HttpTimes;
  readonly #nowMs: () => number;
  #sockets = new Map<Socket, Waiting>();

  constructor(times: HttpTimes, nowMs: () => number) {
    this.#times = times;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** A connection that is read: it has to say what it wants. */
  add(socket: Socket): void {
    this.#keep(socket, this.#nowMs() + this.#times.headTimeoutMs);
  }

  /** A connection that nobody reads, and nobody ends. */
  hold(socket: Socket): void {
    this.#keep(socket, Number.POSITIVE_INFINITY);
  }

  /** The headers of a request are there. Call `heard` at the end of its body, `answered` when its answer is over. */
  request(socket: Socket): { heard(): void; answered(): void } {
    const waiting = this.#sockets.get(socket);
    if (waiting === undefined) return { heard: () => undefined, answered: () => undefined };
    waiting.open += 1;
    waiting.idleBytes = null;
    waiting.deadlineMs = this.#nowMs() + this.#times.requestTimeoutMs;
    let left = 2;
    const part = () => {
      left -= 1;
      if (left > 0) return;
      waiting.open -= 1;
      if (waiting.open > 0) return;
      waiting.idleBytes = socket.bytesRead;
      waiting.deadlineMs = this.#nowMs() + this.#times.idleTimeoutMs;
    };
    return {
      heard: () => {
        waiting.deadlineMs = Number.POSITIVE_INFINITY;
        part();
      },
      answered: part,
    };
  }

  /** Ends those that took too long; to be called every second. */
  step(): void {
    const now = this.#nowMs();
    for (const [socket, waiting] of this.#sockets) {
      if (waiting.idleBytes !== null && socket.bytesRead > waiting.idleBytes) {
        waiting.idleBytes = null;
        waiting.deadlineMs = now + this.#times.headTimeoutMs;
      }
      if (now >= waiting.deadlineMs) socket.destroy();
    }
  }

  cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #keep(socket: Socket, deadlineMs: number): void {
    this.#sockets.set(socket, { deadlineMs, open: 0, idleBytes: null });
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
