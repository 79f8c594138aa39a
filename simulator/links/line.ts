/**
 * An RS-485 line with slaves on it, at its real pace: half duplex, one character after the other at its baud rate and
 * format, frames ended by silence. Masters reach it through ports (pseudo-terminal, serial server, or in memory).
 *
 * Holds: a byte reaches a port only when the wire could have carried it, and never before what was said before it;
 * what is decided on the line is decided at the wire's own times, however late the program wakes;
 * every request is on record, with whether it kept the silence.
 */
import type { Clock } from "../../config/schema/context.ts";
import { heardFrame, rtuFrame, wrapRtu } from "../modbus/rtu.ts";
import type { ModbusSlave, Utterance } from "../modbus/slave.ts";
import { type Chance, seeded } from "../seeded.ts";
import { systemClock } from "../system-clock.ts";
import { Watch } from "../watch.ts";
import { characterMs, formatOf, silenceMs } from "./character.ts";
import { Pacer } from "./pacer.ts";
import { type LineCounts, LineRecord, type LineRequest } from "./record.ts";
import { misread, type Settings } from "./uart.ts";
import { type Heard, type Spoken, type Talker, Wire } from "./wire.ts";

export interface LineOptions {
  baud: number;
  /** Default 8N1. */
  format?: string;
  /** From the master's end of the cable outwards; their positions are 1, 2, … */
  slaves?: readonly ModbusSlave[];
  /** Slaves that know no mercy: a request that came early, or with a pause inside, is not heard. Default false. */
  strict?: boolean;
  /** Bytes are handed over at least so often while they come, ms, as adapters do; 0 = each at its time. Default 4. */
  handOverMs?: number;
  /** Requests remembered; default 10,000. */
  maxRequests?: number;
  seed?: string | number;
  clock?: Clock;
}

/** A master's end of the line. */
export interface LinePort {
  /** Bytes as a program writes them: they go over the wire one by one from now on. */
  send(bytes: Uint8Array): void;
  detach(): void;
}

/** A foreign master that asks the same thing again and again. */
export interface SecondMaster {
  unit: number;
  pdu: Uint8Array;
  everyMs: number;
  /** Waits until nobody has talked for so long, ms; default 20. 0: talks into whatever is going on. */
  quietMs?: number;
}

/** The master's settings, when they are not the line's. */
export interface Mismatch {
  baud: number;
  format: string;
  /** Only what comes back is garbled: the slaves are more patient than the master. Default both ways. */
  ways?: "both" | "answers";
}

interface Place {
  slave: ModbusSlave;
  position: number;
  talker: Talker;
}

/** Characters that wait in front of the wire before more of the master's are lost. */
const maxBacklog = 4096;

export class SimulatedLine {
  readonly clock: Clock;
  readonly characterMs: number;
  readonly silenceMs: number;
  /** Everything a port sends comes back to it as well, as with a two-wire adapter that hears itself. */
  echo = false;
  strict: boolean;
  mismatch: Mismatch | null = null;
  readonly #wire: Wire;
  readonly #settings: Settings;
  readonly #handOverMs: number;
  readonly #record: LineRecord;
  readonly #pacer: Pacer;
  readonly #watch = new Watch<SimulatedLine>(this);
  readonly #chance: Chance;
  readonly #noise: Talker = { name: "noise" };
  #places: Place[] = [];
  #ports = new Map<Talker, { receive(bytes: Uint8Array): void; heard: number[] }>();
  #foreign = new Set<Talker>();
  #cutAt = Number.POSITIVE_INFINITY;
  #charactersBefore = 0;

