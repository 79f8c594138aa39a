/** What a line has carried: every request with its times, and sums that never forget. */
import { isSealed } from "../modbus/crc.ts";
import { heardFrame } from "../modbus/rtu.ts";
import type { Spoken } from "./wire.ts";

/** Bytes that a master put on the line, as the slaves could see them. */
export interface LineRequest {
  /** The gateway's side of the line, or the foreign master. */
  by: "master" | "second";
  bytes: Uint8Array;
  /** Monotonic ms of its first and last moment on the wire. */
  startMs: number;
  endMs: number;
  /** Silence before it; negative when somebody still talked; +∞ for the first thing ever said. */
  silenceMs: number;
  /** It came before the silence that must precede a frame. */
  early: boolean;
  /** A pause inside was longer than 1.5 characters (0.75 ms above 19,200 baud). */
  torn: boolean;
  /** Somebody else talked at the same time. */
  collided: boolean;
  /** null when the checksum does not fit. */
  unit: number | null;
  fc: number | null;
}

export interface LineCounts {
  /** Of the master's: all, and those with each fault. */
  requests: number;
  early: number;
  torn: number;
  collided: number;
  badCrc: number;
  /** Requests of the foreign master. */
  foreign: number;
  /** Bytes of the master that found no room in front of the wire. */
  overrun: number;
  /** Bytes on the line that were not the master's own. */
  heard: number;
  /** Time in which characters were on the wire, ms. */
  busyMs: number;
}

/** A part of what was said, from one byte to before another. */
interface Part {
  from: number;
  to: number;
}

export class LineRecord {
  /** The latest requests, oldest first. */
  readonly requests: LineRequest[] = [];
  tornMs = 0;
  readonly #most: number;
  #characterMs = 0;
  #silenceMs = 0;
  counts: LineCounts = none();

  constructor(most: number) {
    this.#most = most;
  }

  /** How fast the line is from now on. */
  pace(characterMs: number, silenceMs: number, tornMs: number): void {
    this.#characterMs = characterMs;
    this.#silenceMs = silenceMs;
    this.tornMs = tornMs;
  }

  /**
   * Writes down what a master said, and whether it began early. Requests that it sent without the silence between
   * are several, all but the first early, though no slave can tell them apart.
   */
  add(by: LineRequest["by"], spoken: Spoken): boolean {
    for (const part of partsOf(Uint8Array.from(spoken.bytes))) {
      const request = this.#request(by, spoken, part);
      this.requests.push(request);
      if (this.requests.length > this.#most) this.requests.shift();
      this.#count(request);
    }
    return this.#isEarly(spoken.silenceMs);
  }

  #request(by: LineRequest["by"], spoken: Spoken, { from, to }: Part): LineRequest {
    const starts = spoken.startsMs.slice(from, to);
    const ends = spoken.startsMs.map((startMs) => startMs + this.#characterMs);
    const startMs = from === 0 ? spoken.startMs : (starts[0] ?? spoken.startMs);
    const silenceMs = from === 0 ? spoken.silenceMs : startMs - (ends[from - 1] ?? startMs);
    const pauses = starts.slice(1).map((start, index) => start - (ends[from + index] ?? start));
    const bytes = Uint8Array.from(spoken.bytes.slice(from, to));
    const asked = spoken.collided ? null : heardFrame(bytes);
    return {
      by,
      bytes,
      startMs,
      endMs: to === spoken.bytes.length ? spoken.endMs : (ends[to - 1] ?? spoken.endMs),
      silenceMs,
      early: this.#isEarly(silenceMs),
      torn: Math.max(0, ...pauses) > this.tornMs,
      collided: spoken.collided,
      unit: asked?.unit ?? null,
      fc: asked?.pdu[0] ?? null,
    };
  }

  /** Sums of fractions of a millisecond: a millionth is none. */
  #isEarly(silenceMs: number): boolean {
    return silenceMs < this.#silenceMs - 1e-6;
  }

  /** Forgets everything. */
  clear(): void {
    this.requests.length = 0;
    this.counts = none();
  }

  #count({ by, early, torn, collided, unit }: LineRequest): void {
    const { counts } = this;
    if (by === "second") {
      counts.foreign += 1;
      return;
    }
    counts.requests += 1;
    if (early) counts.early += 1;
    if (torn) counts.torn += 1;
    if (collided) counts.collided += 1;
    if (unit === null) counts.badCrc += 1;
  }
}

function none(): LineCounts {
  return {
    requests: 0,
    early: 0,
    torn: 0,
    collided: 0,
    badCrc: 0,
    foreign: 0,
    overrun: 0,
    heard: 0,
    busyMs: 0,
  };
}

/** Whole requests one behind the other, and what is left; one part when it is one request or none. */
function partsOf(bytes: Uint8Array): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (;;) {
    const length = requestBytes(bytes.subarray(from));
    const to = from + length;
    if (length === 0 || to >= bytes.length || !isSealed(bytes.subarray(from, to))) break;
    parts.push({ from, to });
    from = to;
  }
  return [...parts, { from, to: bytes.length }];
}

/** Bytes that a request has which begins like this; 0 when that cannot be told. */
function requestBytes(bytes: Uint8Array): number {
  const fc = bytes[1] ?? 0;
  if (fc >= 1 && fc <= 6) return 8;
  return fc === 15 || fc === 16 ? 9 + (bytes[6] ?? 0) : 0;
}
