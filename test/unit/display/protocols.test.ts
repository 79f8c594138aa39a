/** Every protocol of displays: what is sent for each word, and what is made of whatever comes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Value } from "../../../config/schema/vocabulary.ts";
import { type ProtocolName, protocolNames, protocolOf } from "../../../drivers/display/protocols/index.ts";
import type { Question } from "../../../drivers/display/question.ts";
import { ascii, bytes, hisenseSaid, mdc, mdcSaid, nec, shown } from "./bytes.ts";

const plain = { hexText: false, lax: false };
const asked = (name: ProtocolName, query: string, id = 1) => protocolOf(name).query(query, id, plain);
const told = (name: ProtocolName, word: string, raw: Value, id = 1): Question => {
  const question = protocolOf(name).set(word, raw, id, plain);
  if (question === null) throw new Error("it cannot be set");
  return question;
};

interface Exchange {
  name: ProtocolName;
  question: Question;
  sent: Uint8Array;
  said: Uint8Array;
  gives: unknown;
  /** Nothing tells whether a byte of it was changed on the way. */
  open?: true;
}
const values = (given: Record<string, Value>) => ({ answer: { values: given } });
const done = { answer: { done: true } };
const refused = { answer: { refusal: "refused" } };
const text = (said: string) => ascii(said);
const necOf = (message: string, type: string, id = 1) => nec(0x30, 0x40 + id, type, message);

