/**
 * A serial line with devices that obey orders in their maker's frames: two wires, one a direction, as RS-232 has them, or
 * one for both as RS-485.
 *
 * Holds: what its cable holds; devices hear each other on one pair of wires alone; a device that takes its time over one
 * answer gives the next meanwhile.
 */
import type { Clock } from "../../config/schema/context.ts";
import type { Conversation, Talks } from "../talk/instrument.ts";
import { type Attachable, Cable, type CableOptions, type LinePort, type Place } from "./cable.ts";
import type { Utterance } from "./utterance.ts";
import type { Heard } from "./wire.ts";

export interface SerialLineOptions extends CableOptions {
  /** Default full. */
  duplex?: "full" | "half";
  devices?: readonly Talks[];
}

export class SerialLine implements Attachable {
  readonly #cable: Cable<Talks>;
  readonly #duplex: "full" | "half";
  readonly #conversations = new Map<Place<Talks>, Conversation>();

  constructor(options: SerialLineOptions) {
    this.#duplex = options.duplex ?? "full";
    this.#cable = new Cable<Talks>(
      { ...options, duplex: this.#duplex },
      { heard: (heard) => this.#heard(heard), spoken: () => undefined },
    );
    for (const device of options.devices ?? []) this.add(device);
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
  set echo(on: boolean) {
    this.#cable.echo = on;
  }

  /** Two may have the same id: they talk at the same time. */
  add(device: Talks): void {
    const place = this.#cable.add(device, "device");
    this.#conversations.set(place, device.converse("serial"));
  }

  /** Takes a device off the line, in the middle of a word if need be. */
  remove(device: Talks): void {
    this.#cable.remove(device);
    for (const place of this.#conversations.keys())
      if (place.device === device) this.#conversations.delete(place);
  }

  attach(receive: (bytes: Uint8Array) => void): LinePort {
    return this.#cable.attach(receive);
  }

  /** Bytes that nobody meant, now, on their way to the master. A number makes so many up. */
  noise(what: number | Uint8Array): void {
    this.#cable.noise(what);
  }

  /** Nothing is sent or heard any more. */
  close(): void {
    this.#cable.close();
  }

  #heard({ talker, byte, endMs }: Heard): void {
    if (this.#duplex === "full" && !this.#cable.isPort(talker)) return;
    for (const [place, conversation] of this.#conversations) {
      if (place.talker === talker) continue;
      for (const utterance of conversation.hear(byte, endMs)) this.#say(place, utterance, endMs);
    }
  }

  /** A wire has no connection that could be hung up. */
  #say(place: Place<Talks>, { afterMs, ...said }: Utterance, overMs: number): void {
    if (said.bytes.length === 0) return;
    // Said when its time has come: a later word must not wait behind it.
    this.#cable.at(overMs + afterMs, (atMs) => {
      if (this.#conversations.has(place)) this.#cable.say(place.talker, { ...said, afterMs: 0 }, atMs);
    });
  }
}
