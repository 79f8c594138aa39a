/**
 * A line: bytes out, bytes in, one exchange at a time. It knows silence and patience, and no protocol.
 */
import type { Fault } from "../contract/index.ts";

/** How fast bytes go. Null in its place: a packet network, which has no silence to keep. */
export interface Timing {
  /** One character with its start, parity and stop bits, ms. */
  characterMs: number;
  /** Rest of the line that ends a frame, ms. */
  silenceMs: number;
}

/**
 * What a protocol says of the bytes received so far.
 * `more`: nothing is wrong, at least so many are missing; the first `skipped` are of something else, and as long as
 * there are no others the answer has not begun. `answer`: whole. `fault`: no byte can mend it.
 */
export type Verdict<A, F> = { more: number; skipped?: number } | { answer: A } | { fault: F };

export interface Limits {
  /** From the end of the request to the first byte of the answer. */
  firstMs: number;
  /** Longest rest inside an answer, beyond the time that the missing bytes need; of all rests together, four times this. */
  betweenMs: number;
}

/**
 * What an exchange gave.
 * `silent`: nothing came. `short`: it began and did not go on. `restless`: the line was never quiet enough to ask.
 * `received`: all that came until the line was quiet, the first 512 bytes of it.
 */
export type Exchanged<A, F> =
  | {
      answer: A;
      /** What it took beyond the bytes and the silence that ends the request: the device and what is between, ms. */
      turnaroundMs: number;
    }
  | { fault: F | "silent" | "short" | "restless"; received: Uint8Array };

export interface Line {
  /** Settles once: null after close(), else why it was lost. */
  readonly ended: Promise<Fault | null>;
  /** How many bytes came when nothing was asked. */
  readonly strays: number;
  /** The last of them since this was called before, at most 256: they tell who else is on the line. */
  takeStrays(): Uint8Array;
  /**
   * Sends `bytes` when the line has been silent for long enough, and collects until `judge` is content. Without any
   * it only listens, from such a silence on.
   * After anything but an answer the line stays quiet until nothing has come for the legal silence and the time for
   * an answer is over, also when the exchange was aborted: then the next one waits for it.
   * @param judge is given everything since the request; its throw ends the exchange
   * @throws the reason of `signal`, at once; LineError when the line has ended
   */
  exchange<A, F>(
    bytes: Uint8Array,
    judge: (received: Uint8Array) => Verdict<A, F>,
    limits: Limits,
    signal: AbortSignal,
  ): Promise<Exchanged<A, F>>;
  /** Frees the port or the socket; whoever is exchanging gets a LineError. */
  close(): Promise<void>;
}
