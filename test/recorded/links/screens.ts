/** Links of projectors and displays. */
import { createHash } from "node:crypto";
import { ascii, mdcSaid } from "../../unit/display/bytes.ts";
import { spellingsOfText } from "../canary.ts";
import { after, code, one, reached, type SpokenLink, straySpellings, strays, torn } from "./spoken.ts";

const pjSalt = "498e4a67";
const pjPassword = "password of CE_SECRET_PJ";
const pjDigest = createHash("md5").update(pjSalt).update(pjPassword).digest("hex");
const pjSays: Readonly<Record<string, string>> = {
  POWR: "1",
  INPT: "31",
  AVMT: "30",
  ERST: "000010",
  LAMP: "1234 1",
};

export const screenLinks: SpokenLink[] = [
  {
    kind: "pjlink",
    files: one("kind: pjlink, password: secret:PJ", "profile: pjlink-projector, host: 127.0.0.1, port: PORT"),
    scripts: [
      {
        greeting: ascii(`PJLINK 1 ${pjSalt}\r`),
        answer(asked) {
          const text = Buffer.from(asked).toString("latin1");
          const [, digest, command = ""] = /^([0-9a-f]{32})?%1([A-Z0-9]{4}) \?\r$/.exec(text) ?? [];
          if (digest !== undefined && digest !== pjDigest) return [after(5, ascii("PJLINK ERRA\r"))];
          if (command === "NAME") return [after(5, ascii(`%1NAME=${code}\r`))];
          return torn(5, ascii(`%1${command}=${pjSays[command] ?? "ERR1"}\r`));
        },
      },
    ],
    secrets: [pjSalt, pjDigest, ...spellingsOfText(pjPassword), ...spellingsOfText(code), "wangxiaoming"],
    texts: ["device_name"],
    values: { display_on: true, lamp_hours: 1234 },
  },
  {
    kind: "display-serial",
    name: "that speaks in text",
    files: one(`kind: display-serial, ${reached}`, "profile: benq-display, number: 1"),
    scripts: [
      {
        speaks: strays,
        answer: (said) => {
          const asked = Buffer.from(said).toString("latin1");
          return torn(10, ascii(`801r${asked[4]}${asked[4] === "f" ? "030" : "001"}\r`));
        },
      },
    ],
    secrets: straySpellings,
    values: { display_on: true, volume: 30 },
  },
  {
    kind: "hex-serial",
    name: "that speaks in words",
    files: one(`kind: hex-serial, ${reached}`, "profile: words"),
    profile: `profile: words
text: { zh: 文字, en: words }
proof: simulated
driver: hex
points:
  volume: { ask: "47 45 54 20 56 4F 4C 0D", reply: "4C 4F 55 44 4E 45 53 53 3D .. 0D", at: 9 }
`,
    scripts: [{ speaks: strays, answer: () => torn(10, ascii("LOUDNESS=1\r")) }],
    secrets: straySpellings,
    values: { volume: 49 },
  },
  ...(["serial", "tcp"] as const).flatMap((way): SpokenLink[] => {
    const isSerial = way === "serial";
    const [link, place] = isSerial ? [`, ${reached}`, ""] : ["", ", host: 127.0.0.1, port: PORT"];
    return [
      {
        kind: `display-${way}`,
        files: one(`kind: display-${way}${link}`, `profile: samsung-mdc${isSerial ? ", number: 1" : place}`),
        scripts: [
          {
            speaks: strays,
            answer: ([, command = 0, id = 0]) =>
              torn(
                10,
                mdcSaid(id, command, command === 0x0d ? [0, 0, 0, 0, 41, 0] : [command === 0x14 ? 0x21 : 1]),
              ),
          },
        ],
        secrets: straySpellings,
        values: { display_on: true, display_input: "hdmi-1" },
      },
      {
        kind: `hex-${way}`,
        files: one(
          `kind: hex-${way}${link}${isSerial ? "" : ", port: PORT"}`,
          `profile: hex-panel${isSerial ? "" : ", host: 127.0.0.1"}`,
        ),
        scripts: [
          {
            speaks: strays,
            answer: (asked) => {
              const said = [0xaa, 0x81, asked[2] ?? 0, asked[2] === 0x51 ? 1 : 30];
              return torn(10, Uint8Array.of(...said, said.reduce((sum, byte) => sum + byte, 0) % 256));
            },
          },
        ],
        secrets: straySpellings,
        values: { display_on: true, volume: 30 },
      },
    ];
  }),
];