const exchanges: Exchange[] = [
  {
    name: "samsung-mdc",
    question: asked("samsung-mdc", "power"),
    sent: bytes("AA 11 01 00 12"),
    said: mdcSaid(1, 0x11, [1]),
    gives: values({ power: 1 }),
  },
  {
    name: "samsung-mdc",
    question: asked("samsung-mdc", "input", 0xfd),
    sent: mdc(0x14, 0xfd, []),
    said: mdcSaid(0xfd, 0x14, [0x21]),
    gives: values({ input: "21" }),
  },
  {
    name: "samsung-mdc",
    question: told("samsung-mdc", "power", 1),
    sent: bytes("AA 11 01 01 01 14"),
    said: bytes("AA FF 01 03 41 11 01 56"),
    gives: done,
  },
  {
    name: "samsung-mdc",
    question: told("samsung-mdc", "power", 0),
    sent: bytes("AA 11 01 01 00 13"),
    said: mdcSaid(1, 0x11, [0]),
    gives: done,
  },
  {
    name: "samsung-mdc",
    question: told("samsung-mdc", "input", "21"),
    sent: bytes("AA 14 01 01 21 37"),
    said: mdcSaid(1, 0x14, [1], "N"),
    gives: refused,
  },
  {
    name: "samsung-mdc",
    question: asked("samsung-mdc", "errors"),
    sent: mdc(0x0d, 1, []),
    said: mdcSaid(1, 0x0d, [1, 0, 0, 0, 41, 1]),
    gives: values({ lamp: 1, heat: 0, temperature: 41, fan: 1 }),
  },
  {
    name: "nec",
    question: asked("nec", "power"),
    sent: bytes("01 30 41 30 41 30 36 02 30 31 44 36 03 74 0D"),
    said: necOf("0200D60000040001", "B"),
    gives: values({ power: 1 }),
  },
  {
    name: "nec",
    question: told("nec", "power", "0001"),
    sent: bytes("01 30 41 30 41 30 43 02 43 32 30 33 44 36 30 30 30 31 03 73 0D"),
    said: necOf("00C203D60001", "B"),
    gives: done,
  },
  {
    name: "nec",
    question: asked("nec", "volume", 100),
    sent: nec(0xa4, 0x30, "C", "0062"),
    said: necOf("000062000064001E", "D", 100),
    gives: values({ volume: 30 }),
  },
  {
    name: "nec",
    question: told("nec", "mute", 1),
    sent: nec(0x41, 0x30, "E", "008D0001"),
    said: necOf("00008D0000020001", "F"),
    gives: done,
  },
  {
    name: "nec",
    question: asked("nec", "input"),
    sent: nec(0x41, 0x30, "C", "0060"),
    said: necOf("BE", "B"),
    gives: refused,
  },
  {
    name: "nec",
    question: asked("nec", "mute"),
    sent: nec(0x41, 0x30, "C", "008D"),
    said: necOf("01008D0000000000", "D"),
    gives: refused,
  },
  {
    name: "hisense",
    question: asked("hisense", "status"),
    sent: bytes("DD FF 00 06 C1 28 00 00 01 EE BB CC"),
    said: hisenseSaid(0x28, 1, [30, 5, 5, 0, 1, 0]),
    gives: values({ volume: 30, input: "0505", power: 0, mute: 1 }),
  },
  {
    name: "hisense",
    question: told("hisense", "power", "AAAA"),
    sent: bytes("DD FF 00 08 C1 15 00 00 01 AA AA DD BB CC"),
    said: bytes("AB AB 00 08 C1 15 00 00 01 AA AA DD CD CD"),
    gives: done,
  },
  {
    name: "hisense",
    question: told("hisense", "input", "08"),
    sent: bytes("DD FF 00 07 C1 08 00 00 01 08 C7 BB CC"),
    said: hisenseSaid(0x08, 1, [8]),
    gives: done,
  },
  {
    name: "lg",
    question: asked("lg", "power"),
    sent: text("ka 01 ff\r"),
    said: text("a 01 OK01x"),
    gives: values({ power: 1 }),
    open: true,
  },
  {
    name: "lg",
    question: told("lg", "power", 1),
    sent: text("ka 01 01\r"),
    said: text("a 01 OK01x"),
    gives: done,
    open: true,
  },
  {
    name: "lg",
    question: told("lg", "volume", 100, 0x1f),
    sent: text("kf 1f 64\r"),
    said: text("f 1f NG64x"),
    gives: refused,
    open: true,
  },
  {
    name: "lg",
    question: asked("lg", "input"),
    sent: text("xb 01 ff\r"),
    said: text("b 01 OK90x"),
    gives: values({ input: "90" }),
    open: true,
  },
  {
    name: "epson",
    question: asked("epson", "power"),
    sent: text("PWR?\r"),
    said: text("PWR=02\r:"),
    gives: values({ power: 2 }),
    open: true,
  },
  {
    name: "epson",
    question: asked("epson", "av-mute"),
    sent: text("MUTE?\r"),
    said: text("ERR\r:"),
    gives: refused,
    open: true,
  },
  {
    name: "epson",
    question: told("epson", "input", "A0"),
    sent: text("SOURCE A0\r"),
    said: text(":"),
    gives: done,
    open: true,
  },
  {
    name: "epson",
    question: told("epson", "power", "ON"),
    sent: text("PWR ON\r"),
    said: text("ERR\r:"),
    gives: refused,
    open: true,
  },
  {
    name: "benq",
    question: asked("benq", "power"),
    sent: text("801gl000\r"),
    said: text("801rl001\r"),
    gives: values({ power: 1 }),
    open: true,
  },
  {
    name: "benq",
    question: told("benq", "power", 1),
    sent: text("801s!001\r"),
    said: text("401+\r"),
    gives: done,
    open: true,
  },
  {
    name: "benq",
    question: told("benq", "volume", 30, 98),
    sent: text("898s5030\r"),
    said: text("498-\r"),
    gives: refused,
    open: true,
  },
];

describe.each(exchanges.map((one) => [one.name, shown(one.sent), one] as const))(
  "%s, asked with %s",
  (name, _, { question, sent, said, gives, open }) => {
    it("sends these bytes and understands the answer", () => {
      expect(shown(question.bytes)).toBe(shown(sent));
      expect(question.judge(said)).toEqual(gives);
    });

    it("waits for the rest wherever the answer is cut off", () => {
      for (let at = 0; at < said.length; at++) {
        const verdict = question.judge(said.subarray(0, at));
        expect(verdict).toHaveProperty("more");
      }
    });

    it("passes over our own request, a glitch, and what others say", () => {
      expect(question.judge(Uint8Array.of(...sent, ...said))).toEqual(gives);
      expect(question.judge(Uint8Array.of(0xff, ...said))).toEqual(gives);
      for (const other of exchanges) {
        if (other.name !== name || other.question === question) continue;
        const before = question.judge(other.said);
        if ("more" in before)
          expect(question.judge(Uint8Array.of(...other.said, ...said)), shown(other.said)).toEqual(gives);
      }
    });

    it("gives nothing of two answers in one", () => {
      expect(question.judge(Uint8Array.of(...said, ...said))).toEqual({ fault: "glued" });
    });

    it("gives no value of an answer in which a byte was changed", () => {
      if (open === true) return;
      for (let at = 0; at < said.length; at++)
        for (const flip of [0x01, 0x10, 0x80, 0xff]) {
          const changed = Uint8Array.from(said, (byte, index) => (index === at ? byte ^ flip : byte));
          expect(question.judge(changed), `byte ${at}`).not.toHaveProperty("answer");
        }
    });
  },
);

