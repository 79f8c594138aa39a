/**
 * An RS-485 line with Modbus slaves on it: half duplex, frames ended by silence.
 *
 * Slaves may have speeds of their own. `baud` is the master's: over TCP nobody can see it, so whoever plays the serial server's
 * page sets it; a pseudo-terminal is asked for it (`pty.ts`, `followsBaud`). The line is as fast as that.
 *
 * Holds: what its cable holds; every request is on record, with whether it kept the silence; a slave of another speed hears
 * nothing, and what is said at another speed is heard as noise.
 */
import type { Clock } from "../../config/schema/context.ts";
import { heardFrame, rtuFrame, wrapRtu } from "../modbus/rtu.ts";
import type { ModbusSlave } from "../modbus/slave.ts";
import { type Attachable, Cable, type CableOptions, type LinePort, type Mismatch } from "./cable.ts";
import { type LineCounts, LineRecord, type LineRequest } from "./record.ts";
import type { Utterance } from "./utterance.ts";
import type { Spoken, Talker } from "./wire.ts";

export type { LinePort, Mismatch } from "./cable.ts";

export interface LineOptions extends Omit<CableOptions, "duplex"> {
  /** From the master's end of the cable outwards; their positions are 1, 2, … */
  slaves?: readonly ModbusSlave[];
  /** Slaves that know no mercy: a request that came early, or with a pause inside, is not heard. Default false. */
  strict?: boolean;
  /** Requests remembered; default 10,000. */
  maxRequests?: number;
}

/** A foreign master that asks the same thing again and again. */
export interface SecondMaster {
  unit: number;
  pdu: Uint8Array;
  everyMs: number;
  /** Waits until nobody has talked for so long, ms; default 20. 0: talks into whatever is going on. */
  quietMs?: number;
}

export class SimulatedLine implements Attachable {
  strict: boolean;
  readonly #cable: Cable<ModbusSlave>;
  readonly #record: LineRecord;
  #charactersBefore = 0;
  /** Of characters that were there before. */
  #busyMs = 0;
  #overrunBefore = 0;

