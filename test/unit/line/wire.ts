/** A line in memory: what is sent with its moment, and what is said at given moments of a clock that stands still. */
import { Duplex } from "node:stream";
import { lineFault } from "../../../drivers/line/faults.ts";
import type { Timing } from "../../../drivers/line/line.ts";
import { StreamLine } from "../../../drivers/line/stream-line.ts";
import { FakeClock } from "../../fake-clock.ts";

/** 9600 8N1. */
export const timing: Timing = { characterMs: 10_000 / 9600, silenceMs: 35_000 / 9600 };

export class Wire extends Duplex {
  readonly clock = new FakeClock();
  /** Everything that left, with monotonic ms. */
  readonly sent: { at: number; bytes: Uint8Array }[] = [];
  readonly traced: { way: "tx" | "rx"; bytes: Uint8Array }[] = [];
  /** Called for everything that leaves. */
  onSent: (bytes: Uint8Array) => void = () => {};
  frees = 0;
  /** Writes do not end. */
  stuck = false;
  #life = new AbortController();

  override _read(): void {}

  override _write(chunk: Uint8Array, _: unknown, done: () => void): void {
    this.sent.push({ at: this.clock.monotonicMs(), bytes: Uint8Array.from(chunk) });
    if (!this.stuck) done();
    this.onSent(chunk);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#life.abort();
    done(error);
  }

  /** Says something after `ms`; 0 is at once. */
  say(bytes: Iterable<number>, ms = 0): void {
    const chunk = Uint8Array.from(bytes);
    if (ms === 0) this.push(chunk);
    else
      void this.clock.sleep(ms, this.#life.signal).then(
        () => this.push(chunk),
        () => {},
      );
  }

  line(of: Timing | null = timing): StreamLine {
    return new StreamLine(this, {
      clock: this.clock,
      timing: of,
      trace: (way, bytes) => this.traced.push({ way, bytes: Uint8Array.from(bytes) }),
      lossOf: () => lineFault("line.gone"),
      free: async () => {
        this.frees += 1;
        this.destroy();
      },
    });
  }

  /** Moves time in small steps until a promise settles. */
  async passing<T>(work: Promise<T>, stepMs = 1): Promise<T> {
    let open = true;
    const done = () => {
      open = false;
    };
    work.then(done, done);
    while (open) await this.clock.advance(stepMs);
    return work;
  }
}
