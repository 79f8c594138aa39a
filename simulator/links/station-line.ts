/**
 * A serial line with devices that hear every byte and talk when asked, or by themselves: meters, sensors that stream, readers.
 *
 * Holds: what its cable holds; a device hears everybody but itself; what masters said is on record.
 */
import type { Clock } from "../../config/schema/context.ts";
import {
  type Attachable,
  Cable,
  type CableOptions,
  type LinePort,
  type Mismatch,
  type Place,
} from "./cable.ts";
import type { Utterance } from "./utterance.ts";
import type { Heard, Spoken, Talker } from "./wire.ts";

/** A device on such a line. Times are the line's, monotonic ms. */
export interface Station {
  readonly name: string;
  /** When it next wants to speak by itself; +∞: not before it hears something or calls `wake`. */
  readonly nextMs: number;
  /** It is on a line from now on. @param wake to be called when `nextMs` has changed in between */
  join(nowMs: number, wake: () => void): void;
  /** It heard a byte, over at `atMs`. @returns what it says to that */
  hear(byte: number, atMs: number): readonly Utterance[];
  /** `nextMs` has come; it is later or +∞ afterwards. */
  speak(atMs: number): readonly Utterance[];
}

export interface StationLineOptions extends CableOptions {
  /** From the master's end of the cable outwards; their positions are 1, 2, … */
  stations?: readonly Station[];
  /** Of what masters said, so many are remembered; default 10,000. */
  maxAsked?: number;
}

/** What a master said without a pause of 3.5 characters. */
export interface AskedBytes {
  bytes: Uint8Array;
  startMs: number;
  endMs: number;
}

export class StationLine implements Attachable {
  /** The latest, oldest first. */
  readonly asked: AskedBytes[] = [];
  readonly #cable: Cable<Station>;
  readonly #maxAsked: number;
  /** When each is to be woken. */
  readonly #dueMs = new Map<Place<Station>, number>();

  constructor(options: StationLineOptions) {
    this.#maxAsked = options.maxAsked ?? 10_000;
    this.#cable = new Cable<Station>(options, {
      heard: (heard) => this.#heard(heard),
      spoken: (spoken) => this.#spoken(spoken),
    });
    for (const station of options.stations ?? []) this.add(station);
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

  get stations(): readonly Station[] {
    return this.#cable.devices;
  }

  /** The master's settings, when they are not the line's: what passes is garbled. */
  set mismatch(mismatch: Mismatch | null) {
    this.#cable.mismatch = mismatch;
  }

  /** Everything a port sends comes back to it as well, as with a two-wire adapter that hears itself. */
  set echo(on: boolean) {
    this.#cable.echo = on;
  }

  /** Puts a device on the line, by default at the far end. */
  add(station: Station, position?: number): void {
    const place = this.#cable.add(station, station.name, position);
    const wake = () => {
      this.#schedule(place, this.#cable.catchUp());
      this.#cable.poke();
    };
    station.join(this.clock.monotonicMs(), wake);
    wake();
  }

  /** Takes a device off the line, in the middle of a word if need be. */
  remove(station: Station): void {
    this.#cable.remove(station);
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

  /** Bytes that nobody meant, now: a plug, a lift, a lamp. A number makes so many up. */
  noise(what: number | Uint8Array): void {
    this.#cable.noise(what);
  }

  /** Resolves once it is so; asked now and after everything that happens on the line. Rejects when the line is closed. */
  until(predicate: (line: StationLine) => boolean, signal?: AbortSignal): Promise<void> {
    return this.#cable.until(() => predicate(this), signal);
  }

  /** Nothing is sent or heard any more. */
  close(): void {
    this.#cable.close();
  }

  #heard({ talker, byte, endMs }: Heard): void {
    // What is misread depends on the bytes around it: it is told when they are all there.
    if (this.#cable.isPort(talker) && this.#cable.mismatch !== null) return;
    this.#tell(talker, byte, endMs);
  }

  #spoken({ talker, bytes, startMs, endMs }: Spoken): void {
    if (!this.#cable.isPort(talker)) return;
    const said = Uint8Array.from(bytes);
    this.asked.push({ bytes: said, startMs, endMs });
    if (this.asked.length > this.#maxAsked) this.asked.shift();
    if (this.#cable.mismatch === null) return;
    for (const byte of this.#cable.asHeard(said)) this.#tell(talker, byte, endMs);
  }

  #tell(talker: Talker, byte: number, endMs: number): void {
    for (const place of this.#cable.reached) {
      if (place.talker === talker) continue;
      for (const utterance of place.device.hear(byte, endMs)) this.#cable.say(place.talker, utterance, endMs);
      this.#schedule(place, endMs);
    }
  }

  /** @param fromMs what it wanted to do before is done now */
  #schedule(place: Place<Station>, fromMs: number): void {
    const { nextMs } = place.device;
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const dueMs = Math.max(fromMs, nextMs);
    if (dueMs >= (this.#dueMs.get(place) ?? Number.POSITIVE_INFINITY)) return;
    this.#dueMs.set(place, dueMs);
    this.#cable.at(dueMs, () => this.#wake(place, dueMs));
  }

  #wake(place: Place<Station>, dueMs: number): void {
    // Meanwhile it wanted to be woken earlier.
    if (this.#dueMs.get(place) !== dueMs) return;
    this.#dueMs.delete(place);
    const { device, talker } = place;
    if (!this.stations.includes(device)) return;
    if (device.nextMs <= dueMs) {
      const said = device.speak(dueMs);
      if (this.#cable.reached.includes(place))
        for (const utterance of said) this.#cable.say(talker, utterance, dueMs);
    }
    this.#schedule(place, dueMs);
  }
}
