/**
 * What may be kept of what displays say and are told, for a recording. What comes is held back until the next request,
 * put together, and taken apart again at the same places and times.
 *
 * Holds: the salt and the digest of a PJLink password are replaced; of texts only words of the protocols are kept.
 * Never kept: the name of a host or a port, and more than is said at once.
 */
import { printBytes } from "../../config/schema/recording.ts";
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { ascii, textOf } from "./question.ts";

/** Bytes that are kept of what came between two requests. */
const mostHeld = 1024;

/** Words in capitals that the protocols themselves say. */
const protocolWords: ReadonlySet<string> = new Set([
  ...[
    "PJLINK",
    "ERRA",
    "POWR",
    "INPT",
    "AVMT",
    "ERST",
    "LAMP",
    "CLSS",
    "INST",
    "FILT",
    "FREZ",
    "SVOL",
    "IRES",
  ],
  ...["NAME", "INFO", "SNUM", "SVER", "SOURCE", "MUTE"],
]);
/** Of these, what is said after them is a text of its owner or maker. */
const texts = /(%[12](?:NAME|INF1|INF2|INFO|SNUM|SVER|INNM|RLMP|RFIL)=)([^\r]*)/g;

const hidden = (text: string) => "x".repeat(text.length);

/** The same length, so that it can be taken apart again. */
export function scrub(bytes: Uint8Array): Uint8Array {
  const text = textOf(bytes)
    .replace(/(PJLINK 1 )([^\r]*)/g, (_, head: string, salt: string) => head + "0".repeat(salt.length))
    .replace(/[0-9A-Fa-f]{32}(?=%[12])/g, (digest) => "0".repeat(digest.length))
    .replace(texts, (_, head: string, said: string) => head + hidden(said))
    .replace(/[A-Za-z]{4,}/g, (word) => {
      const isHex = /^[0-9A-Fa-f]+$/.test(word);
      return isHex || protocolWords.has(word) || /^x+$/.test(word) ? word : hidden(word);
    })
    // Chinese, as UTF-8.
    .replace(/(?:[\xe4-\xe9][\x80-\xbf]{2}){2,}/g, hidden);
  return ascii(text);
}

interface Held {
  atMs: number;
  bytes: Uint8Array;
  cut: number;
}

interface Heard {
  number: number;
  held: Held[];
  length: number;
}

export class DisplayScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #lineOf: ReadonlyMap<string, string>;
  readonly #context: ScrubberContext;
  readonly #lines = new Map<string, Heard>();

  /** @param lineOf by device, the line as `bytes` is told it */
  constructor(
    settings: Readonly<Record<string, string | number | boolean>>,
    lineOf: ReadonlyMap<string, string>,
    context: ScrubberContext,
  ) {
    this.settings = settings;
    this.#lineOf = lineOf;
    this.#context = context;
  }

  known(device: string): Readonly<Record<string, string | number>> | null {
    const line = this.#lineOf.get(device);
    return line === undefined ? null : { line: this.#line(line).number };
  }

  bytes(atMs: number, name: string, way: "tx" | "rx", bytes: Uint8Array): void {
    const line = this.#line(name);
    if (way === "rx") {
      const kept = bytes.slice(0, Math.max(0, mostHeld - line.length));
      line.length += kept.length;
      line.held.push({ atMs, bytes: kept, cut: bytes.length - kept.length });
      return;
    }
    this.#release(line);
    // Waiting for a greeting sends nothing.
    if (bytes.length > 0) this.#take(atMs, line, "tx", scrub(bytes), 0);
  }

  flush(): void {
    for (const line of this.#lines.values()) this.#release(line);
  }

  #line(name: string): Heard {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line: Heard = { number: this.#lines.size + 1, held: [], length: 0 };
    this.#lines.set(name, line);
    return line;
  }

  #release(line: Heard): void {
    const { held } = line;
    line.held = [];
    line.length = 0;
    const all = scrub(Uint8Array.from(held.flatMap(({ bytes }) => [...bytes])));
    let at = 0;
    for (const { atMs, bytes, cut } of held) {
      this.#take(atMs, line, "rx", all.subarray(at, at + bytes.length), cut);
      at += bytes.length;
    }
  }

  #take(atMs: number, { number }: Heard, way: "tx" | "rx", bytes: Uint8Array, cut: number): void {
    this.#context.take({
      ms: Math.round(atMs * 10) / 10,
      line: number,
      way,
      bytes: printBytes(bytes),
      ...(cut === 0 ? {} : { cut }),
    });
  }
}
