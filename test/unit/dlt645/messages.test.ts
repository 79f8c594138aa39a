/** The frames of the standard as published ones stand, and whatever else may stand on a line. */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorFault } from "../../../drivers/dlt645/faults.ts";
import { frameAt, scan } from "../../../drivers/dlt645/frame.ts";
import { answerIn, diagnose, judge, type Request, requestFrame } from "../../../drivers/dlt645/messages.ts";
import { answer, bytes, frame, hex, low, meter, refusal, wake } from "./meters.ts";

const read = (di: string, of = meter): Request => ({ kind: "read", meter: of, di });
const bare = (request: Request) => hex(requestFrame(request).subarray(4));
/** The data of the answer, as digits that are read. */
const dataOf = (request: Request, received: Uint8Array) => {
  const verdict = judge(request, received);
  return "answer" in verdict && "data" in verdict.answer
    ? Buffer.from(verdict.answer.data.toReversed()).toString("hex")
    : verdict;
};

describe("published frames", () => {
  it.each([
    ["addresses", { kind: "address" } as Request, "68 AA AA AA AA AA AA 68 13 00 DF 16"],
    ["energy", read("00010000", "000102030425"), "68 25 04 03 02 01 00 68 11 04 33 33 34 33 E1 16"],
    ["all energy", read("00000000", "652022122003"), "68 03 20 12 22 20 65 68 11 04 33 33 33 33 8D 16"],
    ["a block", read("0201FF00", "652022122018"), "68 18 20 12 22 20 65 68 11 04 33 32 34 35 A4 16"],
    ["own energy", read("00010000", "000000123456"), "68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16"],
    ["own voltage", read("02010100", "000000123456"), "68 56 34 12 00 00 00 68 11 04 33 34 34 35 51 16"],
  ])("ask for %s", (_, request, wanted) => {
    expect(bare(request)).toBe(wanted);
    expect(hex(requestFrame(request).subarray(0, 4))).toBe("FE FE FE FE");
  });

  it.each([
    ["00010000", "000102030425", "68 25 04 03 02 01 00 68 91 08 33 33 34 33 75 39 45 33 8B 16", "00120642"],
    ["00000000", "652022122003", "68 03 20 12 22 20 65 68 91 08 33 33 33 33 33 33 33 33 DD 16", "00000000"],
    [
      "0201FF00",
      "652022122018",
      "68 18 20 12 22 20 65 68 91 0A 33 32 34 35 33 33 33 33 C7 56 13 16",
      "239400000000",
    ],
    ["00010000", "000000123456", "68 56 34 12 00 00 00 68 91 08 33 33 34 33 89 67 45 33 3A 16", "00123456"],
    ["02010100", "000000123456", "68 56 34 12 00 00 00 68 91 06 33 34 34 35 38 55 60 16", "2205"],
    ["02020100", "000000123456", "68 56 34 12 00 00 00 68 91 07 33 34 35 35 67 45 33 B4 16", "001234"],
    ["02030000", "000000123456", "68 56 34 12 00 00 00 68 91 07 33 33 36 35 AB 89 B3 BC 16", "805678"],
  ])("answer %s of %s", (di, of, said, digits) => expect(dataOf(read(di, of), bytes(said))).toBe(digits));

  it("refuse what a meter does not have", () => {
    const said = bytes("68 56 34 12 00 00 00 68 D1 01 35 73 16");
    const verdict = judge(read("00010000", "000000123456"), said);
    expect(verdict).toEqual({ answer: { error: 2 } });
    expect([1, 2, 3, 4, 8].map(errorFault)).toEqual([
      "dlt645.refused",
      "dlt645.no-data",
      "dlt645.no-data",
      "dlt645.no-right",
      "dlt645.refused",
    ]);
  });

  it("show an address, where it is the same twice", () => {
    expect(judge({ kind: "address" }, Uint8Array.from(frame(meter, 0x93, low(meter))))).toEqual({
      answer: { meter },
    });
    for (const other of [
      frame(meter, 0x93, low("000021081235")),
      frame(meter, 0x93, low("0000")),
      frame("AAAAAAAAAAAA", 0x93, low("AAAAAAAAAAAA")),
    ])
      expect(judge({ kind: "address" }, Uint8Array.from(other))).toHaveProperty("more");
  });
});

