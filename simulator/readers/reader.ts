/**
 * A reader of cards or codes at a door: somebody comes, holds something in front of it for a moment or for seconds, and
 * goes; then comes the next.
 *
 * Holds: who comes depends on the seed and on how many come, not on who asks; one at a time; what was read is on record.
 */
import { type Drawn, type FaultLimits, HandFaults } from "../fault-list.ts";
import { randomBytes } from "../garble.ts";
import type { Station } from "../links/station-line.ts";
import type { Utterance } from "../links/utterance.ts";
import { type Chance, seeded } from "../seeded.ts";
import type { Holder } from "./holders.ts";

/** How a model says what it has read. */
export interface ReaderModel {
  /** It reads again what is still there after so many ms. */
  readonly repeatMs: number;
  /** @returns what it answers to what it was told */
  hear(byte: number): readonly Uint8Array[];
  /** @returns no bytes: it keeps it for itself */
  say(holder: Holder, acting: Drawn<ReaderFault>): Uint8Array;
}

export type ReaderFault = FaultLimits &
  (
    | /** No power. */ { kind: "silent" }
    | /** A card's sum does not fit. */ { kind: "checksum" }
    | /** A bit of parity is the other way round. */ { kind: "parity" }
    | /** A bit is missing. */ { kind: "lost-bit" }
    | /** The code is filled up to so many characters. */ { kind: "long"; characters: number }
    | /** What is said ends after so many bytes. */ { kind: "cut"; bytes: number }
    | /** Whoever is there, or comes next, leaves the card there until the fault is taken back. */ {
        kind: "stuck";
      }
    | /** Meaningless bytes before and behind. */ { kind: "garbage"; before?: number; after?: number }
  );

export interface ReaderOptions {
  name: string;
  /** Who may come. */
  holders: readonly Holder[];
  /** How many are in the room: whoever comes in has been at the reader. Default: nobody comes by himself. */
  people?: () => number;
  seed?: string | number;
}

/** Somebody at the reader. */
interface Visit {
  holder: Holder;
  holdMs: number;
}

export interface Scan {
  atMs: number;
  holder: Holder;
}

/** How often it is seen whether somebody came, and how long it takes until the next one is there, ms. */
const lookMs = 1000;
const nextMs = 600;
/** Longer queues go in without. */
const maxWaiting = 80;
const maxScans = 1000;
const answerMs = 20;

export class Reader<Model extends ReaderModel = ReaderModel> implements Station {
  readonly name: string;
  readonly model: Model;
  readonly faults: HandFaults<ReaderFault>;
  /** What it has read and said, oldest first. */
  readonly scans: Scan[] = [];
  readonly #options: ReaderOptions;
  readonly #chance: Chance;
  #wake: () => void = () => {};
  #waiting: Visit[] = [];
  #there: (Visit & { untilMs: number }) | null = null;
  #people: number | null = null;
  #lookMs = Number.POSITIVE_INFINITY;
  #readMs = 0;

  constructor(model: Model, options: ReaderOptions) {
    const { name, seed = name } = options;
    this.name = name;
    this.model = model;
    this.faults = new HandFaults("reader", seed);
    this.#options = options;
    this.#chance = seeded("reader", seed);
  }

  get nextMs(): number {
    const busy = this.#there !== null || this.#waiting.length > 0;
    return Math.min(this.#lookMs, busy ? this.#readMs : Number.POSITIVE_INFINITY);
  }

  join(nowMs: number, wake: () => void): void {
    this.#wake = wake;
    this.#readMs = nowMs;
    if (this.#options.people !== undefined) this.#lookMs = nowMs + lookMs * this.#chance();
  }

  /** Somebody comes. @param holdMs how long he holds it there; default: most a moment, some for seconds */
  present(holder: Holder, holdMs = this.#holdMs()): void {
    if (this.#waiting.length < maxWaiting) this.#waiting.push({ holder, holdMs });
    this.#wake();
  }

  hear(byte: number): readonly Utterance[] {
    if (this.faults.has("silent")) return [];
    return this.model.hear(byte).map((bytes) => ({ afterMs: answerMs, bytes, gapMs: 0 }));
  }

  speak(atMs: number): readonly Utterance[] {
    if (atMs >= this.#lookMs) this.#look(atMs);
    if (atMs < this.#readMs) return [];
    if (this.#there !== null && atMs > this.#there.untilMs && !this.faults.has("stuck")) {
      this.#there = null;
      this.#readMs = atMs + nextMs;
      return [];
    }
    const next = this.#there === null ? this.#waiting.shift() : undefined;
    if (next !== undefined) this.#there = { ...next, untilMs: atMs + next.holdMs };
    if (this.#there === null) return [];
    this.#readMs = atMs + this.model.repeatMs;
    return this.#read(this.#there.holder, atMs);
  }

  #read(holder: Holder, atMs: number): Utterance[] {
    const acting = this.faults.draw();
    if (acting.get("silent") !== undefined) return [];
    const said = this.model.say(holder, acting).slice(0, acting.get("cut")?.bytes);
    const { before = 0, after = 0 } = acting.get("garbage") ?? {};
    const bytes = Uint8Array.of(
      ...randomBytes(before, acting.chance),
      ...said,
      ...randomBytes(after, acting.chance),
    );
    if (bytes.length === 0) return [];
    this.scans.push({ atMs, holder });
    if (this.scans.length > maxScans) this.scans.shift();
    return [{ afterMs: 0, bytes, gapMs: 0 }];
  }

  /** Who has come in since it was last looked at. */
  #look(atMs: number): void {
    this.#lookMs = atMs + lookMs;
    const { people, holders } = this.#options;
    const now = people?.() ?? 0;
    const came = Math.max(0, now - (this.#people ?? now));
    this.#people = now;
    for (let n = 0; n < came; n += 1) {
      const holder = holders[Math.floor(this.#chance() * holders.length)];
      const holdMs = this.#holdMs();
      if (holder !== undefined && this.#waiting.length < maxWaiting) this.#waiting.push({ holder, holdMs });
    }
  }

  /** Most tap it, one in four keeps it there for 1 to 4 s (assumption). */
  #holdMs(): number {
    const [whether, long] = [this.#chance(), this.#chance()];
    return whether < 0.75 ? 80 + 300 * long : 1000 + 3000 * long;
  }
}
