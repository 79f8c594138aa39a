/** Frames of DL/T 645-2007 against published ones; what is checked is computed here, not by the code under test. */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame645, Reader645 } from "../../../simulator/dlt645/frame.ts";
import { bcd, blocks, ofOnePhase, type Supply, valuesOf } from "../../../simulator/dlt645/items.ts";
import { bytes, hex } from "./station-rig.ts";

const shared = new URL("../../../../shared/captures/dlt645_2007.json", import.meta.url);

interface Capture {
  id: string;
  hex: string;
  checksum_ok: boolean;
  decoded: { control: string; address: string; wakeup_FE: number };
}

const none: Supply = ofOnePhase({
  voltage: 0,
  current: 0,
  power: 0,
  powerFactor: 1,
  frequency: 50,
  energyImport: 0,
});

/** An answer to 11 as a meter would say it. */
function answer(address: string, di: string, supply: Partial<Supply>): string {
  const values = valuesOf(di, { supply: { ...none, ...supply }, address, wallMs: 0 }) ?? [];
  const data = Uint8Array.of(...bytes(di).reverse(), ...values.flatMap((value) => [...value]));
  return hex(frame645({ address, control: 0x91, data }));
}

const read = (text: string) => {
  const reader = new Reader645();
  return [...bytes(text)].map((byte, n) => reader.read(byte, n)).filter((frame) => frame !== null);
};

describe("published frames", () => {
  it("are said to the byte: requests", () => {
    const ask = (address: string, di: string) =>
      hex(frame645({ address, control: 0x11, data: bytes(di).reverse() }));
    expect(hex(frame645({ address: "AAAAAAAAAAAA", control: 0x13, data: new Uint8Array() }))).toBe(
      "68 AA AA AA AA AA AA 68 13 00 DF 16",
    );
    expect(ask("000102030425", "00010000")).toBe("68 25 04 03 02 01 00 68 11 04 33 33 34 33 E1 16");
    expect(ask("652022122003", "00000000")).toBe("68 03 20 12 22 20 65 68 11 04 33 33 33 33 8D 16");
    expect(ask("652022122018", "0201FF00")).toBe("68 18 20 12 22 20 65 68 11 04 33 32 34 35 A4 16");
    expect(ask("000000123456", "02010100")).toBe("68 56 34 12 00 00 00 68 11 04 33 34 34 35 51 16");
  });

  it("are said to the byte: answers", () => {
    expect(answer("000102030425", "00010000", { energyImport: 1_206_420 })).toBe(
      "68 25 04 03 02 01 00 68 91 08 33 33 34 33 75 39 45 33 8B 16",
    );
    expect(answer("652022122003", "00000000", {})).toBe(
      "68 03 20 12 22 20 65 68 91 08 33 33 33 33 33 33 33 33 DD 16",
    );
    expect(answer("652022122018", "0201FF00", { voltage: [0, 0, 239.4] })).toBe(
      "68 18 20 12 22 20 65 68 91 0A 33 32 34 35 33 33 33 33 C7 56 13 16",
    );
    expect(answer("000000123456", "00010000", { energyImport: 1_234_560 })).toBe(
      "68 56 34 12 00 00 00 68 91 08 33 33 34 33 89 67 45 33 3A 16",
    );
    expect(answer("000000123456", "02010100", { voltage: [220.5, null, null] })).toBe(
      "68 56 34 12 00 00 00 68 91 06 33 34 34 35 38 55 60 16",
    );
    expect(answer("000000123456", "02020100", { current: [1.234, null, null] })).toBe(
      "68 56 34 12 00 00 00 68 91 07 33 34 35 35 67 45 33 B4 16",
    );
    expect(answer("000000123456", "02030000", { power: [-567.8, null, null] })).toBe(
      "68 56 34 12 00 00 00 68 91 07 33 33 36 35 AB 89 B3 BC 16",
    );
    expect(hex(frame645({ address: "000000123456", control: 0xd1, data: Uint8Array.of(2) }))).toBe(
      "68 56 34 12 00 00 00 68 D1 01 35 73 16",
    );
  });

  it.runIf(existsSync(shared))("of the captures are found behind their wake-up bytes, and said again", () => {
    const { items } = JSON.parse(readFileSync(shared, "utf8")) as { items: Capture[] };
    expect(items.length).toBeGreaterThan(15);
    for (const { id, hex: text, checksum_ok, decoded } of items) {
      expect(checksum_ok, id).toBe(true);
      const [frame, ...others] = read(text);
      expect(others, id).toEqual([]);
      if (frame === undefined) throw new Error(`${id} is not found`);
      expect(frame.control, id).toBe(Number.parseInt(decoded.control, 16));
      expect(frame.address, id).toBe(decoded.address.slice(0, 12));
      expect(hex(frame645(frame, decoded.wakeup_FE)), id).toBe(text);
    }
  });
});

