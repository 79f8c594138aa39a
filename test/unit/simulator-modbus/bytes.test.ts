import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatOf, silenceMs } from "../../../simulator/links/character.ts";
import { misread } from "../../../simulator/links/uart.ts";
import { Bank, type Field, stored } from "../../../simulator/modbus/bank.ts";
import { isSealed, sealed } from "../../../simulator/modbus/crc.ts";
import { BadLength, MbapReader, mbap } from "../../../simulator/modbus/mbap.ts";
import { serve } from "../../../simulator/modbus/pdu.ts";
import { heardFrame, rtuFrame } from "../../../simulator/modbus/rtu.ts";
import { fromWords, textWords, toWords, type WordType } from "../../../simulator/modbus/words.ts";
import { bytes, hex } from "./rig.ts";

/** A bank in which these cells can be read and written. */
function bankOf(cells: Partial<Record<"coils" | "holding", Record<number, number>>>): Bank {
  const bank = new Bank();
  for (const table of ["coils", "holding"] as const) {
    for (const [address, value] of Object.entries(cells[table] ?? {})) {
      bank.add(stored(table, Number(address), value));
    }
  }
  return bank;
}

const words = (table: "input" | "holding" | "discrete", address: number, ...values: number[]): Field => ({
  table,
  address,
  width: values.length,
  read: () => values,
});

/** What a slave of unit `unit` with this bank says to a whole frame. */
function answer(bank: Bank, request: string): string {
  const asked = heardFrame(bytes(request));
  return asked === null ? "" : hex(rtuFrame(asked.unit, serve(bank, asked.pdu)));
}