/** What answers each question of a protocol, of set 1. */
const answers: Partial<Record<ProtocolName, Record<string, Uint8Array>>> = {
  "samsung-mdc": {
    power: mdcSaid(1, 0x11, [1]),
    volume: mdcSaid(1, 0x12, [1]),
    mute: mdcSaid(1, 0x13, [1]),
    input: mdcSaid(1, 0x14, [1]),
    errors: mdcSaid(1, 0x0d, [0, 0, 0, 0, 1, 0]),
  },
  nec: {
    power: necOf("0200D60000040001", "B"),
    input: necOf("0000600000880001", "D"),
    volume: necOf("0000620000640001", "D"),
    mute: necOf("00008D0000020001", "D"),
  },
  hisense: {
    status: hisenseSaid(0x28, 1, [1, 5, 5, 0, 0, 0]),
    "input-read": hisenseSaid(0x1a, 1, [5, 3]),
  },
  lg: {
    power: text("a 01 OK01x"),
    input: text("b 01 OK01x"),
    screen: text("d 01 OK01x"),
    mute: text("e 01 OK01x"),
    volume: text("f 01 OK01x"),
    fault: text("z 01 OK01x"),
    hours: text("l 01 OK01x"),
    temperature: text("n 01 OK01x"),
  },
  epson: {
    power: text("PWR=01\r:"),
    input: text("SOURCE=01\r:"),
    "av-mute": text("MUTE=ON\r:"),
    volume: text("VOL=01\r:"),
    "lamp-hours": text("LAMP=01\r:"),
    error: text("ERR=01\r:"),
  },
  benq: {
    power: text("801rl001\r"),
    input: text("801rj001\r"),
    volume: text("801rf001\r"),
    mute: text("801rg001\r"),
  },
};

describe.each(Object.entries(answers) as [ProtocolName, Record<string, Uint8Array>][])(
  "of %s",
  (name, known) => {
    const all = Object.entries(known);
    it.each(all)("the answer to %s is one to that alone, and passed over by the others", (query, said) => {
      expect(asked(name, query).judge(said)).toHaveProperty("answer.values");
      for (const [other, own] of all) {
        if (other === query) continue;
        const { judge } = asked(name, other);
        expect(judge(said), other).toHaveProperty("more");
        expect(judge(Uint8Array.of(...said, ...own)), other).toEqual(judge(own));
      }
    });

    it("no question is left out", () => {
      const queries = new Set(Object.values(protocolOf(name).asks).map(({ query }) => query));
      // Its answers look like those of input, so one model never has both.
      queries.delete("input-kb");
      expect(Object.keys(known).sort()).toEqual([...queries].sort());
    });
  },
);

/** All questions and commands of a protocol, each with its id. */
const everything = protocolNames.flatMap((name) => {
  const protocol = protocolOf(name);
  const ids = protocol.ids === null ? [1] : [protocol.ids.min, 1, protocol.ids.max];
  const queries = new Set(Object.values(protocol.asks).map(({ query }) => query));
  return ids.flatMap((id) => [
    ...[...queries].map((query) => ({ name, id, question: protocol.query(query, id, plain) })),
    ...Object.keys(protocol.sets).flatMap((word) =>
      [0, 1, 2, 4, "0001", "0004", "ON", "OFF", "AAAA", "BBBB", "21", "08"].flatMap((raw) => {
        const question = protocol.set(word, raw, id, plain);
        return question === null ? [] : [{ name, id, question }];
      }),
    ),
  ]);
});

