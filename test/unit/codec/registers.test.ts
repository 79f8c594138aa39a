import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc16, hasCrc16, withCrc16 } from "../../../drivers/codec/crc16.ts";
import {
  bitAt,
  boundsOf,
  decodeBits,
  decodeNumber,
  decodeText,
  encodeNumber,
  encodeText,
  inOrder,
  type NumberType,
  type Order,
  registersOf,
  shortOrders,
  wideOrders,
} from "../../../drivers/codec/registers.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const types = Object.keys(registersOf) as NumberType[];
const orders: Order[] = [...shortOrders, ...wideOrders];

const valuesOf = (type: NumberType): fc.Arbitrary<number | bigint> => {
  if (type === "float32") return fc.float({ noNaN: true, noDefaultInfinity: true });
  if (type === "float64") return fc.double({ noNaN: true, noDefaultInfinity: true });
  const [min, max] = boundsOf(type);
  return fc
    .oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n))
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
};

describe.each(types)("a %s", (type) => {
  it.each(orders)("comes back from its registers in order %s", (order) => {
    fc.assert(
      fc.property(valuesOf(type), (value) => {
        const wire = encodeNumber(value, type, order);
        expect(wire).toHaveLength(2 * registersOf[type]);
        const back = decodeNumber(wire, type, order);
        // Of a single any decimal will do that is stored as the same one.
        if (type === "float32") expect(Math.fround(Number(back))).toBe(Number(value) + 0);
        else expect(back).toBe(value);
      }),
    );
  });

  it("is decoded from any bytes, or is none: and then only for a reason of its type", () => {
    const wire = fc.uint8Array({ minLength: 2 * registersOf[type], maxLength: 2 * registersOf[type] });
    fc.assert(
      fc.property(wire, fc.constantFrom(...orders), (bytes, order) => {
        const value = decodeNumber(bytes, type, order);
        if (value === null) expect(type).toMatch(/^(bcd|float)/);
        else if (!Object.is(value, -0)) expect(encodeNumber(value, type, order)).toEqual(bytes);
      }),
    );
  });

  it("has no value in a wrong number of bytes", () => {
    for (const length of [0, 1, 2 * registersOf[type] - 1, 2 * registersOf[type] + 2])
      expect(() => decodeNumber(new Uint8Array(length), type, "ABCD")).toThrow(RangeError);
  });
});

describe("the orders", () => {
  it.each([
    ["ABCD", "49 96 02 D2"],
    ["CDAB", "02 D2 49 96"],
    ["BADC", "96 49 D2 02"],
    ["DCBA", "D2 02 96 49"],
  ] as const)("of 32 bits: %s has 1,234,567,890 as %s", (order, hex) => {
    expect(encodeNumber(1_234_567_890, "uint32", order)).toEqual(bytes(hex));
    expect(decodeNumber(bytes(hex), "uint32", order)).toBe(1_234_567_890);
  });

  it.each([
    ["ABCD", "01 02 03 04 05 06 07 08"],
    ["CDAB", "07 08 05 06 03 04 01 02"],
    ["BADC", "02 01 04 03 06 05 08 07"],
    ["DCBA", "08 07 06 05 04 03 02 01"],
  ] as const)("of 64 bits: %s", (order, hex) => {
    expect(decodeNumber(bytes(hex), "uint64", order)).toBe(0x0102030405060708n);
  });

  it("of 16 bits: BA, and the wide ones that swap bytes, have the low byte first", () => {
    for (const order of ["AB", "ABCD", "CDAB"] as const)
      expect(decodeNumber(bytes("01 02"), "uint16", order)).toBe(0x0102);
    for (const order of ["BA", "BADC", "DCBA"] as const)
      expect(decodeNumber(bytes("01 02"), "uint16", order)).toBe(0x0201);
  });

  it("undo themselves and leave what they are given as it is", () => {
    const wire = fc.uint8Array({ maxLength: 125 }).map((half) => Uint8Array.of(...half, ...half));
    fc.assert(
      fc.property(wire, fc.constantFrom(...orders), (wire, order) => {
        const before = Uint8Array.from(wire);
        expect(inOrder(inOrder(wire, order), order)).toEqual(wire);
        expect(wire).toEqual(before);
      }),
    );
  });
});

describe("what is no value of its type", () => {
  it.each(["0A 00", "00 0F", "FF FF", "1A 99"])("is a BCD register with another nibble: %s", (hex) =>
    expect(decodeNumber(bytes(hex), "bcd16", "AB")).toBeNull(),
  );
  it("is such a nibble anywhere in wider ones", () => {
    expect(decodeNumber(bytes("12 34 56 7A"), "bcd32", "ABCD")).toBeNull();
    expect(decodeNumber(bytes("12 34 56 78"), "bcd32", "CDAB")).toBe(56_781_234);
    expect(decodeNumber(bytes("99 99 99 99 99 99 99 99"), "bcd64", "ABCD")).toBe(9_999_999_999_999_999n);
  });
  it.each(["7F C0 00 00", "7F 80 00 00", "FF 80 00 00", "FF FF FF FF"])("is a float without one: %s", (hex) =>
    expect(decodeNumber(bytes(hex), "float32", "ABCD")).toBeNull(),
  );
  it("is the same in 64 bits", () => {
    for (const hex of ["7FF0000000000000", "FFF8000000000000"])
      expect(decodeNumber(bytes(hex), "float64", "ABCD")).toBeNull();
  });
});

