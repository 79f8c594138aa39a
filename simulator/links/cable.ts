/**
 * A serial cable at its real pace, with whoever hangs on it: one character after the other at its baud rate and format.
 * Masters reach it through ports (pseudo-terminal, serial server, or in memory). What the devices understand is not known here.
 *
 * Holds: a byte reaches a port only when the wire could have carried it, and never before what was said before it;
 * what is decided on the cable is decided at the wire's own times, however late the program wakes.
 */
import type { Clock } from "../../config/schema/context.ts";
import { type Chance, seeded } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import { characterMs, formatOf, silenceMs } from "./character.ts";
import { Pacer } from "./pacer.ts";
import { Ports } from "./ports.ts";
import { misread, type Settings } from "./uart.ts";
import type { Utterance } from "./utterance.ts";
import { type Heard, type Spoken, type Talker, Wire } from "./wire.ts";

export interface CableOptions {
  baud: number;
  /** Default 8N1. */
  format?: string;
  /** One pair of wires for everybody (RS-485), or one for each way (RS-232, TTL). Default half. */
  duplex?: "half" | "full";
  /** Bytes are handed over at least so often while they come, ms, as adapters do; 0 = each at its time. Default 4. */
  handOverMs?: number;
  seed?: string | number;
  clock?: Clock;
}

/** A master's end of the cable. */
export interface LinePort {
  /** Bytes as a program writes them: they go over the wire one by one from now on. */
  send(bytes: Uint8Array): void;
  detach(): void;
}

/** What a door for masters needs of a line. */
export interface Attachable {
  readonly clock: Clock;
  readonly characterMs: number;
  readonly silenceMs: number;
  /** A master's end; `receive` gets the bytes it hears, in order. */
  attach(receive: (bytes: Uint8Array) => void): LinePort;
  /** The master's speed, where the line takes notice of it. */
  baud?: number;
}

/** The master's settings, when they are not the line's. */
export interface Mismatch {
  baud: number;
  format: string;
  /** Only what comes back is garbled: the slaves are more patient than the master. Default both ways. */
  ways?: "both" | "answers";
}

export interface Place<Device> {
  device: Device;
  position: number;
  talker: Talker;
}

export interface CableEvents {
  /** A character was over. */
  heard?(heard: Heard): void;
  /** Somebody has been silent for long enough after talking. */
  spoken(spoken: Spoken): void;
}

/** Characters that wait in front of the wire before more of the master's are lost. */
const maxBacklog = 4096;

export class Cable<Device> implements Attachable {
  readonly clock: Clock;
  mismatch: Mismatch | null = null;
  /** Bytes of masters that found no room in front of the wire. */
  overrun = 0;
  readonly chance: Chance;
  #settings: Settings;
  readonly #ports: Ports;
  /** What masters talk on, then what devices talk on; the same one when it is half duplex. */
  readonly #up: Wire;
  readonly #down: Wire;
  readonly #wires: readonly Wire[];
  readonly #pacer: Pacer;
  readonly #watch = new Watch<this>(this);
  readonly #noise: Talker = { name: "noise" };
  #places: Place<Device>[] = [];
  #foreign = new Set<Talker>();
  #cutAt = Number.POSITIVE_INFINITY;

  constructor(options: CableOptions, events: CableEvents) {
    const format = formatOf(options.format ?? "8N1");
    this.#settings = { baud: options.baud, format };
    this.clock = options.clock ?? systemClock;
    this.#ports = new Ports(this.characterMs, options.handOverMs ?? 4);
    this.chance = seeded("line", options.seed ?? 1);
    const wire = () =>
      new Wire(this.characterMs, this.silenceMs, this.chance, {
        heard: (heard) => {
          this.#ports.hear(heard);
          events.heard?.(heard);
        },
        spoken: (spoken) => events.spoken(spoken),
      });
    this.#down = wire();
    this.#up = options.duplex === "full" ? wire() : this.#down;
    // What was asked is heard before what is answered to it.
    this.#wires = [...new Set([this.#up, this.#down])];
    this.#pacer = new Pacer(this.clock, () => this.#step());
  }

  get baud(): number {
    return this.#settings.baud;
  }

  /** From now on it is as fast as that; what is on its way stays as it is. */
  set baud(baud: number) {
    this.#settings = { ...this.#settings, baud };
    this.#ports.characterMs = this.characterMs;
    for (const wire of this.#wires) {
      wire.characterMs = this.characterMs;
      wire.silenceMs = this.silenceMs;
    }
  }

