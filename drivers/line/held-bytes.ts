/**
 * The bytes of a link's lines on their way into a recording. What comes is held back until it can be understood, put
 * together, and taken apart again at the same places and times.
 *
 * Holds: what is given out has gone through the rules of its driver, and is as long as what came; it is held until the
 * next request, or until it stands by itself where nobody asks; what was held is wiped when it is given out; what is
 * more than is said at once is left out, and told how much it was. A line has a number in place of its name.
 */
import { printBytes } from "../../config/schema/recording.ts";
import type { ScrubberContext } from "../contract/index.ts";

/** Bytes that are kept of what came and is not given out yet. */
export const mostHeld = 1024;

/** What a driver says of its bytes. Never throws, and keeps nothing of them. `line`: its number. */
export interface HeldRules {
  /** What may be kept of what was sent, as many bytes; empty ones are none. */
  asked(bytes: Uint8Array, line: number): Uint8Array;
  /** What may be kept of all that came since, as many bytes. */
  said(bytes: Uint8Array, line: number): Uint8Array;
  /** For lines on which somebody speaks unasked: how many of these bytes, at the front, belong to nothing that follows. */
  whole?(bytes: Uint8Array): number;
  /** For the same: rest of the line after which nothing of before belongs to what follows, ms. */
  restMs?: number;
}

interface Held {
  atMs: number;
  bytes: Uint8Array;
  cut: number;
}

interface Heard {
  number: number;
  held: Held[];
  length: number;
  heardMs: number;
}

export class HeldBytes {
  readonly #rules: HeldRules;
  readonly #take: ScrubberContext["take"];
  readonly #lines = new Map<string, Heard>();

  constructor(rules: HeldRules, take: ScrubberContext["take"]) {
    this.#rules = rules;
    this.#take = take;
  }

  /** Counted from 1, as they were first heard of. */
  numberOf(name: string): number {
    return this.#line(name).number;
  }

  /** @param atMs since the recording began */
  bytes(atMs: number, name: string, way: "tx" | "rx", bytes: Uint8Array): void {
    const line = this.#line(name);
    if (way === "rx") this.#hold(line, atMs, bytes);
    else {
      this.#release(line, line.length);
      const asked = this.#rules.asked(bytes, line.number);
      if (asked.length > 0) this.#give(line, "tx", atMs, asked, 0);
    }
  }

  flush(): void {
    for (const line of this.#lines.values()) this.#release(line, line.length);
  }

  #line(name: string): Heard {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line: Heard = { number: this.#lines.size + 1, held: [], length: 0, heardMs: 0 };
    this.#lines.set(name, line);
    return line;
  }

  #hold(line: Heard, atMs: number, bytes: Uint8Array): void {
    const { whole, restMs = Number.POSITIVE_INFINITY } = this.#rules;
    if (atMs - line.heardMs >= restMs) this.#release(line, line.length);
    // A slice of a Buffer would be the line's own bytes, which are not ours to wipe.
    const kept = Uint8Array.from(bytes.subarray(0, Math.max(0, mostHeld - line.length)));
    line.heardMs = atMs;
    line.length += kept.length;
    line.held.push({ atMs, bytes: kept, cut: bytes.length - kept.length });
    if (whole === undefined) return;
    const all = joined(line.held);
    // What never ends is given out in pieces.
    this.#release(line, all.length >= mostHeld ? all.length : whole(all));
    all.fill(0);
  }

  /** @param length so many bytes at the front, and what was left out behind them */
  #release(line: Heard, length: number): void {
    const { held } = line;
    if (held.length === 0 || (length === 0 && line.length > 0)) return;
    const before = joined(held);
    const made = this.#rules.said(before.subarray(0, length), line.number);
    line.held = [];
    line.length -= length;
    let at = 0;
    for (const one of held) {
      const room = Math.max(0, Math.min(one.bytes.length, length - at));
      const isWhole = room === one.bytes.length;
      if (room > 0 || isWhole)
        this.#give(line, "rx", one.atMs, made.subarray(at, at + room), isWhole ? one.cut : 0);
      if (!isWhole) line.held.push({ ...one, bytes: one.bytes.slice(room) });
      at += one.bytes.length;
      one.bytes.fill(0);
    }
    before.fill(0);
  }

  #give({ number }: Heard, way: "tx" | "rx", atMs: number, bytes: Uint8Array, cut: number): void {
    this.#take({
      ms: Math.round(atMs * 10) / 10,
      line: number,
      way,
      bytes: printBytes(bytes),
      ...(cut === 0 ? {} : { cut }),
    });
  }
}

function joined(held: readonly Held[]): Uint8Array {
  const all = new Uint8Array(held.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of held) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}