describe("any question of any protocol", () => {
  it("throws at no bytes, and asks for more or says what is wrong", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(), (received, pick) => {
        const { question } = everything[pick % everything.length] ?? { question: undefined };
        if (question === undefined) throw new Error("there is none");
        const verdict = question.judge(received);
        if ("more" in verdict) expect(verdict.more).toBeGreaterThan(0);
        else if ("fault" in verdict) expect(verdict.fault).toMatch(/^[a-z-]+$/);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes no end of noise: it is a fault, or everything is passed over", () => {
    for (const { question } of everything)
      for (const byte of [0x00, 0x41, 0xaa, 0xff, 0x0a]) {
        const verdict = question.judge(new Uint8Array(512).fill(byte));
        expect(verdict).not.toHaveProperty("answer");
        if (byte === 0) expect(verdict).toEqual({ fault: "noise" });
      }
  });

  it("never sends command 10 of Hisense, nor a number that means all", () => {
    for (const { name, question } of everything)
      if (name === "hisense") expect(question.bytes[5]).not.toBe(0x10);
    const all: Record<ProtocolName, number[]> = {
      "samsung-mdc": [0xfe, 0xff],
      lg: [0],
      nec: [0x2a - 0x40],
      epson: [],
      hisense: [0, 0xff],
      benq: [99, 0],
    };
    for (const name of protocolNames) {
      const { ids } = protocolOf(name);
      for (const id of all[name]) expect(ids !== null && id >= ids.min && id <= ids.max, name).toBe(false);
    }
  });

  it("sets nothing that its tables do not have", () => {
    for (const name of protocolNames) {
      const protocol = protocolOf(name);
      for (const word of ["reset", "key", "toString", "status", "errors"])
        expect(protocol.set(word, 1, 1, plain), `${name} ${word}`).toBeNull();
      for (const word of Object.keys(protocol.sets))
        for (const raw of [-1, 1.5, 1000, null, "", "zz", "1\r", "100000"])
          expect(protocol.set(word, raw, 1, plain), `${name} ${word} ${raw}`).toBeNull();
    }
  });
});

describe("round trips", () => {
  it.each([
    ["samsung-mdc", "volume", (value: number, id: number) => mdcSaid(id, 0x12, [value]), 0xfd],
    [
      "nec",
      "volume",
      (value: number, id: number) =>
        necOf(`000062000064${value.toString(16).toUpperCase().padStart(4, "0")}`, "D", id),
      100,
    ],
    [
      "lg",
      "volume",
      (value: number, id: number) =>
        ascii(`f ${id.toString(16).padStart(2, "0")} OK${value.toString(16).padStart(2, "0")}x`),
      0xff,
    ],
    [
      "benq",
      "volume",
      (value: number, id: number) =>
        ascii(`8${String(id).padStart(2, "0")}rf${String(value).padStart(3, "0")}\r`),
      98,
    ],
  ] as const)("%s gives the volume of the set that was asked, and of no other", (name, word, says, most) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: most }),
        fc.integer({ min: 1, max: most }),
        (value, id, other) => {
          const { judge } = protocolOf(name).query(word, id, plain);
          expect(judge(says(value, id))).toEqual(values({ [word]: value }));
          if (other !== id) expect(judge(says(value, other))).toHaveProperty("more");
        },
      ),
    );
  });

  const framed: [ProtocolName, string, (data: number[]) => Uint8Array, number][] = [
    ["samsung-mdc", "power", (data) => mdcSaid(1, 0x11, data), 1],
    ["hisense", "status", (data) => hisenseSaid(0x28, 1, data), 3],
    [
      "nec",
      "power",
      ([data = 0]) => necOf(`0200D600000400${data.toString(16).toUpperCase().padStart(2, "0")}`, "B"),
      2,
    ],
  ];
  it.each(framed)("%s gives no value of %s with a checksum that is wrong", (name, query, says, behind) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 255 }),
        (data, off) => {
          const { judge } = asked(name, query);
          const said = Uint8Array.from(says(data));
          const at = said.length - behind;
          expect(judge(said)).toHaveProperty("answer");
          said[at] = (said[at] ?? 0) ^ off;
          expect(judge(said)).toEqual({ fault: "checksum" });
        },
      ),
    );
  });

  it("an acknowledgement of another value is none: it answers an earlier question", () => {
    expect(told("samsung-mdc", "volume", 30).judge(mdcSaid(1, 0x12, [29]))).toHaveProperty("more");
    expect(told("lg", "power", 1).judge(text("a 01 OK00x"))).toHaveProperty("more");
    expect(told("nec", "volume", 30).judge(necOf("000062000064001D", "F"))).toHaveProperty("more");
    expect(told("hisense", "volume", 30).judge(hisenseSaid(0x27, 1, [29]))).toHaveProperty("more");
    // Of NEC, each type of question has a type of answer.
    expect(asked("nec", "volume").judge(necOf("000062000064001E", "F"))).toHaveProperty("more");
    expect(told("nec", "volume", 30).judge(necOf("000062000064001E", "D"))).toHaveProperty("more");
  });
});

