/** Tries to find what a reader read in what a recording has in its place, and to tell that it is not the reader itself. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Disguise } from "../../../drivers/reader/disguise.ts";
import type { ReaderProfile } from "../../../drivers/reader/fields.ts";
import { profileSchema } from "../../../drivers/reader/fields.ts";
import { Framer } from "../../../drivers/reader/framer.ts";
import { identityOf } from "../../../drivers/reader/identity.ts";
import { ascii, tag, wiegand } from "./cards.ts";

const key = new Uint8Array(32).fill(7);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** What the driver makes of it: identities, and codes of faults. */
function read(profile: ReaderProfile, bytes: Uint8Array): string[] {
  const framer = new Framer(profile.end, profile.gapMs);
  return [...framer.push(bytes), ...framer.rest()].map((one) => {
    const said = "scan" in one ? identityOf(one.scan, profile) : one;
    return "identity" in said ? `identity ${said.identity}` : said.fault;
  });
}
const kindsOf = (profile: ReaderProfile, bytes: Uint8Array) =>
  read(profile, bytes).map((one) => one.replace(/^identity.*/s, "identity"));

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789ABCDEF"), minLength: digits, maxLength: digits });
const number = (most: number) => fc.integer({ min: 1, max: most });

const forms: [string, Record<string, string>, fc.Arbitrary<Uint8Array>][] = [
  ["rdm6300", { form: "rdm6300" }, hex(10).map(tag)],
  ["hex, 34 bits", { form: "hex" }, hex(8).map((digits) => ascii(`${digits}\r`))],
  [
    "hex, reversed",
    { form: "hex", byteOrder: "reversed", keep: "3" },
    hex(8).map((one) => ascii(`${one}\r`)),
  ],
  ["small hex", { form: "hex", bits: "26" }, hex(6).map((one) => ascii(` ${one.toLowerCase()}\r\n`))],
  ["decimal", { form: "decimal" }, number(0xffff_ffff).map((one) => ascii(`${one}\r`))],
  ["padded", { form: "decimal" }, number(0xffff_ffff).map((one) => ascii(`${one}\r`.padStart(11, "0")))],
  [
    "facility",
    { form: "facility", bits: "26" },
    number(0xff_ffff).map((one) =>
      ascii(`${String(one >> 16).padStart(3, "0")},${String(one & 0xffff).padStart(5, "0")}\r`),
    ),
  ],
  ["26 bits", { form: "bits", bits: "26" }, number(0xff_ffff).map((one) => ascii(`${wiegand(one, 26)}\r`))],
  ["34 bits", { form: "bits" }, number(0x7fff_ffff).map((one) => ascii(`${wiegand(one, 34)}\r`))],
  ["codes", { form: "text" }, fc.string({ minLength: 4 }).map((one) => ascii(`${one}\r`))],
  [
    "codes in Chinese",
    { form: "text" },
    fc.string({ unit: "grapheme", minLength: 4 }).map((one) => Uint8Array.from(Buffer.from(`${one}\r`))),
  ],
  [
    "codes in GBK",
    { form: "text", encoding: "gbk" },
    fc.constantFrom("d5c5ceb03137", "c0eec0cf4a").map((one) => Uint8Array.of(...Buffer.from(one, "hex"), 13)),
  ],
];

describe("a stand-in of", () => {
  it.each(forms)("%s reads as one of the same form, and is another", (_, written, said) => {
    const profile = profileSchema.parse(written);
    const disguise = new Disguise(profile, key);
    fc.assert(
      fc.property(said, (bytes) => {
        const made = disguise.of(bytes);
        expect(made).toHaveLength(bytes.length);
        expect(kindsOf(profile, made)).toEqual(kindsOf(profile, bytes));
        for (const one of read(profile, bytes))
          if (one.startsWith("identity")) expect(read(profile, made)).not.toContain(one);
        expect(disguise.of(bytes)).toEqual(made);
        expect(new Disguise(profile, key).of(bytes)).toEqual(made);
      }),
    );
  });

  it("a card is the same however it is padded, and depends on the key", () => {
    const profile = profileSchema.parse({ form: "decimal" });
    const of = (said: string, own = key) => text(new Disguise(profile, own).of(ascii(said))).trim();
    expect(of("0001234567\r").replace(/^0+/, "")).toBe(of("1234567\r"));
    expect(of("1234567\r", new Uint8Array(32))).not.toBe(of("1234567\r"));
  });

  it("what is wrong is wrong in the same way, and says nothing either", () => {
    const wrongTag = tag("62E3086CED");
    wrongTag[12] = 0x30;
    const wrongBits = wiegand(0x123456, 26).replace(/^./, (bit) => (bit === "1" ? "0" : "1"));
    for (const [written, said, fault] of [
      [{ form: "rdm6300" }, wrongTag, "reader.checksum"],
      [{ form: "rdm6300" }, tag("6200000000"), "reader.empty"],
      [{ form: "rdm6300" }, tag("62E3086CED").slice(0, 9), "reader.unfinished"],
      [{ form: "bits", bits: "26" }, ascii(`${wrongBits}\r`), "reader.checksum"],
      [{ form: "bits", bits: "26" }, ascii(`${wiegand(1, 34)}\r`), "reader.number"],
      [{ form: "hex", bits: "26" }, ascii("E3086CED\r"), "reader.number"],
      [{ form: "hex" }, ascii("E3G8-6CED\r"), "reader.unreadable"],
      [{ form: "hex" }, Uint8Array.of(0xe3, 8, 0x6c, 0xed, 13), "reader.unreadable"],
      [{ form: "hex", keep: "3" }, ascii("E3000000\r"), "reader.empty"],
      [{ form: "text" }, ascii("zhangwei\0\r"), "reader.unreadable"],
      [{ form: "text" }, Uint8Array.of(...ascii("zhangwei"), 0xff, 13), "reader.encoding"],
      [{ form: "text" }, ascii(`${"zhangwei".repeat(80)}\r`), "reader.long"],
    ] as const) {
      const profile = profileSchema.parse(written);
      const made = new Disguise(profile, key).of(said);
      expect(read(profile, said)).toEqual([fault]);
      expect([text(said), read(profile, made)]).toEqual([text(said), [fault]]);
      expect(text(made)).not.toMatch(/zhang|E3|6CED|123456/);
    }
  });

  it("whatever came is as long, has its marks where they were, and none of its words", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...forms),
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 60 }),
        ([, written], before, behind) => {
          const said = Uint8Array.of(...before, ...ascii("wangxiaoming-330102"), ...behind);
          const made = new Disguise(profileSchema.parse(written), key).of(said);
          const marks = (bytes: Uint8Array) =>
            [...bytes].map((byte) => ([2, 3, 10, 13].includes(byte) ? byte : -1));
          expect(marks(made)).toEqual(marks(said));
          expect(text(made)).not.toMatch(/wangxiaoming|330102/);
        },
      ),
    );
  });
});
