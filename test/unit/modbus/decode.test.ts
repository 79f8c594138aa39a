import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import { decode, refused } from "../../../drivers/modbus/decode.ts";
import { modbusFault, modbusFaults } from "../../../drivers/modbus/faults.ts";
import type { ModbusSource } from "../../../drivers/modbus/schema.ts";
import { placeOf } from "../../../drivers/modbus/schema.ts";
import { readVector } from "../../../drivers/modbus/vector.ts";
import { bytes, device, source, type Written } from "./bytes.ts";

const plain = { fc: 3, order: "ABCD" } as const;
/** Points of one answer that begins at address 0. */
const points = (sources: Record<string, ModbusSource>, profile: Parameters<typeof placeOf>[1] = plain) =>
  Object.entries(sources).map(([id, at]) => {
    const place = placeOf(at, profile);
    return { id, place, at: place.address };
  });
const raw = (written: Written, data: string, profile?: Parameters<typeof placeOf>[1]) => {
  const [found] = decode({ points: points({ p: source(written) }, profile) }, bytes(data)).samples;
  return found?.raw;
};

describe("a point's value", () => {
  it.each([
    [{ address: "0" }, "FF FF", 65_535],
    [{ address: "0", type: "int16" }, "FF FF", -1],
    [{ address: "1", type: "int32" }, "00 00 FF FF FF FE", -2],
    [{ address: "0", type: "uint32", order: "CDAB" }, "02 D2 49 96", 1_234_567_890],
    [{ address: "0", type: "float32" }, "41 BC 00 00", 23.5],
    [{ address: "0", type: "uint64" }, "00 20 00 00 00 00 00 01", 2n ** 53n + 1n],
    [{ address: "0", type: "bcd32" }, "00 12 34 56", 123_456],
    [{ address: "0", type: "bit", bit: "15" }, "80 00", true],
    [{ address: "0", bit: "0" }, "80 00", false],
    [{ address: "0", bits: "8..11" }, "0A 00", 10],
    [{ address: "0", type: "int16", bits: "15" }, "80 00", 1],
    [{ address: "0", type: "text", length: "3" }, "41 42 43 00 00 00", "ABC"],
    [{ address: "0", type: "text", length: "1" }, "00 00", null],
    [{ address: "9", fc: "2" }, "00 02", true],
    [{ address: "9", type: "bool" }, "00 01", false],
  ] as const)("%j of %s", (written, data, value) => expect(raw(written, data)).toBe(value));

  it("takes the profile's order; one register its bytes only, a text never the order of words", () => {
    const of = (order: "ABCD" | "CDAB" | "BADC" | "DCBA") => ({ fc: 3, order }) as const;
    expect(raw({ address: "0", type: "uint32" }, "02 D2 49 96", of("CDAB"))).toBe(1_234_567_890);
    expect(raw({ address: "0" }, "01 02", of("CDAB"))).toBe(0x0102);
    expect(raw({ address: "0" }, "01 02", of("DCBA"))).toBe(0x0201);
    expect(raw({ address: "0", order: "AB" }, "01 02", of("DCBA"))).toBe(0x0102);
    expect(raw({ address: "0", bit: "8" }, "00 01", of("BADC"))).toBe(true);
    const text = { address: "0", type: "text", length: "2" };
    expect(raw(text, "41 42 43 44", of("CDAB"))).toBe("ABCD");
    expect(raw(text, "42 41 44 43", of("DCBA"))).toBe("ABCD");
  });

  it("reads by the profile's function, where that can hold it", () => {
    const fcOf = (written: Written, fc: 1 | 2 | 3 | 4) => {
      const { fc: used, type } = placeOf(source(written), { fc, order: "ABCD" });
      return [used, type];
    };
    expect(fcOf({ address: "0" }, 4)).toEqual([4, "uint16"]);
    expect(fcOf({ address: "0" }, 2)).toEqual([2, "bool"]);
    expect(fcOf({ address: "0", type: "bool" }, 4)).toEqual([1, "bool"]);
    expect(fcOf({ address: "0", type: "uint16" }, 1)).toEqual([3, "uint16"]);
    expect(fcOf({ address: "0", bit: "3" }, 1)).toEqual([3, "bit"]);
    expect(fcOf({ address: "0", bits: "0..3" }, 2)).toEqual([3, "uint16"]);
    expect(fcOf({ address: "0", fc: "4" }, 3)).toEqual([4, "uint16"]);
  });
});