describe("frames that others have published", () => {
  it.each([
    [
      "temperature and humidity",
      "01 03 00 00 00 02 C4 0B",
      "01 03 04 01 0F 01 EF 8B D0",
      words("holding", 0, 271, 495),
    ],
    ["1000 ppm", "01 03 00 05 00 01 94 0B", "01 03 02 03 E8 B8 FA", words("holding", 5, 1000)],
    [
      "five registers",
      "01 03 00 00 00 05 85 C9",
      "01 03 0A 00 7D 00 00 00 00 00 00 00 00 19 E4",
      words("holding", 0, 125, 0, 0, 0, 0),
    ],
    ["input registers", "01 04 00 01 00 02 20 0B", "01 04 04 01 31 02 22 2A CE", words("input", 1, 305, 546)],
    ["one input register", "01 04 00 01 00 01 60 0A", "01 04 02 0B EA 3F 8F", words("input", 1, 3050)],
    ["a discrete input", "01 02 08 14 00 01 FB AE", "01 02 01 01 60 48", words("discrete", 0x814, 1)],
    ["another unit", "0A 03 10 01 00 01 D0 71", "0A 03 02 0C BA 99 36", words("holding", 0x1001, 3258)],
  ])("%s", (_name, request, expected, field) => {
    expect(answer(new Bank().add(field), request)).toBe(expected);
  });

  it("coils, the first in the lowest bit", () => {
    const coils = { 0: 1, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1, 7: 0 };
    expect(answer(bankOf({ coils }), "01 01 00 00 00 08 3D CC")).toBe("01 01 01 41 91 B8");
  });

  it("writes, of which the single ones come back as they are", () => {
    const bank = bankOf({ coils: { 2068: 0 }, holding: { 257: 1, 258: 1, 4097: 0 } });
    for (const echoed of ["01 05 08 14 FF 00 CE 5E", "0A 05 08 14 00 00 8E D5", "01 06 01 01 00 08 D8 30"]) {
      expect(answer(bank, echoed)).toBe(echoed);
    }
    expect([bank.read("coils", 0x814, 1), bank.read("holding", 0x101, 1)]).toEqual([[0], [8]]);
    expect(answer(bank, "01 10 01 01 00 02 04 00 20 25 80 25 09")).toBe("01 10 01 01 00 02 11 F4");
    expect(answer(bank, "0A 10 10 01 00 01 02 07 D0 C6 DC")).toBe("0A 10 10 01 00 01 55 B2");
    expect([bank.read("holding", 0x101, 2), bank.read("holding", 0x1001, 1)]).toEqual([[32, 9600], [2000]]);
  });

  it("many coils at once", () => {
    const bank = bankOf({ coils: { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0 } });
    expect(answer(bank, "FF 0F 00 00 00 08 01 FF 30 1D")).toBe(hex(sealed(bytes("FF 0F 00 00 00 08"))));
    expect(bank.read("coils", 0, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it("an exception for what is not there", () => {
    expect(answer(new Bank(), "01 03 00 00 00 02 C4 0B")).toBe("01 83 02 C0 F1");
  });

  it("no answer to the published example whose checksum is wrong", () => {
    expect(heardFrame(bytes("FE 04 02 03 88 D5 C5"))).toBeNull();
    expect(isSealed(bytes("FE 04 02 03 88 AD B2"))).toBe(true);
  });
});

describe("what a slave refuses", () => {
  const bank = bankOf({ coils: { 0: 0 }, holding: { 0: 1, 1: 2, 65535: 3 } });
  it.each([
    ["a function nobody has", "2B 0E 01 00", "AB 01"],
    ["no registers at all", "03 00 00 00 00", "83 03"],
    ["126 registers", "03 00 00 00 7E", "83 03"],
    ["2001 coils", "01 00 00 07 D1", "81 03"],
    ["an address behind the last", "03 00 00 00 03", "83 02"],
    ["an address behind 65535", "03 FF FF 00 02", "83 02"],
    ["a request that is too short", "03 00 00 00", "83 03"],
    ["a request that is too long", "03 00 00 00 01 00", "83 03"],
    ["a coil that is neither on nor off", "05 00 00 12 34", "85 03"],
    ["a write to nowhere", "06 00 05 00 01", "86 02"],
    ["a byte count that does not fit", "10 00 00 00 02 03 00 01 00 02", "90 03"],
    ["a write that is cut off", "10 00 00 00 02 04 00 01 00", "90 03"],
    ["124 registers to write", `10 00 00 00 7C F8 ${"00 ".repeat(248)}`, "90 03"],
  ])("%s", (_name, request, expected) => {
    expect(hex(serve(bank, bytes(request)))).toBe(expected);
  });

  it("the last address by itself is fine", () => {
    expect(hex(serve(bank, bytes("03 FF FF 00 01")))).toBe("03 02 00 03");
  });

  it("a write of which one part may not be, whole", () => {
    const some = bankOf({ holding: { 0: 1, 1: 2 } }).add(
      stored("holding", 2, 3, (value) => (value > 9 ? 3 : undefined)),
    );
    expect(hex(serve(some, bytes("10 00 00 00 03 06 00 07 00 08 00 0A")))).toBe("90 03");
    expect(hex(serve(some, bytes("10 00 01 00 03 06 00 07 00 08 00 09")))).toBe("90 02");
    expect(some.read("holding", 0, 3)).toEqual([1, 2, 3]);
  });

  it("functions and lengths that it was not built for", () => {
    const able = { functions: [3], maxRegisters: 1 };
    expect(hex(serve(bank, bytes("06 00 00 00 01"), able))).toBe("86 01");
    expect(hex(serve(bank, bytes("03 00 00 00 02"), able))).toBe("83 03");
  });
});

describe("tables", () => {
  it("give what was written, for any writes and reads inside them", () => {
    const write = fc.record({
      at: fc.nat(19),
      values: fc.array(fc.nat(65535), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(write), fc.nat(19), fc.integer({ min: 1, max: 20 }), (writes, at, count) => {
        const bank = bankOf({ holding: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [n, 0])) });
        const model = new Array<number>(20).fill(0);
        for (const { at: first, values } of writes) {
          const data = values.flatMap((value) => [value >>> 8, value & 0xff]);
          const pdu = Uint8Array.of(16, 0, first, 0, values.length, data.length, ...data);
          const good = first + values.length <= 20;
          expect(serve(bank, pdu)[0]).toBe(good ? 16 : 0x90);
          if (good) model.splice(first, values.length, ...values);
        }
        const got = serve(bank, Uint8Array.of(3, 0, at, 0, count));
        const expected =
          at + count <= 20 ? model.slice(at, at + count).flatMap((v) => [v >>> 8, v & 0xff]) : null;
        expect([...got]).toEqual(expected === null ? [0x83, 2] : [3, count * 2, ...expected]);
      }),
    );
  });

  it("show a wide value of one moment, and 0 only where that was said", () => {
    let now = 0;
    const bank = new Bank()
      .add({ table: "input", address: 4, width: 2, read: () => [++now, now] })
      .zeros("input", 2, 6);
    expect(bank.read("input", 2, 5)).toEqual([0, 0, 1, 1, 0]);
    expect(bank.read("input", 5, 1)).toEqual([2]);
    expect([bank.read("input", 1, 2), bank.read("input", 2, 6), bank.read("holding", 4, 1)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("values in registers", () => {
  it.each([
    ["int16", -101, "ABCD", [0xff9b]],
    ["uint32", 132_854, "ABCD", [0x0002, 0x06f6]],
    ["uint32", 0x11223344, "CDAB", [0x3344, 0x1122]],
    ["uint32", 0x11223344, "BADC", [0x2211, 0x4433]],
    ["uint32", 0x11223344, "DCBA", [0x4433, 0x2211]],
    ["float32", 230.15, "ABCD", [0x4366, 0x2666]],
    ["float32", 230.15, "CDAB", [0x2666, 0x4366]],
    ["uint64", 0x1122334455667788n, "DCBA", [0x8877, 0x6655, 0x4433, 0x2211]],
    ["int64", -2n, "ABCD", [0xffff, 0xffff, 0xffff, 0xfffe]],
    ["bcd16", 1234, "ABCD", [0x1234]],
    ["bcd32", 12_345_678, "ABCD", [0x1234, 0x5678]],
    ["bcd64", 9_876_543_210_123_456n, "ABCD", [0x9876, 0x5432, 0x1012, 0x3456]],
  ] as const)("%s %s %s", (type, value, order, expected) => {
    expect(toWords(type as WordType, value, order)).toEqual(expected);
  });

  it("as integers go out and come back, in any order", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
        expect(fromWords(toWords("int32", value), true)).toBe(value);
        expect(fromWords(toWords("int32", value, "CDAB").reverse(), true)).toBe(value);
      }),
    );
  });

  it("as text, two characters in each", () => {
    expect(textWords("XY-MD", 4)).toEqual([0x5859, 0x2d4d, 0x4400, 0]);
  });
});

describe("Modbus TCP's header", () => {
  const frame = { transaction: 0x0102, protocol: 0, unit: 7, pdu: bytes("03 00 00 00 01") };

  it("is laid out as the guide says", () => {
    expect(hex(mbap(frame))).toBe("01 02 00 00 00 06 07 03 00 00 00 01");
  });

  it("is read back however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 253 }), { maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (pdus, sizes) => {
          const frames = pdus.map((pdu, n) => ({ transaction: n, protocol: 0, unit: n, pdu }));
          let rest = Buffer.concat(frames.map((one) => mbap(one)));
          const reader = new MbapReader();
          const read = [];
          while (rest.length > 0) {
            const size = sizes.next().value ?? 1;
            read.push(...reader.read(rest.subarray(0, size)));
            rest = rest.subarray(size);
          }
          expect(read).toEqual(frames);
        },
      ),
    );
  });

  it("is given up when its length cannot be", () => {
    for (const length of ["00 01", "00 FF", "C4 0B"]) {
      expect(() => new MbapReader().read(bytes(`00 01 00 00 ${length} 07 03`))).toThrow(BadLength);
    }
  });
});

describe("characters", () => {
  it("have the bits of their format, and silence counts in them up to 19,200 baud", () => {
    expect(["8N1", "8E1", "8O1", "8N2", "7E1"].map((text) => formatOf(text).bits)).toEqual([
      10, 11, 11, 11, 10,
    ]);
    expect(silenceMs(9600, formatOf("8N1"))).toBeCloseTo(3.6458, 3);
    expect(silenceMs(19_200, formatOf("8E1"))).toBeCloseTo(2.0052, 3);
    expect(silenceMs(115_200, formatOf("8N1"))).toBe(1.75);
    for (const bad of ["9N1", "8X1", "8N3", "8N"]) expect(() => formatOf(bad)).toThrow(RangeError);
  });

  it("are the same on the other side when both agree", () => {
    const settings = fc
      .constantFrom("8N1", "8E1", "8O1", "8N2")
      .map((text) => ({ baud: 9600, format: formatOf(text) }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), settings, (sent, same) => {
        expect(misread(sent, same, same)).toEqual(sent);
      }),
    );
  });

  it("are others, and other in number, at another rate", () => {
    const at = (baud: number, format = "8N1") => ({ baud, format: formatOf(format) });
    const sent = bytes("01 03 04 01 0F 01 EF 8B D0");
    const fast = misread(sent, at(4800), at(9600));
    const slow = misread(sent, at(9600), at(4800));
    expect(isSealed(fast) || isSealed(slow)).toBe(false);
    expect(fast.length).toBeGreaterThan(sent.length);
    expect(slow.length).toBeLessThan(sent.length);
  });

  it("survive a second stop bit that only the sender has", () => {
    const sent = bytes("01 03 04 01 0F 01 EF 8B D0");
    expect(
      misread(sent, { baud: 9600, format: formatOf("8N2") }, { baud: 9600, format: formatOf("8N1") }),
    ).toEqual(sent);
  });
});
