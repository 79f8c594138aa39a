/** PJLink, lines ↔ values: whatever a projector says, there is a value only of what was asked. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answerTo,
  greetingOf,
  judgeLine,
  longestLine,
  pjlinkAsks,
  pjlinkSets,
} from "../../../drivers/display/pjlink/codec.ts";
import { ascii } from "./bytes.ts";

const read = (word: string, said: string, lamp = 1) => pjlinkAsks[word]?.read(said, lamp);

describe("a line", () => {
  it("is whole with its return, and never longer than it may be", () => {
    expect(judgeLine(ascii("%1POWR=1\r"))).toEqual({ answer: "%1POWR=1" });
    expect(judgeLine(ascii("%1POWR="))).toEqual({ more: 1 });
    expect(judgeLine(ascii("%1POWR=1\r%1POWR=0\r"))).toEqual({ fault: "glued" });
    const long = "A".repeat(longestLine - 1);
    expect(judgeLine(ascii(long))).toEqual({ more: 1 });
    expect(judgeLine(ascii(`${long}\r`))).toEqual({ answer: long });
    expect(judgeLine(ascii(`${long}A`))).toEqual({ fault: "endless" });
    expect(judgeLine(new Uint8Array(512).fill(0x41))).toEqual({ fault: "endless" });
  });

  it("is text: anything else is noise, wherever it stands", () => {
    for (const byte of [0, 0x0a, 0x1b, 0x7f]) {
      expect(judgeLine(Uint8Array.of(byte))).toEqual({ fault: "noise" });
      expect(judgeLine(Uint8Array.of(0x25, byte, 0x0d))).toEqual({ fault: "noise" });
    }
  });

  it("gives, of any bytes, more, a fault, or a line that it holds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (received) => {
        const verdict = judgeLine(received);
        if ("answer" in verdict) {
          expect(verdict.answer.length).toBe(received.length - 1);
          expect(received.at(-1)).toBe(0x0d);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a greeting", () => {
  it("asks for a password, or not, or is none", () => {
    expect(greetingOf("PJLINK 0")).toEqual({ salt: null });
    expect(greetingOf("PJLINK 1 498e4a67")).toEqual({ salt: "498e4a67" });
    expect(greetingOf("PJLINK ERRA")).toEqual({ fault: "password" });
    for (const other of [
      "",
      "PJLINK",
      "PJLINK 1",
      "PJLINK 1 498e4a6",
      "PJLINK 1 498e4a67z",
      "SSH-2.0",
      "PJLINK 2 x",
    ])
      expect(greetingOf(other), other).toEqual({ fault: "greeting" });
  });
});

describe("an answer", () => {
  it("is a value only of the command that was given", () => {
    expect(answerTo("%1POWR", "%1POWR=1")).toEqual({ said: "1" });
    expect(answerTo("%1POWR", "%1INPT=31")).toEqual({ fault: "other" });
    expect(answerTo("%1INPT", "%2INPT=31")).toEqual({ fault: "other" });
    expect(answerTo("%1POWR", "%1powr=1")).toEqual({ fault: "noise" });
    expect(answerTo("%1POWR", "POWR=1")).toEqual({ fault: "noise" });
    expect(answerTo("%1POWR", "PJLINK ERRA")).toEqual({ fault: "password" });
  });

  it.each([1, 2, 3, 4] as const)("says ERR%i", (error) => {
    expect(answerTo("%1LAMP", `%1LAMP=ERR${error}`)).toEqual({ error });
  });

  it("of any text gives no value of another command", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (line) => {
        const came = answerTo("%1POWR", line);
        if ("said" in came) expect(line.startsWith("%1POWR=")).toBe(true);
      }),
    );
  });
});

describe("what an answer says", () => {
  it("of power is one of four states", () => {
    for (const state of [0, 1, 2, 3]) expect(read("power", String(state))).toBe(state);
    for (const other of ["4", "", "01", "on", "-1"]) expect(read("power", other)).toBeNull();
  });

  it("of errors is six digits, each a point of its own", () => {
    const words = ["fan", "lamp", "heat", "cover", "filter", "other"];
    expect(words.map((word) => read(word, "012021"))).toEqual([0, 1, 2, 0, 2, 1]);
    for (const other of ["01202", "0120211", "012023", "a12021"]) expect(read("fan", other)).toBeNull();
  });

  it("of lamps is hours and whether it is lit, for each; one that is not there is none", () => {
    expect(read("lamp-hours", "1234 1")).toBe(1234);
    expect(read("lamp-lit", "1234 1")).toBe(1);
    expect(read("lamp-hours", "1234 1 567 0", 2)).toBe(567);
    expect(read("lamp-lit", "1234 1 567 0", 2)).toBe(0);
    expect(read("lamp-hours", "1234 1", 2)).toBeUndefined();
    for (const other of ["", "1234", "1234 2", "x 1", "1234  1", "1 1 2", Array(9).fill("1 1").join(" ")])
      expect(read("lamp-hours", other), other).toBeNull();
  });

  it("of names is UTF-8, and nothing where it is not", () => {
    const latin = (name: string) => Buffer.from(name, "utf8").toString("latin1");
    expect(read("name", latin("301 投影"))).toBe("301 投影");
    expect(read("name", "\xff\xfe")).toBeNull();
    expect(read("name", "")).toBeNull();
  });

  it("throws at no text", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(pjlinkAsks)),
        fc.string({ maxLength: 128 }),
        (word, said) => {
          expect(() => read(word, said, 3)).not.toThrow();
        },
      ),
    );
  });
});

it("is told nothing but the values of its tables", () => {
  expect(pjlinkSets.power?.parameter(1)).toBe("1");
  expect(pjlinkSets.power?.parameter(true)).toBe("1");
  expect(pjlinkSets.input?.parameter(31)).toBe("31");
  expect(pjlinkSets.input?.parameter("6A")).toBeNull();
  expect(pjlinkSets["input-2"]?.parameter("6A")).toBe("6A");
  for (const [word, { parameter }] of Object.entries(pjlinkSets))
    for (const raw of ["?", "1\r%1POWR 0", "", null, 99, -1, "on", 1.5])
      expect(parameter(raw), `${word} ${raw}`).toBeNull();
});
