/**
 * A recorded line in place of the real one: what was asked then and is asked again gets the bytes that came then, each
 * as long after the request as it came. What came before the first request comes after the line is attached to; what a
 * projector greets with comes to everybody who attaches.
 *
 * Holds: each answer is given once, those to the same request in their recorded order; a read that was not recorded, of
 * registers that were, gets their recorded values (`derived`); any other is on record and gets silence.
 */
import type { Clock } from "../../config/schema/context.ts";
import { bytesOf, type LineEntry, printBytes, type Recording } from "../../config/schema/recording.ts";
import type { LinePort } from "./cable.ts";
import { Pacer } from "./pacer.ts";
import {
  answerOf,
  dataFor,
  type Framing,
  type Piece,
  type RecordedExchange,
  type RecordedRead,
  readOf,
  withAnswer,
} from "./recorded-exchange.ts";

export interface ReplayOptions {
  clock: Clock;
  /** Which of the recording's lines; default 1. */
  line?: number;
}

interface Exchange extends RecordedExchange {
  said: Piece[];
  used: boolean;
}

/** Modbus TCP numbers its requests, and another run has other numbers. */
const numberBytes = 2;
/** What each connection to a projector begins with, and the digest in front of what it is asked (PJLink 2.10, 5.1). */
const greets = /^PJLINK [01]/;
const digest = /^[0-9a-f]{32}(?=%)/;

export class ReplayedLine {
  /** What was asked, and nothing that was recorded answers it. */
  readonly unanswered: { bytes: Uint8Array; text: string; atMs: number }[] = [];
  /** What was asked and answered by what another request had been. */
  readonly derived: string[] = [];
  readonly #clock: Clock;
  readonly #framing: Framing;
  readonly #isPjlink: boolean;
  readonly #greetings: Piece[] = [];
  readonly #before: Piece[] = [];
  readonly #exchanges: Exchange[] = [];
  readonly #pacer: Pacer;
  readonly #ports = new Set<(bytes: Uint8Array) => void>();
  #due: { atMs: number; bytes: Uint8Array }[] = [];
  #begun = false;

  constructor({ header, entries }: Recording, { clock, line = 1 }: ReplayOptions) {
    this.#clock = clock;
    this.#framing = header.link.kind === "modbus-tcp" ? "tcp" : "rtu";
    this.#isPjlink = header.link.kind === "pjlink";
    this.#pacer = new Pacer(clock, () => this.#step());
    let sentMs = 0;
    for (const entry of entries) {
      if (!isOf(entry, line)) continue;
      if (entry.way === "tx") {
        const asked = bytesOf(entry);
        this.#exchanges.push({ asked, read: readOf(asked, this.#framing), said: [], used: false });
        sentMs = entry.ms;
        continue;
      }
      const bytes = bytesOf(entry);
      if (this.#isPjlink && greets.test(latin1(bytes))) {
        this.#greetings.push({ afterMs: 0, bytes });
        continue;
      }
      const said = this.#exchanges.at(-1)?.said ?? this.#before;
      said.push({ afterMs: entry.ms - sentMs, bytes });
    }
  }

  /** Requests of the recording that nobody has asked yet. */
  get left(): number {
    return this.#exchanges.filter(({ used }) => !used).length;
  }

  /** A master's end; `receive` gets what comes, in order. */
  attach(receive: (bytes: Uint8Array) => void): LinePort {
    this.#ports.add(receive);
    const [greeting] = this.#greetings;
    if (this.#greetings.length > 1) this.#greetings.shift();
    if (greeting !== undefined) this.#say([greeting]);
    if (!this.#begun) this.#say(this.#before);
    this.#begun = true;
    return {
      send: (bytes) => this.#ask(Uint8Array.from(bytes)),
      detach: () => void this.#ports.delete(receive),
    };
  }

  /** Nothing comes any more. */
  close(): void {
    this.#pacer.close();
    this.#ports.clear();
  }

  #ask(bytes: Uint8Array): void {
    const wanted = this.#key(bytes);
    const exchange = this.#exchanges.find(({ asked, used }) => !used && this.#key(asked) === wanted);
    if (exchange !== undefined) {
      exchange.used = true;
      this.#say(
        exchange.said.map((piece) => ({ ...piece, bytes: this.#renumbered(piece.bytes, exchange, bytes) })),
      );
      return;
    }
    const pieces = this.#derive(bytes);
    if (pieces === null)
      this.unanswered.push({ bytes, text: printBytes(bytes), atMs: this.#clock.monotonicMs() });
    else {
      this.derived.push(printBytes(bytes));
      this.#say(pieces);
    }
  }

  /** null: nothing that was recorded says what it would have been. */
  #derive(asked: Uint8Array): Piece[] | null {
    const read = readOf(asked, this.#framing);
    if (read === null) return null;
    const next = this.#probeOf(read);
    if (next !== undefined) next.used = true;
    const at = next === undefined ? 0 : this.#exchanges.indexOf(next);
    for (const source of [...this.#exchanges.slice(at), ...this.#exchanges.slice(0, at)]) {
      const data = dataFor(read, source, this.#framing);
      if (data === null) continue;
      const answer = answerOf(read, data, asked, this.#framing);
      // What was recorded in the place of this request comes with it: a late answer, noise, or silence.
      if (next !== undefined) return next.said.length === 0 ? [] : withAnswer(next, answer, this.#framing);
      return [{ afterMs: source.said.at(-1)?.afterMs ?? 0, bytes: answer }];
    }
    return null;
  }

  /** The recorded request that was asked for the same reason: fewer registers, before the ones that were wanted. */
  #probeOf({ unit, fc, address, count }: RecordedRead): Exchange | undefined {
    const own = this.#exchanges.filter(({ read, used }) => !used && read?.unit === unit);
    const [first, then] = own;
    const isLike = (one: Exchange | undefined) => one?.read?.fc === fc && one.read.address === address;
    const isProbe = isLike(first) && isLike(then) && first?.read?.count !== then?.read?.count;
    return isProbe && first?.read?.count !== count ? first : undefined;
  }

  #key(bytes: Uint8Array): string {
    if (this.#isPjlink) return latin1(bytes).replace(digest, "");
    return printBytes(this.#framing === "tcp" ? bytes.subarray(numberBytes) : bytes);
  }

  /** With the number of the request that is asked now, where it had that of the recorded one. */
  #renumbered(said: Uint8Array, { asked }: Exchange, now: Uint8Array): Uint8Array {
    const isSame = said.length >= numberBytes && said[0] === asked[0] && said[1] === asked[1];
    if (this.#framing === "rtu" || !isSame) return said;
    return Uint8Array.of(...now.subarray(0, numberBytes), ...said.subarray(numberBytes));
  }

  #say(pieces: readonly Piece[]): void {
    const nowMs = this.#clock.monotonicMs();
    this.#due.push(...pieces.map(({ afterMs, bytes }) => ({ atMs: nowMs + afterMs, bytes })));
    this.#due.sort((a, b) => a.atMs - b.atMs);
    this.#pacer.poke();
  }

  #step(): number {
    const nowMs = this.#clock.monotonicMs();
    while (this.#due[0] !== undefined && this.#due[0].atMs <= nowMs) {
      const { bytes } = this.#due.shift() ?? { bytes: new Uint8Array() };
      for (const receive of this.#ports) receive(bytes);
    }
    return this.#due[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

const isOf = (entry: Recording["entries"][number], line: number): entry is LineEntry =>
  "way" in entry && entry.line === line;