describe("Hisense in its manners", () => {
  const hexText = { hexText: true, lax: false };
  it("speaks hexadecimal text over TCP, with blanks or without", () => {
    const { bytes: sent, judge } = protocolOf("hisense").query("status", 1, hexText);
    expect(Buffer.from(sent).toString("latin1")).toBe("DDFF0006C128000001EEBBCC");
    const said = shown(hisenseSaid(0x28, 1, [30, 5, 5, 0, 1, 0]));
    const gives = values({ volume: 30, input: "0505", power: 0, mute: 1 });
    expect(judge(ascii(said))).toEqual(gives);
    expect(judge(ascii(`${said.replace(/../g, "$& ").trim()}\r\n`))).toEqual(gives);
    expect(judge(ascii(said.toLowerCase()))).toEqual(gives);
    for (let at = 0; at < said.length; at++) expect(judge(ascii(said.slice(0, at)))).toEqual({ more: 1 });
    expect(judge(ascii(`${said}A`))).toEqual({ fault: "glued" });
    expect(judge(ascii("hello"))).toEqual({ fault: "noise" });
  });

  it("takes answers with a wrong length or checksum only where the model says so", () => {
    const wrong = Uint8Array.from(hisenseSaid(0x28, 1, [30, 5, 5, 0, 1, 0]));
    wrong[wrong.length - 3] = 0;
    expect(asked("hisense", "status").judge(wrong)).toEqual({ fault: "checksum" });
    const lax = protocolOf("hisense").query("status", 1, { hexText: false, lax: true });
    expect(lax.judge(wrong)).toHaveProperty("answer");
    wrong[3] = 9;
    expect(lax.judge(wrong)).toHaveProperty("answer");
    expect(lax.judge(hisenseSaid(0x28, 2, [30, 5, 5, 0, 1, 0]))).toHaveProperty("more");
    expect(lax.judge(new Uint8Array(100).fill(0xab))).toHaveProperty("fault");
  });
});

describe("Epson", () => {
  it("opens ESC/VP.net, and says when a password is wanted", () => {
    const hello = protocolOf("epson").hello;
    if (hello === undefined) throw new Error("it does not greet");
    const says = (state: number) => Uint8Array.of(...text("ESC/VP.net"), 0x10, 3, 0, 0, state, 0);
    expect(shown(hello.bytes)).toBe(shown(says(0)));
    expect(hello.judge(says(0x20))).toEqual(done);
    expect(hello.judge(says(0x41))).toEqual({ fault: "no-password" });
    expect(hello.judge(says(0x53))).toEqual({ fault: "greeting" });
    expect(hello.judge(text("SSH-2.0-x\r\n"))).toEqual({ fault: "greeting" });
    for (let at = 0; at < 16; at++) expect(hello.judge(says(0x20).subarray(0, at))).toHaveProperty("more");
  });

  it("has up to 110 s for a change of power, and for nothing else", () => {
    expect(told("epson", "power", "ON").answerMs).toBe(110_000);
    expect(told("epson", "av-mute", "ON").answerMs).toBeUndefined();
  });
});
