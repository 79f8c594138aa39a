/** The masters' ends of a cable, and what each has heard and was not handed yet. */
import type { Heard, Talker, Wire } from "./wire.ts";

interface Port {
  receive(bytes: Uint8Array): void;
  heard: number[];
}

export class Ports {
  /** Everything a port sends comes back to it as well, as with a two-wire adapter that hears itself. */
  echo = false;
  characterMs: number;
  readonly #handOverMs: number;
  readonly #ports = new Map<Talker, Port>();

  /** @param handOverMs bytes are handed over at least so often while they come */
  constructor(characterMs: number, handOverMs: number) {
    this.characterMs = characterMs;
    this.#handOverMs = handOverMs;
  }

  talkers(): Iterable<Talker> {
    return this.#ports.keys();
  }

  add(receive: (bytes: Uint8Array) => void): Talker {
    const talker: Talker = { name: "master" };
    this.#ports.set(talker, { receive, heard: [] });
    return talker;
  }

  has(talker: Talker): boolean {
    return this.#ports.has(talker);
  }

  delete(talker: Talker): void {
    this.#ports.delete(talker);
  }

  clear(): void {
    this.#ports.clear();
  }

  hear({ talker, byte }: Heard): void {
    for (const [other, { heard }] of this.#ports) {
      if (other !== talker || this.echo) heard.push(byte);
    }
  }

  handOver(): void {
    for (const port of this.#ports.values()) {
      if (port.heard.length > 0) port.receive(Uint8Array.from(port.heard.splice(0)));
    }
  }

  /** When what comes on a wire is to be handed over: at the end of a run, and every few ms of it; +∞ for nothing. */
  handOverAtMs(coming: Wire["coming"]): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    let lastMs = 0;
    for (const { talker, startMs, endMs } of coming) {
      const others = this.#ports.size - (this.#ports.has(talker) && !this.echo ? 1 : 0);
      if (others === 0) continue;
      if (wakeMs === Number.POSITIVE_INFINITY) lastMs = endMs + this.#handOverMs;
      else if (startMs - wakeMs > this.characterMs / 2 || endMs > lastMs) break;
      wakeMs = endMs;
    }
    return wakeMs;
  }
}
