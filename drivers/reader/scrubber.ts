/**
 * What may be kept of what a reader said, for a recording: stand-ins alone (disguise.ts).
 *
 * Holds: it is given a reader's bytes only while its link is recorded, keeps none of them longer than until their scan
 * is over, and gives none of them out.
 */
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { serialLineName } from "../line/fields.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import { Disguise } from "./disguise.ts";
import type { ReaderDevice, ReaderLink } from "./fields.ts";
import { Framer } from "./framer.ts";
import { isShown, veiled } from "./veiled.ts";

export class ReaderScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #link: ReaderLink;
  readonly #device: ReaderDevice | undefined;
  readonly #held: HeldBytes;

  constructor(link: ReaderLink, [device]: readonly ReaderDevice[], context: ScrubberContext) {
    const { baud, format } = link;
    this.settings = { baud, format, behind: "device" in link ? "port" : "serial-server" };
    this.#link = link;
    this.#device = device;
    const disguise = device === undefined ? null : new Disguise(device.profile, context.key);
    const { end, gapMs } = device?.profile ?? { end: "CR" as const, gapMs: 0 };
    this.#held = new HeldBytes(
      {
        // Nothing is sent to a reader.
        asked: veiled,
        said: (bytes) => disguise?.of(bytes) ?? veiled(bytes),
        // What stands between two marks is disguised by itself.
        whole: (bytes) => bytes.findLastIndex(isShown) + 1,
        restMs: new Framer(end, gapMs).restMs,
      },
      context.take,
    );
  }

  known(id: string): Readonly<Record<string, string | number>> | null {
    return this.#device?.id === id ? { line: this.#held.numberOf(serialLineName(this.#link)) } : null;
  }

  /** Of these a trace has only how many there are: `scan` is told the same. */
  scan(atMs: number, line: string, bytes: Uint8Array): void {
    this.#held.bytes(atMs, line, "rx", bytes);
  }

  flush(): void {
    this.#held.flush();
  }
}