describe("only what was asked for is an answer", () => {
  const good = answer("02010100", ["2205"]);
  it.each([
    ["with wake-ups", [...wake, ...wake, ...good]],
    ["behind the echo of the request", [...requestFrame(read("02010100")), ...good]],
    ["behind a late one of another identifier", [...answer("02010200", ["2301"]), ...good]],
    ["behind another meter's", [...answer("02010100", ["2301"], "000021081301"), ...good]],
    ["behind noise that looks like the beginning of a frame", [0x68, 1, 2, 3, 0x68, ...good]],
    ["behind the beginning of one", [...good.slice(0, 9), ...wake, ...good]],
    ["behind one with a wrong sum", [...good.slice(0, -2), 0, 0x16, ...good]],
    ["in front of noise", [...good, 0, 0xff, 0x68]],
    ["behind another master's request", [...frame(meter, 0x11, low("00010000")), ...good]],
  ])("%s", (_, received) => expect(dataOf(read("02010100"), Uint8Array.from(received))).toBe("2205"));

  it.each([
    ["another identifier", answer("02010200", ["2205"]), "identifier"],
    ["another meter", answer("02010100", ["2205"], "000021081301"), "meter"],
    ["a following frame", frame(meter, 0x92, [...low("02010100"), 5, 0x22, 1]), "identifier"],
    ["DL/T 645-1997", frame(meter, 0x81, [0x10, 0x90, 1, 2]), "old-standard"],
    ["a refusal of 1997", frame(meter, 0xc1, [1]), "old-standard"],
    ["our request alone", [...requestFrame(read("02010100"))], "echo"],
    ["another master's request", frame(meter, 0x11, low("00010000")), "second-master"],
    ["a wrong sum", [...good.slice(0, -2), 0, 0x16], "checksum"],
    ["another end", [...good.slice(0, -1), 0x17], "noise"],
    ["half of it", good.slice(0, 9), "short"],
    ["wake-ups", wake, "short"],
    ["other bytes", [1, 2, 3], "noise"],
    ["nothing", [], "silent"],
  ] as const)("not %s", (_, received, named) => {
    const all = Uint8Array.from(received);
    expect(judge(read("02010100"), all)).toHaveProperty("more");
    expect(diagnose(read("02010100"), all)).toBe(named);
  });

  it("a following frame has the number that was asked for", () => {
    const following: Request = { kind: "following", meter, di: "0001FF00", frame: 2 };
    const said = (number: number) => frame(meter, 0x92, [...low("0001FF00"), 0x11, number]);
    expect(hex(requestFrame(following).subarray(4))).toBe(hex(frame(meter, 0x12, [...low("0001FF00"), 2])));
    expect(judge(following, Uint8Array.from(said(2)))).toEqual({
      answer: { data: Uint8Array.of(0x11), more: false },
    });
    expect(judge(following, Uint8Array.from(said(1)))).toHaveProperty("more");
  });

  it("no refusal where it may be that of an earlier request", () => {
    expect(judge(read("02010100"), Uint8Array.from(refusal(2)), false)).toHaveProperty("more");
  });

  it("says how much is missing, and what is in front of it", () => {
    const late = answer("02010200", ["2301"]);
    expect(judge(read("02010100"), Uint8Array.from([...late, ...good.slice(0, 12)]))).toEqual({
      more: good.length - 12,
      skipped: late.length,
    });
  });
});

const anyNumber = fc.stringMatching(/^\d{12}$/).filter((text) => text !== "999999999999");
const anyDi = fc.stringMatching(/^[0-9A-F]{8}$/);

describe("any bytes", () => {
  it("come back as they were asked and said", () => {
    fc.assert(
      fc.property(
        anyNumber,
        anyDi,
        fc.uint8Array({ maxLength: 196 }),
        fc.uint8Array({ maxLength: 40 }),
        (of, di, data, before) => {
          const said = frame(of, 0x91, [...low(di), ...data]);
          // Noise in front must be none of ours.
          const clear = before.map((byte) => (byte === 0x68 ? 0x67 : byte));
          expect(judge({ kind: "read", meter: of, di }, Uint8Array.from([...clear, ...said]))).toEqual({
            answer: { data, more: false },
          });
        },
      ),
    );
  });

  it("are never an answer with one bit changed", () => {
    const said = answer("00010000", ["00123456"]);
    for (let bit = 0; bit < 8 * said.length; bit++) {
      const changed = Uint8Array.from(said);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(judge(read("00010000"), changed), `bit ${bit}`).toHaveProperty("more");
    }
  });

  it("never throw, never give what has a wrong sum, and are looked at quickly", () => {
    const byte = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(0x68, 0x16, 0xfe, 0x91, 0x33) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 512 }), (all) => {
        const received = Uint8Array.from(all);
        for (const { at, length, frame: found } of scan(received).frames) {
          const whole = [...received.subarray(at, at + length)];
          expect(whole).toEqual(frame(found.meter, found.control, [...found.data]));
        }
        judge(read("00010000"), received);
        diagnose(read("00010000"), received);
      }),
    );
  });
});

describe("of the collection beside the project", () => {
  const file = new URL("../../../../shared/captures/dlt645_2007.json", import.meta.url);
  interface Item {
    id: string;
    hex: string;
    checksum_ok: boolean;
    decoded: {
      control: string;
      address: string;
      wakeup_FE: number;
      data_identifier?: string | null;
      value?: number | null;
      error_reply?: string;
      address_payload?: string;
    };
  }
  const items = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { items: Item[] }).items : [];
  const shared = new URL("../../../../shared", import.meta.url);

  it("is not passed over where it is there", () => {
    expect(items.length > 0).toBe(existsSync(shared));
  });

  it.each(items.map((item) => [item.id, item] as const))("%s", (_, { hex: said, decoded, checksum_ok }) => {
    const all = bytes(said);
    const found = frameAt(all, decoded.wakeup_FE);
    if (found === null || !("frame" in found)) throw new Error("no frame");
    expect(found.damaged).toBe(!checksum_ok);
    expect(found.at + found.length).toBe(all.length);
    expect(found.frame.control).toBe(Number.parseInt(decoded.control, 16));
    expect(found.frame.meter).toBe(decoded.address.slice(0, 12));
    const di = decoded.data_identifier;
    if (decoded.control === "11") {
      expect(hex(requestFrame(read(di ?? "", decoded.address)).subarray(4))).toBe(
        hex(all.subarray(found.at)),
      );
    } else if (decoded.control === "13") {
      expect(hex(requestFrame({ kind: "address" }))).toBe(said);
    } else if (decoded.control === "93") {
      expect(answerIn({ kind: "address" }, found.frame)).toEqual({ meter: decoded.address_payload });
    } else if (decoded.control === "D1") {
      expect(answerIn(read("00010000", decoded.address), found.frame)).toEqual({ error: 2 });
    } else {
      expect(decoded.control).toBe("91");
      expect(answerIn(read(di ?? "", decoded.address), found.frame)).toHaveProperty("data");
    }
  });
});