describe("one wrong register is the fault of its point", () => {
  it("and the others have their values", () => {
    const sources = {
      good: source({ address: "0" }),
      digits: source({ address: "1", type: "bcd16" }),
      nan: source({ address: "2", type: "float32" }),
      name: source({ address: "4", type: "text", length: "1" }),
      beyond: source({ address: "5" }),
      wide: source({ address: "4", type: "uint32" }),
      also: source({ address: "4" }),
    };
    const data = bytes("00 07 00 0A 7F C0 00 00 01 02");
    expect(decode({ points: points(sources) }, data)).toEqual({
      samples: [
        { point: "good", raw: 7 },
        { point: "also", raw: 0x0102 },
      ],
      faults: [
        modbusFault("modbus.type", { point: "digits" }),
        modbusFault("modbus.type", { point: "nan" }),
        modbusFault("modbus.type", { point: "name" }),
        modbusFault("modbus.count", { point: "beyond" }),
        modbusFault("modbus.count", { point: "wide" }),
      ],
    });
  });

  it("and every point of any answer, however short, has a value or a fault", () => {
    const written = fc.constantFrom<Written>(
      { type: "int16" },
      { type: "bcd64" },
      { type: "float64" },
      { type: "bit", bit: "7" },
      { type: "text", length: "20" },
      { type: "uint32", bits: "3..17" },
      { type: "bool" },
    );
    const sources = fc.array(
      fc.tuple(written, fc.nat(130)).map(([rest, address]) => source({ ...rest, address: String(address) })),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(sources, fc.uint8Array({ maxLength: 250 }), (sources, data) => {
        const list = points(Object.fromEntries(sources.map((at, index) => [`p${index}`, at])));
        const { samples, faults } = decode({ points: list }, data);
        const told = [...samples.map(({ point }) => point), ...faults.map(({ point }) => point)];
        expect(told.toSorted()).toEqual(list.map(({ id }) => id).toSorted());
        for (const { raw } of samples) expect(raw).not.toBeNaN();
        expect(faults.every(({ code }) => code === "modbus.type" || code === "modbus.count")).toBe(true);
      }),
    );
  });

  it("and what a device does not have is asked no more", () => {
    const job = { points: points({ a: source({ address: "0" }), b: source({ address: "1" }) }) };
    expect(refused(job, "modbus.illegal-address")).toEqual({
      samples: [],
      faults: [
        expect.objectContaining({ point: "a", retry: "never", layer: "device" }),
        expect.objectContaining({ point: "b", retry: "never", layer: "device" }),
      ],
    });
  });
});

describe("a vector of a profile", () => {
  const air = device("air", {
    humidity: { address: "1", type: "int16" },
    temperature: { address: "0", type: "int16" },
    wide: { address: "1", type: "uint32" },
    relay: { address: "0", type: "bool" },
    input: { address: "0", fc: "4" },
  });
  const asked = bytes("01 03 00 00 00 02 C4 0B");
  const said = bytes("01 03 04 01 0F 01 EF 8B D0");
  const codes = (vector: { asked: Uint8Array; said: Uint8Array }) =>
    readVector(air, vector).faults.map(({ code, point }) => [code, point]);

  it("gives the points that its answer carries whole, and no others", () => {
    expect(readVector(air, { asked, said })).toEqual({
      device: "air",
      samples: [
        { point: "humidity", raw: 495 },
        { point: "temperature", raw: 271 },
      ],
      faults: [],
    });
  });

  it("whose frames are wrong is one fault of no point", () => {
    const broken = Uint8Array.from(said);
    broken[4] = 0;
    expect(codes({ asked, said: broken })).toEqual([["modbus.crc", undefined]]);
    expect(codes({ asked, said: said.subarray(0, 7) })).toEqual([["modbus.short", undefined]]);
    expect(codes({ asked, said: bytes("01 83 02 C0 F1") })).toEqual([["modbus.illegal-address", undefined]]);
    expect(codes({ asked: bytes("01 03 00 00 00 02 C4 0C"), said })).toEqual([["modbus.noise", undefined]]);
    expect(codes({ asked: withCrc16(bytes("01 06 00 00 00 02")), said })).toEqual([
      ["modbus.noise", undefined],
    ]);
    expect(codes({ asked: withCrc16(bytes("01 03 FF FF 00 02")), said })).toEqual([
      ["modbus.noise", undefined],
    ]);
  });
});

describe("the faults", () => {
  it("say what is wrong in both languages and repeat no byte", () => {
    for (const { what } of Object.values(modbusFaults)) {
      expect(what.zh).toMatch(/\p{Script=Han}/u);
      expect(what.en).toMatch(/^[a-z]/);
    }
    expect(modbusFault("modbus.crc", { point: "co2", fact: "rs1" })).toEqual({
      code: "modbus.crc",
      layer: "frame",
      retry: "later",
      point: "co2",
      detail: "the checksum of the answer is wrong (rs1)",
    });
  });
});