  constructor(options: LineOptions) {
    const format = formatOf(options.format ?? "8N1");
    this.#settings = { baud: options.baud, format };
    this.characterMs = characterMs(options.baud, format);
    this.silenceMs = silenceMs(options.baud, format);
    this.clock = options.clock ?? systemClock;
    this.strict = options.strict ?? false;
    this.#handOverMs = options.handOverMs ?? 4;
    const tornMs = options.baud > 19_200 ? 0.75 : 1.5 * this.characterMs;
    this.#record = new LineRecord(options.maxRequests ?? 10_000, this.characterMs, this.silenceMs, tornMs);
    this.#chance = seeded("line", options.seed ?? 1);
    this.#wire = new Wire(this.characterMs, this.silenceMs, this.#chance, {
      heard: (heard) => this.#heard(heard),
      spoken: (spoken) => this.#spoken(spoken),
    });
    this.#pacer = new Pacer(this.clock, () => this.#step());
    for (const slave of options.slaves ?? []) this.add(slave);
  }

  /** The latest requests, oldest first. */
  get requests(): readonly LineRequest[] {
    return this.#record.requests;
  }

  get counts(): Readonly<LineCounts> {
    const busyMs = (this.#wire.characters - this.#charactersBefore) * this.characterMs;
    return { ...this.#record.counts, busyMs };
  }

  get slaves(): readonly ModbusSlave[] {
    return this.#places.map(({ slave }) => slave);
  }

  /** Forgets requests and counts; what is on the wire goes on. */
  forget(): void {
    this.#record.clear();
    this.#charactersBefore = this.#wire.characters;
  }

  /** Puts a slave on the line, by default at the far end. Two may have the same unit: they talk at the same time. */
  add(slave: ModbusSlave, position = 1 + Math.max(0, ...this.#places.map((place) => place.position))): void {
    slave.faults.clock = this.clock;
    this.#places.push({ slave, position, talker: { name: `slave ${slave.unit}` } });
  }

  /** Takes a slave off the line, in the middle of a word if need be. */
  remove(slave: ModbusSlave): void {
    this.#catchUp();
    const gone = this.#places.filter((place) => place.slave === slave);
    this.#places = this.#places.filter((place) => place.slave !== slave);
    this.#wire.hush((talker) => gone.some((place) => place.talker === talker));
    this.#pacer.poke();
  }

  /** The cable is out in front of this position: who is there or farther is not heard and hears nothing. */
  cut(position: number): void {
    this.#catchUp();
    this.#cutAt = position;
    this.#wire.hush((talker) =>
      this.#places.some((place) => place.talker === talker && place.position >= position),
    );
    this.#pacer.poke();
  }

  /** The cable is back. */
  mend(): void {
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  /** A master's end; `receive` gets the bytes it hears, in order. */
  attach(receive: (bytes: Uint8Array) => void): LinePort {
    const talker: Talker = { name: "master" };
    this.#ports.set(talker, { receive, heard: [] });
    return {
      send: (bytes) => this.#send(talker, bytes),
      detach: () => {
        this.#ports.delete(talker);
      },
    };
  }

  /** Lets a foreign master ask from now on; the result ends it. */
  secondMaster({ unit, pdu, everyMs, quietMs = 20 }: SecondMaster): () => void {
    const talker: Talker = { name: "second" };
    const bytes = rtuFrame(unit, pdu);
    this.#foreign.add(talker);
    const ask = (dueMs: number) => (nowMs: number) => {
      if (!this.#foreign.has(talker)) return;
      if (this.#wire.quietMs(nowMs) < quietMs) {
        this.#wire.at(nowMs + this.silenceMs, ask(dueMs));
        return;
      }
      this.#wire.talk(talker, bytes, nowMs);
      this.#wire.at(Math.max(nowMs, dueMs + everyMs), ask(dueMs + everyMs));
    };
    const nowMs = this.#catchUp();
    this.#wire.at(nowMs, ask(nowMs));
    this.#pacer.poke();
    return () => void this.#foreign.delete(talker);
  }

  /** Bytes that nobody meant, now: a plug, a lift, a lamp. A number makes so many up. */
  noise(what: number | Uint8Array): void {
    const bytes =
      typeof what === "number"
        ? Uint8Array.from({ length: what }, () => Math.floor(this.#chance() * 256))
        : what;
    this.#wire.talk(this.#noise, bytes, this.#catchUp());
    this.#pacer.poke();
  }

  /** Resolves once it is so; asked now and after everything that happens on the line. Rejects when the line is closed. */
  until(predicate: (line: SimulatedLine) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#watch.until(predicate, signal);
  }

  /** Nothing is sent or heard any more. */
  close(): void {
    this.#pacer.close();
    this.#ports.clear();
    this.#foreign.clear();
    this.#watch.end(new Error("the line is closed"));
  }

  #send(talker: Talker, bytes: Uint8Array): void {
    if (!this.#ports.has(talker)) return;
    const nowMs = this.#catchUp();
    const waiting = Math.max(0, this.#wire.busyUntil(talker) - nowMs) / this.characterMs;
    const room = Math.max(0, Math.floor(maxBacklog - waiting));
    this.#record.counts.overrun += Math.max(0, bytes.length - room);
    this.#wire.talk(talker, bytes.subarray(0, room), nowMs);
    this.#pacer.poke();
  }

  /** What was due before now happens before what happens now. */
  #catchUp(): number {
    const nowMs = this.clock.monotonicMs();
    this.#wire.advance(nowMs);
    return nowMs;
  }

  #step(): number {
    this.#catchUp();
    for (const port of this.#ports.values()) {
      if (port.heard.length > 0) port.receive(Uint8Array.from(port.heard.splice(0)));
    }
    this.#watch.changed();
    return this.#nextMs();
  }

  /** When something is due that somebody outside would notice. */
  #nextMs(): number {
    const talks = [...this.#ports.keys(), ...this.#foreign].map((talker) => this.#wire.overMs(talker));
    return Math.min(this.#wire.actAtMs, this.#handOverAtMs(), ...talks);
  }

  /** When what comes for the ports is to be handed over: at the end of a run, and every few ms of it. */
  #handOverAtMs(): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    let lastMs = 0;
    for (const { talker, startMs, endMs } of this.#wire.coming) {
      const others = this.#ports.size - (this.#ports.has(talker) && !this.echo ? 1 : 0);
      if (others === 0) continue;
      if (wakeMs === Number.POSITIVE_INFINITY) lastMs = endMs + this.#handOverMs;
      else if (startMs - wakeMs > this.characterMs / 2 || endMs > lastMs) break;
      wakeMs = endMs;
    }
    return wakeMs;
  }

  #heard({ talker, byte }: Heard): void {
    if (!this.#ports.has(talker)) this.#record.counts.heard += 1;
    for (const [other, { heard }] of this.#ports) {
      if (other !== talker || this.echo) heard.push(byte);
    }
  }

  #spoken(spoken: Spoken): void {
    const foreign = this.#foreign.has(spoken.talker);
    if (!foreign && !this.#ports.has(spoken.talker)) return;
    const by = foreign ? "second" : "master";
    const early = this.#record.add(by, spoken);
    if (spoken.collided) return;
    if (this.strict && (early || spoken.longestGapMs > this.#record.tornMs || !spoken.bySilence)) return;
    const heard = Uint8Array.from(spoken.bytes);
    const { mismatch } = this;
    const garbles = !foreign && mismatch !== null && mismatch.ways !== "answers";
    const bytes = garbles ? misread(heard, settingsOf(mismatch), this.#settings) : heard;
    const asked = heardFrame(bytes);
    if (asked === null) return;
    const overMs = spoken.endMs + this.silenceMs;
    for (const { slave, position, talker } of this.#places) {
      if (position >= this.#cutAt || !slave.answersTo(asked.unit)) continue;
      for (const utterance of slave.hear(asked, wrapRtu, overMs)) this.#say(talker, utterance, overMs);
    }
  }

  #say(talker: Talker, { afterMs, bytes, gapMs, more }: Utterance, overMs: number): void {
    const said = (part: Uint8Array) =>
      this.mismatch === null ? part : misread(part, this.#settings, settingsOf(this.mismatch));
    const goOn = (endMs: number) => {
      const part = this.#places.some((place) => place.talker === talker && place.position < this.#cutAt)
        ? more?.()
        : null;
      const garbled = part == null ? new Uint8Array() : said(part);
      if (garbled.length > 0) this.#wire.at(this.#wire.talk(talker, garbled, endMs, gapMs), goOn);
    };
    const endMs = this.#wire.talk(talker, said(bytes), overMs + afterMs, gapMs);
    if (more !== undefined) this.#wire.at(endMs, goOn);
  }
}

function settingsOf({ baud, format }: Mismatch): Settings {
  return { baud, format: formatOf(format) };
}
