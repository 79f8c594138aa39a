/**
 * What may be kept of what displays say and are told, for a recording.
 *
 * Holds: the salt and the digest of a PJLink password are replaced; of texts only words of the protocols are kept, of the
 * profile's values, and those that we have said ourselves. Digits in a row that could be a card's or a person's are 0,
 * but for those in a frame of NEC. What a table has displays told is kept: it is of the profile.
 * Never kept: the name of a host or a port, and more than is said at once.
 */
import type { Scrubber, ScrubberContext } from "../contract/index.ts";
import { HeldBytes } from "../line/held-bytes.ts";
import { necFrameAt } from "./protocols/nec.ts";
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

/** As many digits as no protocol but NEC says in a row. */
const longNumber = /[0-9A-Fa-f]{7,}/g;

/** What is said in place of a text where there is none. */
const refusals = /^ERR[1-4A]$/;

const necHead = 0x01;

const hidden = (text: string) => "x".repeat(text.length);

const withoutDigest = (text: string) =>
  text.replace(/[0-9A-Fa-f]{32}(?=%[12])/g, (digest) => "0".repeat(digest.length));

/**
 * The same length, so that it can be taken apart again.
 * @param known words and numbers that are nobody's, in small letters, beside those of the protocols
 */
export function scrub(bytes: Uint8Array, known: ReadonlySet<string> = new Set()): Uint8Array {
  const text = withoutDigest(textOf(bytes))
    .replace(/(PJLINK 1 )([^\r]*)/g, (_, head: string, salt: string) => head + "0".repeat(salt.length))
    .replace(texts, (_, head: string, said: string) => head + (refusals.test(said) ? said : hidden(said)))
    .replace(/[A-Za-z]{4,}/g, (word) => {
      const isHex = /^[0-9A-Fa-f]+$/.test(word);
      const isKnown = protocolWords.has(word) || known.has(word.toLowerCase());
      return isHex || isKnown || /^x+$/.test(word) ? word : hidden(word);
    })
    // Chinese, as UTF-8.
    .replace(/(?:[\xe4-\xe9][\x80-\xbf]{2}){2,}/g, hidden);
  return ascii(withoutNumbers(text, known));
}

/** What stands in no frame of NEC. */
function withoutNumbers(text: string, known: ReadonlySet<string>): string {
  const change = (part: string) =>
    part.replace(longNumber, (run) => (known.has(run.toLowerCase()) ? run : "0".repeat(run.length)));
  const bytes = ascii(text);
  let made = "";
  let from = 0;
  for (let at = bytes.indexOf(necHead); at >= 0; at = bytes.indexOf(necHead, at + 1)) {
    const found = at < from ? { junk: 1 } : necFrameAt(bytes.subarray(at));
    if (!("length" in found)) continue;
    made += change(text.slice(from, at)) + text.slice(at, at + found.length);
    from = at + found.length;
  }
  return made + change(text.slice(from));
}

/** Words and long numbers that are remembered of what we said. */
const mostKnown = 500;

export class DisplayScrubber implements Scrubber {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly #lineOf: ReadonlyMap<string, string>;
  readonly #held: HeldBytes;
  readonly #known: Set<string>;

  /**
   * @param lineOf by device, the line as `bytes` is told it
   * @param answers texts that a profile has it say
   */
  constructor(
    settings: Readonly<Record<string, string | number | boolean>>,
    lineOf: ReadonlyMap<string, string>,
    context: ScrubberContext,
    answers: readonly string[] = [],
  ) {
    this.settings = settings;
    this.#lineOf = lineOf;
    this.#known = new Set([...context.words].map((word) => word.toLowerCase()));
    for (const text of answers) this.#remember(text);
    this.#held = new HeldBytes(
      {
        asked: (bytes) => this.#own(bytes),
        said: (bytes) => scrub(bytes, this.#known),
      },
      context.take,
    );
  }

  /** Of what we say ourselves nothing is anybody's but the digest of a password. */
  #own(bytes: Uint8Array): Uint8Array {
    const text = withoutDigest(textOf(bytes));
    this.#remember(text);
    return ascii(text);
  }

  #remember(text: string): void {
    for (const [word] of text.matchAll(/[A-Za-z]{4,}|[0-9A-Fa-f]{7,}/g))
      if (this.#known.size < mostKnown) this.#known.add(word.toLowerCase());
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