describe("numbers", () => {
  it("are decimal digits, low byte first, with the sign in the top bit", () => {
    expect(hex(bcd(1234.5, 4, 2))).toBe("50 34 12 00");
    expect(hex(bcd(-0.5678, 3, 4, true))).toBe("78 56 80");
    expect(hex(bcd(79.9999, 3, 4, true))).toBe("99 99 79");
    expect(hex(bcd(0, 2, 3, true))).toBe("00 00");
  });

  it("run over as a counter does, and never into the sign", () => {
    expect(hex(bcd(100_000_001n, 4))).toBe("01 00 00 00");
    expect(hex(bcd(80.0001, 3, 4, true))).toBe("01 00 00");
  });

  it("of a phase that is not there are digits F", () => {
    expect(answer("000000123456", "0201FF00", { voltage: [220.5, null, null] })).toContain(
      "38 55 32 32 32 32",
    );
  });

  it("of the tariffs are the total together, and none ever falls", () => {
    const of = (wh: number) =>
      (valuesOf("0001FF00", { supply: { ...none, energyImport: wh }, address: "1", wallMs: 0 }) ?? []).map(
        (value) => Number(Buffer.from(value).reverse().toString("hex")),
      );
    let before = of(0);
    for (let wh = 0; wh <= 2000; wh += 10) {
      const now = of(wh);
      expect(now[0]).toBe(wh / 10);
      expect(now.slice(1).reduce((sum, one) => sum + one, 0)).toBe(now[0]);
      now.forEach((value, n) => {
        expect(value).toBeGreaterThanOrEqual(before[n] as number);
      });
      before = now;
    }
    expect(before.slice(1).every((value) => value > 0)).toBe(true);
  });

  it("of the clock are China's, Sunday 0", () => {
    const wallMs = Date.parse("2026-10-11T23:05:09+08:00");
    const of = (di: string) =>
      hex((valuesOf(di, { supply: none, address: "000000123456", wallMs }) ?? [])[0] ?? []);
    expect(of("04000101")).toBe("00 11 10 26");
    expect(of("04000102")).toBe("09 05 23");
    expect(of("04000401")).toBe("56 34 12 00 00 00");
  });

  it("of a block are those of its items", () => {
    const supply: Supply = {
      ...none,
      voltage: [220.1, 221.2, 222.3],
      current: [1, 2, 3],
      power: [10, -20, 30],
    };
    for (const [block, parts] of Object.entries(blocks)) {
      const asked = { supply, address: "000000123456", wallMs: 0 };
      expect(valuesOf(block, asked), block).toEqual(parts.flatMap((di) => valuesOf(di, asked) ?? []));
    }
  });
});

describe("the reader", () => {
  const good = "68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16";

  it("finds a frame behind anything, and two that are glued", () => {
    expect(read(`68 68 12 00 FF ${good}`)).toHaveLength(1);
    expect(read(`68 56 34 12 00 00 ${good} ${good}`)).toHaveLength(2);
  });

  it("finds one whose beginning seemed to belong to another", () => {
    expect(read(`68 00 00 00 00 00 00 68 11 04 ${good}`)).toEqual(read(good));
    expect(read(good)).toHaveLength(1);
  });

  it("takes nothing whose sum or end does not fit", () => {
    expect(read(good.replace("4E", "4F"))).toEqual([]);
    expect(read(good.replace(/16$/, "17"))).toEqual([]);
  });

  it("finds a good frame half a second after any bytes", () => {
    const frame = fc.record({
      address: fc.stringMatching(/^\d{12}$/),
      control: fc.integer({ min: 0, max: 255 }),
      data: fc.uint8Array({ maxLength: 200 }),
      wakeUp: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), frame, (before, { wakeUp, ...sent }) => {
        const reader = new Reader645();
        for (const byte of before) reader.read(byte, 0);
        const found = [...frame645(sent, wakeUp)].map((byte) => reader.read(byte, 1000));
        expect(found.filter((one) => one !== null)).toEqual([sent]);
      }),
    );
  });

  it("begins anew after half a second without a byte", () => {
    const times = (pauseMs: number) => {
      const reader = new Reader645();
      return [...bytes(good)].map((byte, n) => reader.read(byte, n < 8 ? n : n + pauseMs)).at(-1);
    };
    expect(times(400)).not.toBeNull();
    expect(times(600)).toBeNull();
  });
});
