/** A line with devices on a clock that stands still, and what its master hears. */
import { type Station, StationLine, type StationLineOptions } from "../../../simulator/links/station-line.ts";
import { FakeClock } from "../../fake-clock.ts";

export const hex = (bytes: Uint8Array | readonly number[]) =>
  Buffer.from(bytes)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");

export const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

export class StationRig {
  readonly clock: FakeClock;
  readonly line: StationLine;
  readonly #port: ReturnType<StationLine["attach"]>;
  /** Every byte with the time at which it was handed over. */
  heard: { byte: number; atMs: number }[] = [];

  constructor(
    stations: readonly Station[],
    options: Partial<StationLineOptions> & { clock?: FakeClock } = {},
  ) {
    this.clock = options.clock ?? new FakeClock();
    this.line = new StationLine({ baud: 9600, handOverMs: 0, stations, ...options, clock: this.clock });
    this.#port = this.line.attach((part) => {
      for (const byte of part) this.heard.push({ byte, atMs: this.clock.monotonicMs() });
    });
  }

  send(request: Uint8Array | string): void {
    this.#port.send(typeof request === "string" ? bytes(request) : request);
  }

  /** Sends, lets time pass, and gives what was heard meanwhile. */
  async exchange(request: Uint8Array | string, ms = 1000): Promise<string> {
    this.heard = [];
    this.send(request);
    await this.clock.advance(ms);
    return this.text;
  }

  /** Lets time pass, and gives what was heard meanwhile. */
  async hear(ms: number): Promise<string> {
    this.heard = [];
    await this.clock.advance(ms);
    return this.text;
  }

  get text(): string {
    return hex(this.heard.map(({ byte }) => byte));
  }
}
