/**
 * A pair of wires on which one may talk at a time: characters laid out in time, what is heard of them, and the silences
 * between. Pure in time: nothing happens but in `advance`, and everything happens at its own moment however late that is called.
 *
 * Holds: one talker's characters never overlap; where two talkers' do, one garbled character is heard of both;
 * everything is heard in the order of time, a character only when its last stop bit is over.
 */
import type { Chance } from "../seeded.ts";

/** Somebody on the wire. */
export interface Talker {
  readonly name: string;
}

/** One character as everybody but its talker hears it. */
export interface Heard {
  talker: Talker;
  byte: number;
  /** When it was over, ms. */
  endMs: number;
}

/** What one talker said without pausing for as long as a frame's end. */
export interface Spoken {
  talker: Talker;
  bytes: number[];
  /** When each of the bytes began. */
  startsMs: number[];
  startMs: number;
  endMs: number;
  /** Silence before it; negative when it began while another talked. */
  silenceMs: number;
  /** Longest pause between two of its characters. */
  longestGapMs: number;
  /** Somebody else talked at the same time. */
  collided: boolean;
  /** Nobody else began to talk before the silence behind it was long enough. */
  bySilence: boolean;
}

export interface WireEvents {
  heard(heard: Heard): void;
  /** Somebody has been silent for long enough after talking. */
  spoken(spoken: Spoken): void;
}

interface Slot {
  talker: Talker;
  byte: number;
  startMs: number;
  endMs: number;
}

/** Sums of fractions of a millisecond are equal when they differ by less. */
const sameMs = 1e-6;

export class Wire {
  /** May change while running: what is laid out already stays as it is. */
  characterMs: number;
  silenceMs: number;
  readonly #events: WireEvents;
  readonly #chance: Chance;
  /** On the wire or to come, by start. */
  #slots: Slot[] = [];
  /** By time. */
  #acts: { atMs: number; act(atMs: number): void }[] = [];
  #busyUntil = new Map<Talker, number>();
  #open = new Map<Talker, Spoken>();
  #last: Slot | null = null;
  /** When the receivers have taken in their last character. */
  #takenMs = Number.NEGATIVE_INFINITY;
  /** Characters that were on the wire, collided ones included. */
  characters = 0;

  constructor(characterMs: number, silenceMs: number, chance: Chance, events: WireEvents) {
    this.characterMs = characterMs;
    this.silenceMs = silenceMs;
    this.#chance = chance;
    this.#events = events;
  }

  /**
   * Puts bytes on the wire, from `startMs` on or behind what the talker still has to say. `startMs` is not before
   * the last `advance`. Gives when the last one is over.
   */
  talk(talker: Talker, bytes: Uint8Array, startMs: number, gapMs = 0): number {
    const first = Math.max(startMs, this.busyUntil(talker));
    const pitch = this.characterMs + gapMs;
    let endMs = first;
    for (const [index, byte] of bytes.entries()) {
      endMs = first + index * pitch + this.characterMs;
      this.#insert({ talker, byte, startMs: first + index * pitch, endMs });
    }
    // The pause after the last byte is part of what was said.
    if (bytes.length > 0) this.#busyUntil.set(talker, endMs + gapMs);
    return endMs;
  }

  /** When a talker has said everything; −∞ when it never talked. */
  busyUntil(talker: Talker): number {
    return this.#busyUntil.get(talker) ?? Number.NEGATIVE_INFINITY;
  }

  /** When what a talker says or is about to say will have been ended by a silence; +∞ when it is silent. */
  overMs(talker: Talker): number {
    const silent = !this.#open.has(talker) && !this.#slots.some((slot) => slot.talker === talker);
    return silent ? Number.POSITIVE_INFINITY : this.busyUntil(talker) + this.silenceMs;
  }

