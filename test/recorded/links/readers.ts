/** Links of readers of cards and codes. */
import { ascii, tag, wiegand } from "../../unit/reader/cards.ts";
import { spellingsOfText } from "../canary.ts";
import { after, cardSpellings, code, one, reached, type SpokenLink, torn } from "./spoken.ts";

export const readerLinks: SpokenLink[] = [
  {
    kind: "reader",
    name: "of cards",
    files: one(`kind: reader, ${reached}`, "profile: rdm6300"),
    scripts: [
      {
        // Farther apart than the time in which a card that is seen again is no new event.
        speaks: [0, 4000, 8000].flatMap((at) => [
          ...torn(1000 + at, tag("62E3086CED")),
          after(1500 + at, tag(at === 0 ? "6200ABCDEF" : "62E3086CED")),
          after(2500 + at, tag("62E3086CED").slice(0, 9)),
        ]),
      },
    ],
    listenMs: 12_000,
    secrets: [...cardSpellings, "62e3086ced", "00abcdef", "11259375"],
    values: { card: "digest of 8" },
  },
  {
    kind: "reader",
    name: "of Wiegand bits",
    files: one(`kind: reader, ${reached}`, "profile: wiegand-26-34, with: { form: bits, bits: '26' }"),
    scripts: [
      { speaks: [after(1000, ascii(`${wiegand(0x123456, 26)}\r\n`)), after(3000, ascii("E3086CED\r\n"))] },
    ],
    listenMs: 6_000,
    secrets: [...cardSpellings, wiegand(0x123456, 26), (0x123456).toString(2).padStart(24, "0")],
    values: {},
  },
  {
    kind: "reader",
    name: "of codes",
    files: one(`kind: reader, ${reached}`, "profile: gm65"),
    scripts: [
      {
        speaks: [
          after(1000, ascii(`${code}\r\n`)),
          ...torn(2000, Uint8Array.from(Buffer.from("王小明 3301\r\n"))),
        ],
      },
    ],
    listenMs: 5_000,
    secrets: [
      ...spellingsOfText(code),
      ...spellingsOfText("wangxiaoming"),
      ...spellingsOfText("王小明"),
      "7f3a91c2",
    ],
    values: { qr: "digest of 8" },
  },
];
