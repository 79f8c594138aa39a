/**
 * Dialogues and frames of displays and projectors from the collection: each is sent as it stands and understood as it
 * says. The collection may lie beside the project; then nothing of it is missing here.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Value } from "../../../config/schema/vocabulary.ts";
import {
  answerTo,
  digestOf,
  greetingOf,
  judgeLine,
  pjlinkAsks,
  pjlinkSets,
} from "../../../drivers/display/pjlink/codec.ts";
import { type ProtocolName, protocolOf } from "../../../drivers/display/protocols/index.ts";
import { ascii, bytes, shown, sum, xor } from "./bytes.ts";

const plain = { hexText: false, lax: false };

interface Frame {
  protocol: ProtocolName;
  /** Asked, or set to something. */
  ask?: string;
  set?: [word: string, raw: Value];
  id?: number;
  asked: string;
  said: string | null;
  gives?: unknown;
}

const frames: Record<string, Frame> = {
  "mdc-power-on": {
    protocol: "samsung-mdc",
    set: ["power", 1],
    id: 0,
    asked: "AA 11 00 01 01 13",
    said: "AA FF 00 03 41 11 01 55",
    gives: { done: true },
  },
  "mdc-power-get": {
    protocol: "samsung-mdc",
    ask: "power",
    asked: "AA 11 01 00 12",
    said: "AA FF 01 03 41 11 00 55",
    gives: { values: { power: 0 } },
  },
  "mdc-nak": {
    protocol: "samsung-mdc",
    set: ["input", "21"],
    asked: "AA 14 01 01 21 37",
    said: "AA FF 01 03 4E 14 01 66",
    gives: { refusal: "refused" },
  },
  "hisense-power-off": {
    protocol: "hisense",
    set: ["power", "AAAA"],
    asked: "DD FF 00 08 C1 15 00 00 01 AA AA DD BB CC",
    said: "AB AB 00 08 C1 15 00 00 01 AA AA DD CD CD",
    gives: { done: true },
  },
  "hisense-input-hdmi": {
    protocol: "hisense",
    set: ["input", "08"],
    asked: "DD FF 00 07 C1 08 00 00 01 08 C7 BB CC",
    said: null,
  },
  "lg-power-on": {
    protocol: "lg",
    set: ["power", 1],
    asked: "6B 61 20 30 31 20 30 31 0D",
    said: "61 20 30 31 20 4F 4B 30 31 78",
    gives: { done: true },
  },
  "lg-power-ng": {
    protocol: "lg",
    set: ["input-kb", "99"],
    asked: "6B 62 20 30 31 20 39 39 0D",
    said: "62 20 30 31 20 4E 47 39 39 78",
    gives: { refusal: "refused" },
  },
  "nec-power-status": {
    protocol: "nec",
    ask: "power",
    asked: "01 30 41 30 41 30 36 02 30 31 44 36 03 74 0D",
    said: null,
  },
  "epson-pwr": {
    protocol: "epson",
    ask: "power",
    asked: "50 57 52 3F 0D",
    said: "50 57 52 3D 30 31 0D 3A",
    gives: { values: { power: 1 } },
  },
};

/** In the collection for readers of codes and cards. */
const others = ["gm65-trigger", "rdm6300-tag"];

describe.each(Object.entries(frames))(
  "the frame %s",
  (_, { protocol, ask, set, id = 1, asked, said, gives }) => {
    const speech = protocolOf(protocol);
    const question = set === undefined ? speech.query(ask ?? "", id, plain) : speech.set(...set, id, plain);
    it("is sent as it stands, and understood as it says where it was answered", () => {
      expect(shown(question?.bytes ?? new Uint8Array())).toBe(shown(bytes(asked)));
      if (said !== null) expect(question?.judge(bytes(said))).toEqual({ answer: gives });
    });
  },
);

/** Checksums of each frame that has one, computed here. */
const isSound: Partial<Record<ProtocolName, (frame: Uint8Array) => boolean>> = {
  "samsung-mdc": (frame) => sum(frame.subarray(1, -1)) === frame.at(-1),
  hisense: (frame) => xor(frame.subarray(2, -3)) === frame.at(-3) && frame[3] === frame.length - 6,
  nec: (frame) => xor(frame.subarray(1, -2)) === frame.at(-2),
};

