import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { profileSchema } from "../../../drivers/reader/fields.ts";
import { Framer } from "../../../drivers/reader/framer.ts";
import { identityOf } from "../../../drivers/reader/identity.ts";
import { ascii, tag, wiegand } from "./cards.ts";

const read = (written: Record<string, string>, scan: Uint8Array | string) => {
  const bytes = typeof scan === "string" ? ascii(scan) : scan;
  return identityOf(bytes, profileSchema.parse(written));
};

/** All that a reader of this profile makes of these bytes, as they are given and then a rest. */
function heard(written: Record<string, string>, ...chunks: Uint8Array[]) {
  const profile = profileSchema.parse(written);
  const framer = new Framer(profile.end, profile.gapMs);
  const framed = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.rest()];
  return framed.map((one) => ("scan" in one ? identityOf(one.scan, profile) : one));
}

describe("the number of a card", () => {
  it("is the same in every form of one width", () => {
    const forms: [Record<string, string>, string][] = [
      [{ form: "hex", bits: "26" }, "D41B81"],
      [{ form: "hex", bits: "26" }, "d41b81"],
      [{ form: "hex", bits: "26" }, "00D41B81"],
      [{ form: "hex", bits: "26", byteOrder: "reversed" }, "811BD4"],
      [{ form: "decimal", bits: "26" }, "0013900673"],
      [{ form: "decimal", bits: "26" }, "13900673"],
      [{ form: "facility", bits: "26" }, "212,07041"],
      [{ form: "facility", bits: "26" }, "21207041"],
      [{ form: "bits", bits: "26" }, "11101010000011011100000010"],
      [{ form: "hex", bits: "34", keep: "3" }, "89D41B81"],
      [{ form: "decimal", bits: "34", keep: "3" }, String(0x89d41b81)],
    ];
    for (const [written, said] of forms) expect(read(written, said), said).toEqual({ identity: "D41B81" });
  });

  it("is the same from Wiegand 34 and from an RDM6300, whose version byte is no part of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffffffff }), fc.nat({ max: 255 }), (value, version) => {
        const digits = value.toString(16).toUpperCase().padStart(8, "0");
        const wanted = { identity: digits };
        const frame = tag(version.toString(16).toUpperCase().padStart(2, "0") + digits);
        expect(heard({ form: "rdm6300" }, frame)).toEqual([wanted]);
        expect(read({ form: "bits" }, wiegand(value, 34))).toEqual(wanted);
        expect(read({ form: "decimal" }, String(value).padStart(10, "0"))).toEqual(wanted);
        expect(read({ form: "hex" }, digits)).toEqual(wanted);
        const turned = Buffer.from(digits, "hex").reverse().toString("hex");
        expect(read({ form: "hex", byteOrder: "reversed" }, turned)).toEqual(wanted);
      }),
    );
  });

  it("with any one bit or digit of it wrong is none where a parity or a checksum tells", () => {
    const frame = tag("62E3086CED");
    for (let at = 1; at < 13; at++) {
      const wrong = frame.slice();
      wrong[at] = wrong[at] === 0x30 ? 0x31 : 0x30;
      expect(heard({ form: "rdm6300" }, wrong)).toEqual([{ fault: "reader.checksum" }]);
    }
    for (const bits of [26, 34] as const) {
      const right = wiegand(0xd41b81, bits);
      for (let at = 0; at < bits; at++) {
        const wrong = right.slice(0, at) + (right[at] === "1" ? "0" : "1") + right.slice(at + 1);
        expect(read({ form: "bits", bits: String(bits) }, wrong)).toEqual({ fault: "reader.checksum" });
      }
    }
  });

  it("that does not fit its width, or is none, is a fault", () => {
    expect(read({ form: "hex", bits: "26" }, "01000000")).toEqual({ fault: "reader.number" });
    expect(read({ form: "decimal" }, "4294967296")).toEqual({ fault: "reader.number" });
    expect(read({ form: "facility", bits: "26" }, "256,00001")).toEqual({ fault: "reader.number" });
    expect(read({ form: "bits", bits: "26" }, wiegand(1, 34))).toEqual({ fault: "reader.number" });
    expect(read({ form: "hex" }, "00000000")).toEqual({ fault: "reader.empty" });
    expect(read({ form: "hex" }, "  ")).toEqual({ fault: "reader.empty" });
    for (const said of ["12G4", "-5", "1.5", "0x12", "１２", "12 34 56 78"])
      for (const form of ["hex", "decimal", "bits", "rdm6300"])
        expect(read({ form }, Buffer.from(said, "utf8")), said).toEqual({ fault: "reader.unreadable" });
  });
});

