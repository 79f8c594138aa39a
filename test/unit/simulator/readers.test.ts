/** Readers of cards and codes: what they say of whom, and what can be wrong with it. */
import { describe, expect, it } from "vitest";
import { gbk } from "../../../simulator/readers/gbk.ts";
import { Gm65 } from "../../../simulator/readers/gm65.ts";
import { type Holder, holdersOf, tracesOf } from "../../../simulator/readers/holders.ts";
import { Rdm6300 } from "../../../simulator/readers/rdm6300.ts";
import { Reader, type ReaderModel } from "../../../simulator/readers/reader.ts";
import { Wiegand, wiegandBits } from "../../../simulator/readers/wiegand.ts";
import { StationRig } from "./station-rig.ts";

/** The published cards: 62 E3086CED, and D41B81 that is 89D41B81 with 34 bits. */
const tag: Holder = { name: "张三", version: 0x62, card: 3_808_980_205, code: "学生码:张三:3808980205" };
const card: Holder = { ...tag, card: 0x89d41b81 };

function rigOf<Model extends ReaderModel>(model: Model, people?: () => number, seed = 1) {
  const holders = holdersOf(seed, 40);
  const reader = new Reader(model, {
    name: "reader",
    holders,
    seed,
    ...(people === undefined ? {} : { people }),
  });
  const rig = new StationRig([reader], { duplex: "full" });
  const text = async (ms: number) => {
    await rig.hear(ms);
    return Buffer.from(rig.heard.map(({ byte }) => byte));
  };
  return { reader, rig, text, holders };
}

describe("an RDM6300", () => {
  const published = "02 36 32 45 33 30 38 36 43 45 44 30 38 03";

  it("says the published tag to the byte, once for a tap", async () => {
    const { reader, rig } = rigOf(new Rdm6300());
    await rig.clock.advance(5000);
    reader.present(tag, 50);
    expect(await rig.hear(5000)).toBe(published);
    expect(reader.scans).toEqual([{ atMs: 6000, holder: tag }]);
  });

  it("says it again and again while the card is held there", async () => {
    const { reader, rig } = rigOf(new Rdm6300());
    reader.present(tag, 2950);
    const heard = await rig.hear(10_000);
    expect(heard.split("03 02").length).toBe(30);
    expect(heard.startsWith(published) && heard.endsWith(published)).toBe(true);
  });

  it("may say a sum that does not fit, or end early", async () => {
    const { reader, rig } = rigOf(new Rdm6300());
    reader.faults.add({ kind: "checksum", times: 1 });
    reader.present(tag, 50);
    expect(await rig.hear(2000)).toBe(published.replace("30 38 03", "30 39 03"));
    reader.faults.add({ kind: "cut", bytes: 6 });
    reader.present(tag, 50);
    expect(await rig.hear(2000)).toBe("02 36 32 45 33 30");
  });
});

describe("a Wiegand reader", () => {
  it("puts the published numbers between their parity", () => {
    expect(wiegandBits(0xd41b81, 26)).toBe("11101010000011011100000010");
    expect(wiegandBits(0x89d41b81, 34)).toBe("1100010011101010000011011100000011");
    // Counted here: both halves with their bit of parity are even, and odd.
    for (const { card: number } of holdersOf(9, 50))
      for (const size of [26, 34] as const) {
        const bits = wiegandBits(size === 26 ? number & 0xffffff : number, size);
        expect(bits).toHaveLength(size);
        const ones = (half: string) => [...half].filter((bit) => bit === "1").length;
        expect(ones(bits.slice(0, size / 2)) % 2).toBe(0);
        expect(ones(bits.slice(size / 2)) % 2).toBe(1);
      }
  });

  it.each([
    [{ size: 26, form: "hex" }, "D41B81\r\n"],
    [{ size: 34, form: "hex" }, "89D41B81\r\n"],
    [{ size: 26, form: "decimal" }, "0013900673\r\n"],
    [{ size: 34, form: "decimal" }, "2312379265\r\n"],
    [{ size: 26, form: "bits" }, "11101010000011011100000010\r\n"],
    [{ size: 34, form: "bits" }, "1100010011101010000011011100000011\r\n"],
    [{ size: 26, form: "hex", reversed: true }, "811BD4\r\n"],
    [{ size: 34, form: "decimal", reversed: true }, `${0x811bd489}\r\n`],
  ] as const)("with %j says %j", async (options, expected) => {
    const { reader, text } = rigOf(new Wiegand(options));
    reader.present(card, 50);
    expect(String(await text(2000))).toBe(expected);
  });

  it("passes wrong parity and lost bits on as bits; as text it says nothing then", async () => {
    const bits = rigOf(new Wiegand({ form: "bits" }));
    bits.reader.faults.add({ kind: "parity", times: 1 });
    bits.reader.present(card, 50);
    expect(String(await bits.text(2000))).toBe("01101010000011011100000010\r\n");
    bits.reader.faults.add({ kind: "lost-bit", times: 1 });
    bits.reader.present(card, 50);
    expect(String(await bits.text(2000))).toBe("1101010000011011100000010\r\n");
    const text = rigOf(new Wiegand({ form: "hex" }));
    text.reader.faults.add({ kind: "parity", times: 1 });
    text.reader.present(card, 50);
    expect(String(await text.text(2000))).toBe("");
    expect(text.reader.scans).toEqual([]);
  });
});

