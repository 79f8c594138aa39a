/**
 * A link of every kind that speaks in bytes is recorded and played again through its real driver, which makes the same
 * of it; and nothing of what its devices and whoever strayed onto its line let slip is in any byte of the file.
 */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { type RecordingHeader, readRecording } from "../../../config/schema/recording.ts";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import { kinds } from "../../../drivers/registry.ts";
import { ReplayedLine } from "../../../simulator/links/replay.ts";
import { FakeClock } from "../../fake-clock.ts";
import { found, spellingsOfNumber, spellingsOfText } from "../../recorded/canary.ts";
import { hear, joinLine, type Said, type Script, ScriptedLine } from "../../recorded/far-line.ts";
import { casePlan, type Told } from "../../recorded/plan.ts";
import { Recorded } from "../../recorded/record.ts";
import { folderOf, school } from "../config/school-folder.ts";
import { mdcSaid } from "../display/bytes.ts";
import { answer as dltSaid, low, meter, parse } from "../dlt645/meters.ts";
import { FarEnd } from "../line/far-end.ts";
import { ascii, tag, wiegand } from "../reader/cards.ts";
import { bytes, mhz, pms } from "../serial/sensors.ts";
import { answerTo } from "../zhonghong/gateway.ts";

const opened: FarEnd[] = [];
afterEach(async () => {
  for (const end of opened.splice(0)) await end.close();
});

const card = 0xe3086ced;
const code = "ZXM-wangxiaoming-7f3a91c2";
const cardSpellings = spellingsOfNumber(card);
const bcd = (digits: string) => [...Buffer.from(digits.padStart(10, "0"), "hex")];

/** What may be on the wrong line: a card and a code, as a reader says them, and as bytes. */
const slips: Uint8Array[] = [
  Uint8Array.of(0xe3, 0x08, 0x6c, 0xed),
  Uint8Array.of(0xed, 0x6c, 0x08, 0xe3),
  Uint8Array.from(bcd(String(card))),
  Uint8Array.from(bcd(String(card)).reverse()),
  tag("62E3086CED"),
  ascii(`${card}\r\n`),
  ascii(`${code}\r`),
];
const slip = Uint8Array.from(slips.flatMap((one) => [...one]));

/** The same as whoever reads ASCII says it, before anything is asked. */
const strays = [{ afterMs: 100, bytes: Uint8Array.from(slips.slice(4).flatMap((one) => [...one])) }];
const straySpellings = [...cardSpellings, ...spellingsOfText(code), ...spellingsOfText("wangxiaoming")];