it("every frame with a checksum has the right one", () => {
  let compared = 0;
  for (const [id, { protocol, asked, said }] of Object.entries(frames))
    for (const hex of said === null ? [asked] : [asked, said]) {
      const sound = isSound[protocol]?.(bytes(hex));
      if (sound !== undefined) compared += 1;
      expect(sound, `${id} ${hex}`).not.toBe(false);
    }
  expect(compared).toBe(10);
});

type Dialogue = [who: "S" | "C", text: string][];
const dialogues: Record<string, { password?: string; command: string; dialogue: Dialogue; gives: unknown }> =
  {
    "pj-noauth": {
      command: "%1POWR",
      dialogue: [
        ["S", "PJLINK 0\r"],
        ["C", "%1POWR ?\r"],
        ["S", "%1POWR=1\r"],
      ],
      gives: { said: "1" },
    },
    "pj-auth": {
      password: "p",
      command: "%1POWR",
      dialogue: [
        ["S", "PJLINK 1 00112233\r"],
        ["C", "1572f5a8442415fa056aa38c18d507b3%1POWR ?\r"],
        ["S", "%1POWR=1\r"],
      ],
      gives: { said: "1" },
    },
    "pj-wrong-auth": {
      password: "p",
      command: "%1POWR",
      dialogue: [
        ["S", "PJLINK 1 00112233\r"],
        ["C", "1572f5a8442415fa056aa38c18d507b3%1POWR ?\r"],
        ["S", "PJLINK ERRA\r"],
      ],
      gives: { fault: "password" },
    },
    "pj-power-off": {
      command: "%1POWR",
      dialogue: [
        ["S", "PJLINK 0\r"],
        ["C", "%1POWR 0\r"],
        ["S", "%1POWR=OK\r"],
      ],
      gives: { said: "OK" },
    },
    "pj-err3-constructed": {
      command: "%1INPT",
      dialogue: [
        ["S", "PJLINK 0\r"],
        ["C", "%1INPT 31\r"],
        ["S", "%1INPT=ERR3\r"],
      ],
      gives: { error: 3 },
    },
  };

const lineOf = (said: string): string => {
  const verdict = judgeLine(ascii(said));
  if (!("answer" in verdict)) throw new Error(JSON.stringify(verdict));
  return verdict.answer;
};

describe.each(Object.entries(dialogues))("the dialogue %s", (_, { password, command, dialogue, gives }) => {
  it("is held and understood as it stands", () => {
    const [[, greeting = ""] = [], [, sent = ""] = [], [, said = ""] = []] = dialogue;
    const greeted = greetingOf(lineOf(greeting));
    if ("fault" in greeted) throw new Error(greeted.fault);
    const digest =
      greeted.salt === null ? "" : digestOf(greeted.salt, new TextEncoder().encode(password ?? ""));
    const parameter = sent.slice(sent.indexOf(" ") + 1, -1);
    const known =
      parameter === "?"
        ? Object.values(pjlinkAsks).some((ask) => ask.command === command)
        : Object.values(pjlinkSets).some(
            (set) => set.command === command && set.parameter(parameter) === parameter,
          );
    expect(known).toBe(true);
    expect(`${digest}${command} ${parameter}\r`).toBe(sent);
    expect(answerTo(command, lineOf(said))).toEqual(gives);
  });
});

it("the digest is the published one", () => {
  const password = new TextEncoder().encode("JBMIAProjectorLink");
  expect(digestOf("498e4a67", password)).toBe("5d8409bc1c3fa39749434aa3a5c38682");
});

describe("of the collection beside the project", () => {
  const itemsOf = (name: string) => {
    const file = new URL(`../../../../shared/captures/${name}.json`, import.meta.url);
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, "utf8")) as { items: Record<string, unknown>[] }).items;
  };

  it("every frame of a display is among these, as it stands", () => {
    for (const { id, request, reply } of itemsOf("control_frames")) {
      if (others.includes(String(id))) continue;
      expect(frames[String(id)], String(id)).toMatchObject({ asked: request, said: reply });
    }
  });

  it("every dialogue of PJLink is among these, as it stands", () => {
    for (const { id, dialogue } of itemsOf("pjlink"))
      expect(dialogues[String(id)]?.dialogue, String(id)).toEqual(dialogue);
  });
});