  get characterMs(): number {
    return characterMs(this.#settings.baud, this.#settings.format);
  }

  get silenceMs(): number {
    return silenceMs(this.#settings.baud, this.#settings.format);
  }

  /** What somebody hears at the cable's speed of what was said at another one. */
  saidAt(bytes: Uint8Array, baud: number): Uint8Array {
    return misread(bytes, { ...this.#settings, baud }, this.#settings);
  }

  /** Everything a port sends comes back to it as well, as with a two-wire adapter that hears itself. */
  get echo(): boolean {
    return this.#ports.echo;
  }

  set echo(on: boolean) {
    this.#ports.echo = on;
  }

  get devices(): readonly Device[] {
    return this.#places.map(({ device }) => device);
  }

  /** Characters that were on the wire so far. */
  get characters(): number {
    return this.#wires.reduce((sum, wire) => sum + wire.characters, 0);
  }

  isPort(talker: Talker): boolean {
    return this.#ports.has(talker);
  }

  isForeign(talker: Talker): boolean {
    return this.#foreign.has(talker);
  }

  /** Those that the cable still reaches. */
  get reached(): readonly Place<Device>[] {
    return this.#places.filter(({ position }) => position < this.#cutAt);
  }

  /** Puts a device on the line, by default at the far end. */
  add(
    device: Device,
    name: string,
    position = 1 + Math.max(0, ...this.#places.map((place) => place.position)),
  ): Place<Device> {
    const place = { device, position, talker: { name } };
    this.#places.push(place);
    return place;
  }

  /** Takes a device off the line, in the middle of a word if need be. */
  remove(device: Device): void {
    this.catchUp();
    const gone = this.#places.filter((place) => place.device === device);
    this.#places = this.#places.filter((place) => place.device !== device);
    this.#down.hush((talker) => gone.some((place) => place.talker === talker));
    this.poke();
  }

  /** The cable is out in front of this position: who is there or farther is not heard and hears nothing. */
  cut(position: number): void {
    this.catchUp();
    this.#cutAt = position;
    this.#down.hush((talker) =>
      this.#places.some((place) => place.talker === talker && place.position >= position),
    );
    this.poke();
  }

  /** The cable is back. */
  mend(): void {
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  attach(receive: (bytes: Uint8Array) => void): LinePort {
    const talker = this.#ports.add(receive);
    return { send: (bytes) => this.#send(talker, bytes), detach: () => this.#ports.delete(talker) };
  }

  /** A foreign master on the wire; the result takes it away. */
  addForeign(talker: Talker): () => void {
    this.#foreign.add(talker);
    return () => void this.#foreign.delete(talker);
  }

  /** Puts a master's bytes on the wire. */
  talk(talker: Talker, bytes: Uint8Array, startMs: number): void {
    this.#up.talk(talker, bytes, startMs);
  }

  /** How long nobody has talked, ms; 0 while somebody does. */
  quietMs(nowMs: number): number {
    return this.#up.quietMs(nowMs);
  }

  /** Calls `act` when everything before `atMs` has happened. */
  at(atMs: number, act: (atMs: number) => void): void {
    this.#down.at(atMs, act);
  }

  /** Lets a device say something. @param overMs from when its pause counts */
  say(talker: Talker, { afterMs, bytes, gapMs, more }: Utterance, overMs: number): void {
    const said = (part: Uint8Array) =>
      this.mismatch === null ? part : misread(part, this.#settings, settingsOf(this.mismatch));
    const goOn = (endMs: number) => {
      const part = this.reached.some((place) => place.talker === talker) ? more?.() : null;
      const garbled = part == null ? new Uint8Array() : said(part);
      if (garbled.length > 0) this.#down.at(this.#down.talk(talker, garbled, endMs, gapMs), goOn);
    };
    const endMs = this.#down.talk(talker, said(bytes), overMs + afterMs, gapMs);
    if (more !== undefined) this.#down.at(endMs, goOn);
  }

  /** What devices make of a master's bytes when it has other settings than the line. */
  asHeard(bytes: Uint8Array): Uint8Array {
    const { mismatch } = this;
    const garbles = mismatch !== null && mismatch.ways !== "answers";
    return garbles ? misread(bytes, settingsOf(mismatch), this.#settings) : bytes;
  }

  /** Bytes that nobody meant, now: a plug, a lift, a lamp. A number makes so many up. */
  noise(what: number | Uint8Array): void {
    const bytes =
      typeof what === "number"
        ? Uint8Array.from({ length: what }, () => Math.floor(this.chance() * 256))
        : what;
    this.#down.talk(this.#noise, bytes, this.catchUp());
    this.poke();
  }

  /** Resolves once it is so; asked now and after everything that happens. Rejects when the cable is closed. */
  until(predicate: () => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  /** Nothing is sent or heard any more. */
  close(): void {
    this.#pacer.close();
    this.#ports.clear();
    this.#foreign.clear();
    this.#watch.end(new Error("the line is closed"));
  }

  /** What was due before now happens before what happens now. */
  catchUp(): number {
    const nowMs = this.clock.monotonicMs();
    for (const wire of this.#wires) wire.advance(nowMs);
    return nowMs;
  }

  /** Something has changed: does what is due and waits for what is next. */
  poke(): void {
    this.#pacer.poke();
  }

  #send(talker: Talker, bytes: Uint8Array): void {
    if (!this.#ports.has(talker)) return;
    const nowMs = this.catchUp();
    const waiting = Math.max(0, this.#up.busyUntil(talker) - nowMs) / this.characterMs;
    const room = Math.max(0, Math.floor(maxBacklog - waiting));
    this.overrun += Math.max(0, bytes.length - room);
    this.#up.talk(talker, bytes.subarray(0, room), nowMs);
    this.poke();
  }

  #step(): number {
    this.catchUp();
    this.#ports.handOver();
    this.#watch.changed();
    return this.#nextMs();
  }

  /** When something is due that somebody outside would notice. */
  #nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const wire of this.#wires)
      nextMs = Math.min(nextMs, wire.actAtMs, this.#ports.handOverAtMs(wire.coming));
    for (const talker of this.#ports.talkers()) nextMs = Math.min(nextMs, this.#up.overMs(talker));
    for (const talker of this.#foreign) nextMs = Math.min(nextMs, this.#up.overMs(talker));
    return nextMs;
  }
}

function settingsOf({ baud, format }: Mismatch): Settings {
  return { baud, format: formatOf(format) };
}