describe("a GM65", () => {
  it("says the code as it stands there, and its tail", async () => {
    for (const tail of ["\r", "\r\n", ""] as const) {
      const { reader, text } = rigOf(new Gm65({ tail }));
      reader.present(tag, 50);
      expect((await text(2000)).toString("utf8")).toBe(tag.code + tail);
    }
  });

  it("says it in GBK when it is set so", async () => {
    const { reader, text } = rigOf(new Gm65({ encoding: "gbk" }));
    reader.present(tag, 50);
    const said = await text(2000);
    expect(new TextDecoder("gbk").decode(said)).toBe(`${tag.code}\r`);
    expect(said.toString("utf8")).not.toContain("张三");
    // 张三 in the tables of GB 2312: 5337 and 4093.
    expect(Buffer.from(gbk("张三")).toString("hex")).toBe("d5c5c8fd");
    expect(() => gbk("😀")).toThrow(RangeError);
  });

  it("says codes that are far too long, and the same one again while it is held there", async () => {
    const { reader, text } = rigOf(new Gm65());
    reader.faults.add({ kind: "long", characters: 700, times: 1 });
    reader.present(tag, 50);
    expect((await text(5000)).toString("utf8")).toHaveLength(701);
    reader.present(tag, 2000);
    expect((await text(5000)).toString("utf8")).toBe(`${tag.code}\r`.repeat(3));
  });

  it("answers the published command, and keeps what was written", async () => {
    const { reader, rig } = rigOf(new Gm65());
    expect(await rig.exchange("7E 00 08 01 00 02 01 AB CD")).toBe("02 00 00 01 00 33 31");
    expect(reader.model.zones.get(2)).toBe(1);
    // CRC-16/XMODEM of 00 00 01 01.
    expect(await rig.exchange("FF 7E 7E 00 07 01 00 02 01 AB CD")).toBe("02 00 00 01 01 23 10");
    expect(await rig.exchange("7E 00 08 01 00 02 01 00 00")).toBe("");
  });
});

describe("who comes", () => {
  it("are as many as come into the room, and each of them is somebody of the list", async () => {
    let people = 0;
    const { reader, text, holders } = rigOf(new Rdm6300(), () => people);
    expect(String(await text(60_000))).toBe("");
    people = 5;
    await text(60_000);
    const visits = reader.scans.filter(
      ({ holder, atMs }, n) =>
        holder !== reader.scans[n - 1]?.holder || atMs - (reader.scans[n - 1]?.atMs ?? 0) > 150,
    );
    expect(visits).toHaveLength(5);
    expect(visits.every(({ holder }) => holders.includes(holder))).toBe(true);
    people = 2;
    expect(String(await text(60_000))).toBe("");
    people = 3;
    expect(String(await text(60_000))).not.toBe("");
  });

  it("are the same for the same seed, to the byte and the millisecond", async () => {
    const day = async (seed: number) => {
      let people = 0;
      const { rig } = rigOf(new Wiegand(), () => people, seed);
      const all = [];
      for (people = 0; people < 30; people += 3) {
        await rig.hear(20_000);
        all.push(...rig.heard);
      }
      return all;
    };
    const one = await day(1);
    expect(one.length).toBeGreaterThan(200);
    expect(await day(1)).toEqual(one);
    expect(await day(2)).not.toEqual(one);
  });

  it("hold it there for a moment, and some for seconds", async () => {
    let people = 0;
    const { reader, rig } = rigOf(new Rdm6300(), () => people);
    await rig.clock.advance(2000);
    people = 40;
    await rig.clock.advance(200_000);
    const scans = new Map<Holder, number>();
    for (const { holder } of reader.scans) scans.set(holder, (scans.get(holder) ?? 0) + 1);
    const times = [...scans.values()];
    expect(times.filter((count) => count <= 4).length).toBeGreaterThan(10);
    expect(times.some((count) => count > 10)).toBe(true);
  });

  it("can be looked for in every form in which they may be written", () => {
    const traces = tracesOf(card);
    for (const form of ["张三", "89D41B81", "89d41b81", "0013900673", "2312379265", "212,07041", "811BD4"])
      expect(traces).toContain(form);
    for (const holder of holdersOf(3, 200))
      for (const trace of tracesOf(holder))
        expect(trace === holder.name || trace.length >= 6, trace).toBe(true);
    const cards = holdersOf(3, 200).map(({ card: number }) => number);
    expect(new Set(cards).size).toBe(200);
    expect(holdersOf(3, 200)).toEqual(holdersOf(3, 200));
    expect(holdersOf(4, 200)).not.toEqual(holdersOf(3, 200));
  });
});

describe("what else can be wrong with a reader:", () => {
  it("it has no power", async () => {
    const { reader, rig } = rigOf(new Gm65());
    const undo = reader.faults.add({ kind: "silent" });
    reader.present(tag, 50);
    expect(await rig.exchange("7E 00 08 01 00 02 01 AB CD")).toBe("");
    undo();
    reader.present(tag, 50);
    expect(await rig.hear(2000)).not.toBe("");
  });

  it("somebody left the card there", async () => {
    const { reader, rig } = rigOf(new Rdm6300());
    const undo = reader.faults.add({ kind: "stuck" });
    reader.present(tag, 50);
    await rig.hear(10_000);
    // Ten a second, at both ends of the ten seconds.
    expect(reader.scans.length).toBe(101);
    undo();
    await rig.hear(1000);
    expect(await rig.hear(5000)).toBe("");
  });

  it("garbage is around what it says", async () => {
    const { reader, rig } = rigOf(new Rdm6300());
    reader.faults.add({ kind: "garbage", before: 2, after: 1 });
    reader.present(tag, 50);
    expect(await rig.hear(2000)).toMatch(/^.. .. 02 36 32 45 33 30 38 36 43 45 44 30 38 03 ..$/);
  });
});
