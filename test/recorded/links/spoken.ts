/** How links are written for a recording and its replay, and what must never be found in it. */
import type { RecordingHeader } from "../../../config/schema/recording.ts";
import { ascii, tag } from "../../unit/reader/cards.ts";
import { spellingsOfNumber, spellingsOfText } from "../canary.ts";
import type { Said, Script } from "../far-line.ts";

export const card = 0xe3086ced;
export const code = "ZXM-wangxiaoming-7f3a91c2";
export const cardSpellings = spellingsOfNumber(card);
export const bcd = (digits: string) => [...Buffer.from(digits.padStart(10, "0"), "hex")];

/** What may be on the wrong line: a card and a code, as a reader says them, and as bytes. */
export const slips: Uint8Array[] = [
  Uint8Array.of(0xe3, 0x08, 0x6c, 0xed),
  Uint8Array.of(0xed, 0x6c, 0x08, 0xe3),
  Uint8Array.from(bcd(String(card))),
  Uint8Array.from(bcd(String(card)).reverse()),
  tag("62E3086CED"),
  ascii(`${card}\r\n`),
  ascii(`${code}\r`),
];
export const slip = Uint8Array.from(slips.flatMap((one) => [...one]));

/** The same as whoever reads ASCII says it, before anything is asked. */
export const strays = [{ afterMs: 100, bytes: Uint8Array.from(slips.slice(4).flatMap((one) => [...one])) }];
export const straySpellings = [
  ...cardSpellings,
  ...spellingsOfText(code),
  ...spellingsOfText("wangxiaoming"),
];

/** A link of a kind, what stands at its far end, and what must come of it. */
export interface SpokenLink {
  kind: string;
  /** What is special of it. */
  name?: string;
  /** The files, by ports of the far ends; `header`: of the recording that is played. */
  files(ports: readonly number[], header?: RecordingHeader): string;
  /** A profile of the school's own. */
  profile?: string;
  /** One for each far end. */
  scripts: readonly Script[];
  listenMs?: number;
  /** Never to be found. */
  secrets: readonly string[];
  /** Texts of the device that are told, and in a recording are as long and of `x`. */
  texts?: readonly string[];
  /** What is told of it at least. */
  values: Record<string, unknown>;
}

export const one = (link: string, device: string) => (ports: readonly number[]) =>
  `links: { it: { ${link.replace("PORT", String(ports[0]))} } }\ndevices: { dev: { via: it, space: 101, ${device.replace("PORT", String(ports[0]))} } }\n`;

export const after = (afterMs: number, said: Iterable<number>): Said => ({
  afterMs,
  bytes: Uint8Array.from(said),
});
/** In two pieces. */
export const torn = (afterMs: number, said: Uint8Array): Said[] => [
  after(afterMs, said.subarray(0, 3)),
  after(afterMs + 8, said.subarray(3)),
];

export const reached = "host: 127.0.0.1, port: PORT";
