/**
 * What may be kept of what displays say and are told, for a recording.
 *
 * Holds: the salt and the digest of a PJLink password are replaced; of texts only words of the protocols are kept.
 * Never kept: the name of a host or a port, and more than is said at once.
 */
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import { ascii, textOf } from "./question.ts";

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

/** What is said in place of a text where there is none. */
const refusals = /^ERR[1-4A]$/;

const hidden = (text: string) => "x".repeat(text.length);

/** The same length, so that it can be taken apart again. */
export function scrub(bytes: Uint8Array): Uint8Array {
  const text = textOf(bytes)
    .replace(/(PJLINK 1 )([^\r]*)/g, (_, head: string, salt: string) => head + "0".repeat(salt.length))
    .replace(/[0-9A-Fa-f]{32}(?=%[12])/g, (digest) => "0".repeat(digest.length))
    .replace(texts, (_, head: string, said: string) => head + (refusals.test(said) ? said : hidden(said)))
    .replace(/[A-Za-z]{4,}/g, (word) => {
      const isHex = /^[0-9A-Fa-f]+$/.test(word);
      return isHex || protocolWords.has(word) || /^x+$/.test(word) ? word : hidden(word);
    })
    // Chinese, as UTF-8.
    .replace(/(?:[\xe4-\xe9][\x80-\xbf]{2}){2,}/g, hidden);
  return ascii(text);
}

export class DisplayScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #lineOf: ReadonlyMap<string, string>;
  readonly #held: HeldBytes;

  /** @param lineOf by device, the line as `bytes` is told it */
  constructor(
    settings: Readonly<Record<string, string | number | boolean>>,
    lineOf: ReadonlyMap<string, string>,
    context: ScrubberContext,
  ) {
    this.settings = settings;
    this.#lineOf = lineOf;
    this.#held = new HeldBytes({ asked: scrub, said: scrub }, context.take);
  }

  known(device: string): Readonly<Record<string, string | number>> | null {
    const line = this.#lineOf.get(device);
    return line === undefined ? null : { line: this.#held.numberOf(line) };
  }

  bytes(atMs: number, line: string, way: "tx" | "rx", bytes: Uint8Array): void {
    this.#held.bytes(atMs, line, way, bytes);
  }

  flush(): void {
    this.#held.flush();
  }
}