interface Case {
  kind: string;
  /** What is special of it. */
  name?: string;
  /** The files, by ports of the far ends; `again`: by what the header says. */
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

const one = (link: string, device: string) => (ports: readonly number[]) =>
  `links: { it: { ${link.replace("PORT", String(ports[0]))} } }\ndevices: { dev: { via: it, space: 101, ${device.replace("PORT", String(ports[0]))} } }\n`;

const after = (afterMs: number, said: Iterable<number>): Said => ({ afterMs, bytes: Uint8Array.from(said) });
/** In two pieces. */
const torn = (afterMs: number, said: Uint8Array): Said[] => [
  after(afterMs, said.subarray(0, 3)),
  after(afterMs + 8, said.subarray(3)),
];

/** Registers that say where they are. */
const registers = (asked: Uint8Array, at: number) => {
  const [, , a0 = 0, a1 = 0, , count = 0] = asked.subarray(at);
  return Array.from({ length: count }, (_, index) => [0, (a0 << 8) + a1 + index + 100]).flat();
};

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

const air = "host: 127.0.0.1, port: PORT";
const mhzAsked = bytes("FF 01 86 00 00 00 00 00 79");

const cases: Case[] = [
  {
    kind: "modbus-rtu",
    files: one(
      `kind: modbus-rtu, ${air}, baud: 9600, format: 8N1`,
      "profile: jxct-th, unit: 1, assigned: true",
    ),
    scripts: [
      {
        speaks: strays,
        answer: (asked) => {
          const data = registers(asked, 0);
          return torn(12, withCrc16(Uint8Array.of(asked[0] ?? 0, 3, data.length, ...data)));
        },
      },
    ],
    secrets: straySpellings,
    values: { humidity: 10, temperature: 10.1 },
  },
  {
    kind: "modbus-tcp",
    files: one("kind: modbus-tcp", "profile: jxct-th, unit: 1, host: 127.0.0.1, port: PORT"),
    scripts: [
      {
        speaks: strays,
        answer: (asked) => {
          const data = registers(asked, 6);
          return torn(
            12,
            Uint8Array.of(...asked.subarray(0, 5), 3 + data.length, asked[6] ?? 0, 3, data.length, ...data),
          );
        },
      },
    ],
    secrets: straySpellings,
    values: { humidity: 10, temperature: 10.1 },
  },
  {
    kind: "dlt645",
    files: (ports, header) =>
      one(
        `kind: dlt645, ${air}, baud: 2400, format: 8E1`,
        `profile: dlt645-2007-meter, meter: "${header?.devices[0]?.meter ?? meter}", with: { ct: 1 }`,
      )(ports),
    scripts: [
      {
        answer: (asked) => {
          const parsed = parse(asked);
          const di = parsed?.di ?? "";
          const size = { "00010000": "00120642", "02030000": "001234", "02060000": "0990" }[di] ?? "0000";
          return [after(30, slip), after(90, dltSaid(di, [size], parsed?.meter))];
        },
      },
    ],
    secrets: [meter, ...[low(meter)].map((digits) => Buffer.from(digits).toString("hex")), ...cardSpellings],
    values: { energy: 1206.42 },
  },
  {
    kind: "zhonghong",
    name: "in the network",
    files: one(`kind: zhonghong, ${air}`, "profile: zhonghong-ac, outdoor: 1, indoor: 3"),
    scripts: [{ answer: (asked) => [after(10, slip), ...torn(20, Uint8Array.from(answerTo(asked)))] }],
    secrets: cardSpellings,
    values: { ac_setpoint: 19, temperature: 23 },
  },
  {
    kind: "zhonghong",
    name: "on a serial line that gives back what is sent",
    files: one(
      `kind: zhonghong, ${air}, baud: 9600, format: 8N1`,
      "profile: zhonghong-ac, outdoor: 1, indoor: 3",
    ),
    scripts: [
      {
        answer: (asked) => [after(8, asked), after(20, slip), ...torn(60, Uint8Array.from(answerTo(asked)))],
      },
    ],
    secrets: cardSpellings,
    values: { ac_setpoint: 19, temperature: 23 },
  },
  {
    kind: "serial",
    name: "that is asked",
    files: one(`kind: serial, ${air}`, "profile: mh-z19b"),
    scripts: [
      {
        answer: (asked) => [
          after(10, slip),
          ...torn(40, asked.length === mhzAsked.length ? mhz(636, 26) : asked),
        ],
      },
    ],
    secrets: cardSpellings,
    values: { co2: 636 },
  },
  {
    kind: "serial",
    name: "that speaks by itself",
    files: one(`kind: serial, ${air}`, "profile: plantower-pms7003"),
    scripts: [
      {
        speaks: Array.from({ length: 12 }, (_, turn) => [
          ...torn(500 + 800 * turn, pms(1, 2, 3, 4, 70 + turn, 84, 0xe308, 0x6ced, 0x6ced, 0xe308)),
          after(900 + 800 * turn, slip),
        ]).flat(),
      },
    ],
    secrets: cardSpellings,
    values: { pm10: 84 },
  },
  {
    kind: "reader",
    name: "of cards",
    files: one(`kind: reader, ${air}`, "profile: rdm6300"),
    scripts: [
      {
        speaks: [0, 4000, 8000].flatMap((at) => [
          ...torn(1000 + at, tag("62E3086CED")),
          after(2000 + at, tag(at === 0 ? "6200ABCDEF" : "62E3086CED")),
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
    files: one(`kind: reader, ${air}`, "profile: wiegand-26-34, with: { form: bits, bits: '26' }"),
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
    files: one(`kind: reader, ${air}`, "profile: gm65"),
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
    files: one(`kind: display-serial, ${air}`, "profile: benq-display, number: 1"),
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
    files: one(`kind: hex-serial, ${air}`, "profile: words"),
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
  ...(["serial", "tcp"] as const).flatMap((way): Case[] => {
    const isSerial = way === "serial";
    const [link, place] = isSerial ? [`, ${air}`, ""] : ["", ", host: 127.0.0.1, port: PORT"];
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

async function ends(count: number): Promise<FarEnd[]> {
  const all: FarEnd[] = [];
  for (let index = 0; index < count; index++) all.push(await FarEnd.listen());
  opened.push(...all);
  return all;
}

const planOf = ({ files, profile }: Case, far: readonly FarEnd[], header?: RecordingHeader) =>
  casePlan(
    folderOf({
      "school.yaml": school,
      ...(profile === undefined ? {} : { "profiles/words.yaml": profile }),
      "link.yaml": files(
        far.map(({ port }) => port),
        header,
      ),
    }),
  );

async function recorded(one: Case): Promise<{ told: Told[]; text: string }> {
  const clock = new FakeClock();
  const far = await ends(one.scripts.length);
  for (const [at, script] of one.scripts.entries())
    joinLine(far[at] as FarEnd, new ScriptedLine(clock, script));
  const { plan, link } = planOf(one, far);
  const recording = new Recorded(plan, link, clock);
  await recording.start();
  const told = await hear(plan, link, {
    ...{ clock, rounds: 3, listenMs: one.listenMs ?? 0, tap: recording.tap },
    asking: () => recording.take(),
  });
  return { told, text: await recording.text() };
}

async function replayed(one: Case, text: string): Promise<{ told: Told[]; unanswered: unknown[] }> {
  const clock = new FakeClock();
  const recording = readRecording(text);
  const far = await ends(one.scripts.length);
  const lines = far.map((end, at) => {
    const line = new ReplayedLine(recording, { clock, line: at + 1 });
    joinLine(end, line);
    return line;
  });
  const { plan, link } = planOf(one, far, recording.header);
  const told = await hear(plan, link, { clock, rounds: 3, listenMs: one.listenMs ?? 0 });
  for (const line of lines) line.close();
  return { told, unanswered: lines.flatMap(({ unanswered }) => unanswered.map(({ text: asked }) => asked)) };
}

const hiding = (told: Told, texts: readonly string[]): Told => ({
  ...told,
  values: Object.fromEntries(
    Object.entries(told.values).map(([point, value]) => [
      point,
      texts.includes(point) ? "x".repeat(String(value).length) : value,
    ]),
  ),
});

describe.each(cases.map((one) => [[one.kind, one.name].filter(Boolean).join(" "), one] as const))(
  "a link of kind %s",
  (_, one) => {
    it("is recorded, and its driver makes the same of the recording", async () => {
      const { told, text } = await recorded(one);
      const values = Object.assign({}, ...told.map((each) => each.values)) as Told["values"];
      expect(values).toMatchObject(one.values);
      const { header, entries } = readRecording(text);
      expect(header).toMatchObject({ link: { kind: one.kind }, dropped: 0, devices: [{ line: 1 }] });
      expect(entries.length).toBeGreaterThan(1);
      const shown = told.map((each) => hiding(each, one.texts ?? []));
      expect(await replayed(one, text)).toEqual({ told: shown, unanswered: [] });
      expect(found(text, one.secrets)).toEqual([]);
      expect(text).not.toMatch(/127\.0\.0|2133000001|云溪/);
    });
  },
);

it("finds a canary where there is one", () => {
  const line = (said: Uint8Array) =>
    JSON.stringify({
      ms: 1,
      line: 1,
      way: "rx",
      bytes: (Buffer.from(said).toString("hex").toUpperCase().match(/../g) ?? []).join(" "),
    });
  const header = JSON.stringify({
    recording: 1,
    program: "0",
    link: {},
    devices: [],
    began: null,
    ms: 1,
    ended: "time",
    entries: 1,
    dropped: 0,
  });
  for (const said of slips.slice(0, -1))
    expect(found(`${header}\n${line(said)}`, cardSpellings), String(said)).not.toEqual([]);
  expect(found(`${header}\n${line(ascii(code))}`, spellingsOfText(code))).not.toEqual([]);
});

it("of which there is none that is not recorded", () => {
  const messages = ["mqtt-broker", "mqtt-external"];
  expect(new Set([...cases.map(({ kind }) => kind), ...messages])).toEqual(
    new Set(kinds.map(({ kind }) => kind)),
  );
});