describe("the text of a code", () => {
  it("is digested as it is, the same in both encodings", () => {
    const text = " 测试-Ab 01\tx ";
    expect(read({ form: "text" }, Buffer.from(text, "utf8"))).toEqual({ identity: text });
    const gbk = Uint8Array.of(0x20, 0xb2, 0xe2, 0xca, 0xd4, ...ascii("-Ab 01\tx "));
    expect(read({ form: "text", encoding: "gbk" }, gbk)).toEqual({ identity: text });
  });

  it("that is not of its encoding, empty, or has signs of no text is a fault", () => {
    expect(read({ form: "text" }, Uint8Array.of(0xb2, 0xe2))).toEqual({ fault: "reader.encoding" });
    expect(read({ form: "text", encoding: "gbk" }, Uint8Array.of(0x41, 0xff))).toEqual({
      fault: "reader.encoding",
    });
    expect(read({ form: "text" }, "  ")).toEqual({ fault: "reader.empty" });
    expect(read({ form: "text" }, "a\0b")).toEqual({ fault: "reader.unreadable" });
    expect(read({ form: "text" }, "]C1\x1d0104")).toEqual({ identity: "]C1\x1d0104" });
  });
});

describe("a scan", () => {
  const code = ascii("code-1");
  const one = [{ identity: "code-1" }];

  it.each([
    ["CR", "\r"],
    ["CR", "\r\n"],
    ["LF", "\n"],
    ["LF", "\r\n"],
    ["CRLF", "\r\n"],
    ["any", "\r"],
    ["any", "\n"],
    ["any", "\r\n"],
    ["gap", ""],
    ["gap", "\r\n"],
  ])("of a profile that says %s ends with %j, wherever the line cuts it", (end, suffix) => {
    const bytes = Uint8Array.of(...code, ...ascii(suffix));
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(heard({ form: "text", end }, bytes.slice(0, cut), bytes.slice(cut))).toEqual(one);
    if (end === "gap") return;
    expect(heard({ form: "text", end }, bytes, bytes)).toEqual([...one, ...one]);
  });

  it("without its end, empty, or longer than 512 bytes is dropped whole", () => {
    expect(heard({ form: "text" }, code)).toEqual([{ fault: "reader.unfinished" }]);
    expect(heard({ form: "text" }, ascii("\r"))).toEqual([{ fault: "reader.empty" }]);
    const most = "x".repeat(512);
    expect(heard({ form: "text" }, ascii(`${most}\r`))).toEqual([{ identity: most }]);
    for (const end of ["CR", "LF", "CRLF", "any"]) {
      const ending = end === "LF" ? "\n" : end === "CRLF" ? "\r\n" : "\r";
      const long = ascii(`${most}xy${ending}`);
      expect(heard({ form: "text", end }, long, code, ascii(ending)), end).toEqual([
        { fault: "reader.long" },
        ...one,
      ]);
    }
    expect(heard({ form: "text", end: "gap" }, ascii(`${most}xy`))).toEqual([{ fault: "reader.long" }]);
  });

  it("of an RDM6300 is found behind noise, cut frames and whatever comes between", () => {
    const frame = tag("62E3086CED");
    const card = { identity: "E3086CED" };
    expect(heard({ form: "rdm6300" }, ascii("\r\n"), frame, ascii("\r\n"), frame)).toEqual([card, card]);
    expect(heard({ form: "rdm6300" }, ascii("zz"), frame)).toEqual([{ fault: "reader.unfinished" }, card]);
    expect(heard({ form: "rdm6300" }, frame.slice(0, 7), frame)).toEqual([
      { fault: "reader.unfinished" },
      card,
    ]);
    expect(heard({ form: "rdm6300" }, ascii("\x02\x03"), frame)).toEqual([{ fault: "reader.empty" }, card]);
  });

  it("is never more than was said, never throws, and keeps no more than 512 bytes, whatever comes", () => {
    const forms = fc.constantFrom("text", "hex", "decimal", "bits", "rdm6300");
    fc.assert(
      fc.property(forms, fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 4 }), (form, chunks) => {
        for (const result of heard({ form }, ...chunks))
          if ("identity" in result) expect(result.identity.length).toBeLessThanOrEqual(512);
      }),
      { numRuns: 300 },
    );
  });
});

const file = new URL("../../../../shared/captures/control_frames.json", import.meta.url);
describe.skipIf(!existsSync(file))("of the collection beside the project", () => {
  interface Item {
    id: string;
    device?: string;
    reply: string;
    decoded: { card_id_dec?: number };
  }
  const items = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { items: Item[] }).items : [];
  const bytesOf = (id: string) =>
    Uint8Array.from(
      Buffer.from(items.find((item) => item.id === id)?.reply.replaceAll(" ", "") ?? "", "hex"),
    );

  it("the tag of an RDM6300 is the card that it is marked as", () => {
    const card = items.find(({ id }) => id === "rdm6300-tag")?.decoded.card_id_dec ?? 0;
    expect(heard({ form: "rdm6300" }, bytesOf("rdm6300-tag"))).toEqual([
      { identity: card.toString(16).toUpperCase() },
    ]);
  });

  it("the word of a GM65 that it was set is nobody's code", () => {
    expect(bytesOf("gm65-trigger").length).toBe(7);
    for (const end of ["CR", "gap", "any"]) {
      const [result, ...others] = heard({ form: "text", end }, bytesOf("gm65-trigger"));
      expect(result).toHaveProperty("fault");
      expect(others).toEqual([]);
    }
  });
});