  constructor(options: LineOptions) {
    this.#cable = new Cable<ModbusSlave>(options, {
      heard: ({ talker }) => {
        if (!this.#cable.isPort(talker)) this.#record.counts.heard += 1;
      },
      spoken: (spoken) => this.#spoken(spoken),
    });
    this.strict = options.strict ?? false;
    this.#record = new LineRecord(options.maxRequests ?? 10_000);
    this.#pace();
    for (const slave of options.slaves ?? []) this.add(slave);
  }

  /** The master's speed; slaves without one of their own have the same. */
  get baud(): number {
    return this.#cable.baud;
  }

  /** Somebody sets it: from now on. */
  set baud(baud: number) {
    this.#busyMs = this.counts.busyMs;
    this.#charactersBefore = this.#cable.characters;
    this.#cable.baud = baud;
    this.#pace();
  }

  get clock(): Clock {
    return this.#cable.clock;
  }

  get characterMs(): number {
    return this.#cable.characterMs;
  }

  get silenceMs(): number {
    return this.#cable.silenceMs;
  }

  /** Everything a port sends comes back to it as well, as with a two-wire adapter that hears itself. */
  get echo(): boolean {
    return this.#cable.echo;
  }

  set echo(on: boolean) {
    this.#cable.echo = on;
  }

  get mismatch(): Mismatch | null {
    return this.#cable.mismatch;
  }

  set mismatch(mismatch: Mismatch | null) {
    this.#cable.mismatch = mismatch;
  }

  /** The latest requests, oldest first. */
  get requests(): readonly LineRequest[] {
    return this.#record.requests;
  }

  get counts(): Readonly<LineCounts> {
    const busyMs = this.#busyMs + (this.#cable.characters - this.#charactersBefore) * this.characterMs;
    return { ...this.#record.counts, busyMs, overrun: this.#cable.overrun - this.#overrunBefore };
  }

  get slaves(): readonly ModbusSlave[] {
    return this.#cable.devices;
  }

  /** Forgets requests and counts; what is on the wire goes on. */
  forget(): void {
    this.#record.clear();
    this.#busyMs = 0;
    this.#charactersBefore = this.#cable.characters;
    this.#overrunBefore = this.#cable.overrun;
  }

  /** Puts a slave on the line, by default at the far end. Two may have the same unit: they talk at the same time. */
  add(slave: ModbusSlave, position?: number): void {
    slave.faults.clock = this.clock;
    this.#cable.add(slave, `slave ${slave.unit}`, position);
  }

  /** Takes a slave off the line, in the middle of a word if need be. */
  remove(slave: ModbusSlave): void {
    this.#cable.remove(slave);
  }

  /** The cable is out in front of this position: who is there or farther is not heard and hears nothing. */
  cut(position: number): void {
    this.#cable.cut(position);
  }

  /** The cable is back. */
  mend(): void {
    this.#cable.mend();
  }

  attach(receive: (bytes: Uint8Array) => void): LinePort {
    return this.#cable.attach(receive);
  }

  /** Lets a foreign master ask from now on; the result ends it. */
  secondMaster({ unit, pdu, everyMs, quietMs = 20 }: SecondMaster): () => void {
    const cable = this.#cable;
    const talker: Talker = { name: "second" };
    const bytes = rtuFrame(unit, pdu);
    const end = cable.addForeign(talker);
    const ask = (dueMs: number) => (nowMs: number) => {
      if (!cable.isForeign(talker)) return;
      if (cable.quietMs(nowMs) < quietMs) {
        cable.at(nowMs + this.silenceMs, ask(dueMs));
        return;
      }
      cable.talk(talker, bytes, nowMs);
      cable.at(Math.max(nowMs, dueMs + everyMs), ask(dueMs + everyMs));
    };
    const nowMs = cable.catchUp();
    cable.at(nowMs, ask(nowMs));
    cable.poke();
    return end;
  }

  /** Bytes that nobody meant, now: a plug, a lift, a lamp. A number makes so many up. */
  noise(what: number | Uint8Array): void {
    this.#cable.noise(what);
  }

  /** Resolves once it is so; asked now and after everything that happens on the line. Rejects when the line is closed. */
  until(predicate: (line: SimulatedLine) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#cable.until(() => predicate(this), signal);
  }

  /** Nothing is sent or heard any more. */
  close(): void {
    this.#cable.close();
  }

  #spoken(spoken: Spoken): void {
    const cable = this.#cable;
    const foreign = cable.isForeign(spoken.talker);
    if (!foreign && !cable.isPort(spoken.talker)) return;
    const by = foreign ? "second" : "master";
    const early = this.#record.add(by, spoken);
    if (spoken.collided) return;
    if (this.strict && (early || spoken.longestGapMs > this.#record.tornMs || !spoken.bySilence)) return;
    const heard = Uint8Array.from(spoken.bytes);
    const asked = heardFrame(foreign ? heard : cable.asHeard(heard));
    if (asked === null) return;
    const overMs = spoken.endMs + this.silenceMs;
    for (const { device, talker } of cable.reached) {
      if (!device.answersTo(asked.unit) || this.#isDeaf(device)) continue;
      const before = device.baud;
      const said = device.hear(asked, wrapRtu, overMs);
      const baud = (device.answersAsNew ? device.baud : before) ?? this.baud;
      for (const utterance of said) cable.say(talker, this.#saidAt(utterance, baud), overMs);
    }
  }

  #isDeaf({ baud }: ModbusSlave): boolean {
    return baud !== null && baud !== this.baud;
  }

  #saidAt(utterance: Utterance, baud: number): Utterance {
    if (baud === this.baud) return utterance;
    return { ...utterance, bytes: this.#cable.saidAt(utterance.bytes, baud) };
  }

  #pace(): void {
    const tornMs = this.baud > 19_200 ? 0.75 : 1.5 * this.characterMs;
    this.#record.pace(this.characterMs, this.silenceMs, tornMs);
  }
}