  /** How long nobody has talked, ms; 0 while somebody does. */
  quietMs(nowMs: number): number {
    const talking = (this.#slots[0]?.startMs ?? Number.POSITIVE_INFINITY) <= nowMs;
    return talking ? 0 : nowMs - (this.#last?.endMs ?? Number.NEGATIVE_INFINITY);
  }

  /** Calls `act` when everything before `atMs` has happened. */
  at(atMs: number, act: (atMs: number) => void): void {
    const behind = this.#acts.findIndex((other) => other.atMs > atMs);
    this.#acts.splice(behind < 0 ? this.#acts.length : behind, 0, { atMs, act });
  }

  /** Takes back what these still have to say: they are not on this wire any more. */
  hush(gone: (talker: Talker) => boolean): void {
    this.#slots = this.#slots.filter(({ talker }) => !gone(talker));
    for (const talker of this.#busyUntil.keys()) if (gone(talker)) this.#busyUntil.delete(talker);
  }

  /** Lets everything happen that is due. */
  advance(nowMs: number): void {
    for (;;) {
      const slot = this.#slots[0];
      const [act] = this.#acts;
      const over = this.#firstOver();
      const slotMs = slot?.endMs ?? Number.POSITIVE_INFINITY;
      const overMs = over === null ? Number.POSITIVE_INFINITY : over.endMs + this.silenceMs;
      const actMs = act?.atMs ?? Number.POSITIVE_INFINITY;
      if (Math.min(slotMs, overMs, actMs) > nowMs + sameMs) return;
      if (slot !== undefined && slotMs <= overMs && slotMs <= actMs) {
        this.#slots.shift();
        this.#hear(slot);
      } else if (over !== null && overMs <= actMs) {
        this.#open.delete(over.talker);
        this.#events.spoken(over);
      } else {
        this.#acts.shift();
        act?.act(act.atMs);
      }
    }
  }

  /** When the next act is due; +∞ for none. */
  get actAtMs(): number {
    return this.#acts[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** What is still to be heard, in order of time. */
  get coming(): readonly Readonly<Slot>[] {
    return this.#slots;
  }

  #insert(slot: Slot): void {
    let at = this.#slots.length;
    while (at > 0 && (this.#slots[at - 1]?.startMs ?? 0) > slot.startMs) at -= 1;
    this.#slots.splice(at, 0, slot);
  }

  /** The one whose silence will be long enough first, unless its next character begins before. */
  #firstOver(): Spoken | null {
    let first: Spoken | null = null;
    for (const spoken of this.#open.values()) {
      if (first !== null && first.endMs <= spoken.endMs) continue;
      const next = this.#slots.find(({ talker }) => talker === spoken.talker);
      const goesOn = next !== undefined && next.startMs < spoken.endMs + this.silenceMs - sameMs;
      if (!goesOn) first = spoken;
    }
    return first;
  }

  #hear(slot: Slot): void {
    const { talker, startMs, endMs } = slot;
    this.characters += 1;
    const last = this.#last;
    const next = this.#slots[0];
    const withLast = last !== null && last.talker !== talker && last.endMs > startMs + sameMs;
    const withNext = next !== undefined && next.talker !== talker && next.startMs < endMs - sameMs;
    const collided = withLast || withNext;
    const silenceMs = startMs - (last?.endMs ?? Number.NEGATIVE_INFINITY);
    this.#last = slot;
    for (const other of this.#open.values()) {
      if (other.talker !== talker) other.bySilence = false;
    }
    const spoken = this.#open.get(talker) ?? {
      talker,
      bytes: [],
      startsMs: [],
      startMs,
      endMs: startMs,
      silenceMs,
      longestGapMs: 0,
      collided: false,
      bySilence: true,
    };
    this.#open.set(talker, spoken);
    spoken.longestGapMs = Math.max(spoken.longestGapMs, startMs - spoken.endMs);
    spoken.endMs = endMs;
    spoken.collided ||= collided;
    // A receiver in the middle of a character does not see another begin.
    if (startMs < this.#takenMs - sameMs) return;
    this.#takenMs = endMs;
    const byte = collided ? slot.byte ^ (1 + Math.floor(this.#chance() * 255)) : slot.byte;
    spoken.bytes.push(byte);
    spoken.startsMs.push(startMs);
    this.#events.heard({ talker, byte, endMs });
  }
}