describe("encoding refuses", () => {
  it.each([
    [65_536, "uint16"],
    [-1, "uint16"],
    [32_768, "int16"],
    [-32_769n, "int16"],
    [1.5, "int32"],
    [10_000, "bcd16"],
    [-1, "bcd32"],
    [Number.NaN, "float32"],
    [1e39, "float32"],
    [Number.POSITIVE_INFINITY, "float64"],
    [Number.NaN, "uint64"],
    [2n ** 64n, "uint64"],
  ] as const)("%s as %s", (value, type) => {
    expect(() => encodeNumber(value, type, "ABCD")).toThrow(RangeError);
  });
});

describe("whole numbers beyond 2^53", () => {
  it("stay exact", () => {
    expect(decodeNumber(bytes("001FFFFFFFFFFFFF"), "int64", "ABCD")).toBe(2 ** 53 - 1);
    expect(decodeNumber(bytes("0020000000000001"), "int64", "ABCD")).toBe(2n ** 53n + 1n);
    expect(decodeNumber(bytes("8000000000000000"), "int64", "ABCD")).toBe(-(2n ** 63n));
    expect(decodeNumber(bytes("FFFFFFFFFFFFFFFF"), "int64", "ABCD")).toBe(-1);
  });
});

describe("bits", () => {
  it("of a register are a number of their own, whatever the sign of the whole", () => {
    expect(decodeBits(bytes("A5 3C"), "AB", 0, 3)).toBe(0xc);
    expect(decodeBits(bytes("A5 3C"), "AB", 8, 15)).toBe(0xa5);
    expect(decodeBits(bytes("A5 3C"), "BA", 8, 15)).toBe(0x3c);
    expect(decodeBits(bytes("FF FF FF FF FF FF FF FF"), "ABCD", 0, 63)).toBe(2n ** 64n - 1n);
  });
  it("in any range are those that a shift and a mask give", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(31), fc.nat(31), (value, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const wanted = Math.floor(value / 2 ** from) % 2 ** (to - from + 1);
        expect(decodeBits(encodeNumber(value, "uint32", "CDAB"), "CDAB", from, to)).toBe(wanted);
      }),
    );
  });
  it("packed in bytes begin at the lowest bit of the first", () => {
    const data = bytes("41 02");
    expect(Array.from({ length: 10 }, (_, index) => bitAt(data, index))).toEqual(
      [1, 0, 0, 0, 0, 0, 1, 0, 0, 1].map((bit) => bit === 1),
    );
    expect(bitAt(data, 16)).toBe(false);
  });
});

describe("text", () => {
  const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)) });
  it("comes back without the blanks around it", () => {
    fc.assert(
      fc.property(ascii, fc.constantFrom(...shortOrders), (text, order) => {
        const cut = text.slice(0, 40);
        expect(decodeText(encodeText(cut, 20, order), order)).toBe(cut.replace(/^ +| +$/g, ""));
      }),
    );
  });
  it("with other bytes among it is none", () => {
    for (const hex of ["41 00 42 00", "FF FF", "C4 E3", "0A 41", "7F 41"])
      expect(decodeText(bytes(hex), "AB"), hex).toBeNull();
    expect(decodeText(bytes("00 00 20 00"), "AB")).toBe("");
    expect(decodeText(bytes("42 41 44 43 00 45"), "BA")).toBe("ABCDE");
  });
  it("that does not fit is refused", () => {
    expect(() => encodeText("ABC", 1, "AB")).toThrow(RangeError);
    expect(() => encodeText("温", 4, "AB")).toThrow(RangeError);
  });
});

describe("the checksum", () => {
  it("is the one of the standard", () => {
    // The usual check value of this CRC.
    expect(crc16(Buffer.from("123456789"))).toBe(0x4b37);
    expect(withCrc16(bytes("02 07"))).toEqual(bytes("02 07 41 12"));
    expect(crc16(new Uint8Array())).toBe(0xffff);
  });
  it("holds for what it was put on, and for no copy with one to three bits turned", () => {
    const body = fc.uint8Array({ minLength: 1, maxLength: 250 });
    fc.assert(
      fc.property(body, fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }), (body, turned) => {
        const frame = withCrc16(body);
        expect(hasCrc16(frame)).toBe(true);
        for (const place of new Set(turned.map((turn) => turn % (8 * frame.length))))
          frame[place >>> 3] = (frame[place >>> 3] ?? 0) ^ (1 << (place & 7));
        expect(hasCrc16(frame)).toBe(false);
      }),
    );
  });
  it("is not in what is too short for it", () => {
    for (const hex of ["", "FF", "FF FF"]) expect(hasCrc16(bytes(hex))).toBe(false);
  });
});

it.each([229.8, 50.01, 1234.567, 1e-12, 16_777_216, -0.1])(
  "a float32 that was %d is read as that, not as its binary noise",
  (said) => {
    expect(decodeNumber(encodeNumber(said, "float32", "ABCD"), "float32", "ABCD")).toBe(said);
  },
);
