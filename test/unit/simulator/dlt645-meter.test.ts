/** Meters of DL/T 645-2007 on a line at 2400 8E1: what they answer, when, and what can be wrong with them. */
import { describe, expect, it } from "vitest";
import type { MeterFault } from "../../../simulator/dlt645/faults.ts";
import { frame645 } from "../../../simulator/dlt645/frame.ts";
import { ofOnePhase, ofThreePhases, type Supply } from "../../../simulator/dlt645/items.ts";
import { Meter645, type Meter645Options } from "../../../simulator/dlt645/meter.ts";
import { characterMs, formatOf } from "../../../simulator/links/character.ts";
import { bytes, StationRig } from "./station-rig.ts";

const supply: Supply = ofOnePhase({
  voltage: 220.5,
  current: 1.234,
  power: 567.8,
  powerFactor: 0.951,
  frequency: 50.01,
  energyImport: 1_234_560,
});
const own = "000000123456";

const meter = (options: Partial<Meter645Options> = {}) =>
  new Meter645({ address: own, source: () => supply, wallMs: () => 0, wakeUp: 0, ...options });

const rigOf = (...meters: Meter645[]) => new StationRig(meters, { baud: 2400, format: "8E1" });

const ask = (di: string, address = own, control = 0x11, more: readonly number[] = []) =>
  frame645({ address, control, data: Uint8Array.of(...bytes(di).reverse(), ...more) });
const readAddress = "68 AA AA AA AA AA AA 68 13 00 DF 16";
const energyAsk = "68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16";
const energyAnswer = "68 56 34 12 00 00 00 68 91 08 33 33 34 33 89 67 45 33 3A 16";
const voltageAnswer = "68 56 34 12 00 00 00 68 91 06 33 34 34 35 38 55 60 16";

describe("a meter", () => {
  it("answers a read, and a question for its address from whoever does not know it", async () => {
    const rig = rigOf(meter());
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
    expect(await rig.exchange(ask("02010100"))).toBe(voltageAnswer);
    expect(await rig.exchange(readAddress)).toBe("68 56 34 12 00 00 00 68 93 06 89 67 45 33 33 33 D3 16");
  });

  it("says 0 to 4 bytes FE before it, as many as it always does or another number each time", async () => {
    for (const wakeUp of [0, 1, 2, 3, 4])
      expect(await rigOf(meter({ wakeUp })).exchange(energyAsk)).toBe("FE ".repeat(wakeUp) + energyAnswer);
    const rig = rigOf(meter({ wakeUp: "varies" }));
    const seen = new Set<number>();
    for (let n = 0; n < 40; n++) seen.add((await rig.exchange(energyAsk)).split("FE").length - 1);
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("begins to answer 20 to 500 ms after the request, the same every time for a seed", async () => {
    const pauses = async (seed: string, jitterMs = 480) => {
      const rig = rigOf(meter({ delayMs: 20, jitterMs, seed }));
      const character = characterMs(2400, formatOf("8E1"));
      const all: number[] = [];
      for (let n = 0; n < 30; n++) {
        const startMs = rig.clock.monotonicMs();
        await rig.exchange(energyAsk, 2000);
        all.push((rig.heard[0]?.atMs ?? 0) - character - startMs - 16 * character);
      }
      return all;
    };
    const one = await pauses("a");
    expect(Math.min(...one)).toBeGreaterThanOrEqual(20 - 1e-6);
    expect(Math.max(...one)).toBeLessThanOrEqual(500);
    expect(Math.max(...one) - Math.min(...one)).toBeGreaterThan(200);
    expect(await pauses("a")).toEqual(one);
    expect(await pauses("b")).not.toEqual(one);
    for (const pause of await pauses("a", 0)) expect(pause).toBeCloseTo(20, 6);
  });

  it("cannot be built with what the standard does not know", () => {
    expect(() => meter({ delayMs: 10 })).toThrow(RangeError);
    expect(() => meter({ delayMs: 400, jitterMs: 200 })).toThrow(RangeError);
    expect(() => meter({ wakeUp: 5 })).toThrow(RangeError);
    expect(() => meter({ address: "1234" })).toThrow(RangeError);
  });

  it("keeps silent to others, to broadcasts, to answers and to what is not sealed", async () => {
    const rig = rigOf(meter());
    for (const request of [
      ask("00010000", "000000123457"),
      ask("00010000", "999999999999"),
      ask("00010000", own, 0x91),
      energyAsk.replace("4E", "4D"),
    ])
      expect(await rig.exchange(request)).toBe("");
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
  });

  it("takes AA for digits that do not matter, and answers with its own", async () => {
    const rig = rigOf(meter());
    expect(await rig.exchange(ask("00010000", "AAAAAA123456"))).toBe(energyAnswer);
    expect(await rig.exchange(ask("00010000", "AAAAAA123457"))).toBe("");
  });

  it("says that there is no such data, that a question is unusable, that a switch is not for everybody", async () => {
    const rig = rigOf(meter());
    expect(await rig.exchange(ask("02010900"))).toBe("68 56 34 12 00 00 00 68 D1 01 35 73 16");
    const error = (control: number, bits: number) =>
      Buffer.from(frame645({ address: own, control, data: Uint8Array.of(bits) }))
        .toString("hex")
        .toUpperCase()
        .replace(/..(?=.)/g, "$& ");
    expect(await rig.exchange(frame645({ address: own, control: 0x11, data: bytes("00 00 01") }))).toBe(
      error(0xd1, 1),
    );
    expect(await rig.exchange(frame645({ address: own, control: 0x1c, data: bytes("1A 00") }))).toBe(
      error(0xdc, 4),
    );
  });

  it("counts on while it is not asked", async () => {
    let wh = 1_234_560;
    const rig = rigOf(meter({ source: () => ({ ...supply, energyImport: wh }) }));
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
    wh += 9.9;
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
    wh += 9.1;
    expect(await rig.exchange(energyAsk)).toContain("68 91 08 33 33 34 33 8A 67 45 33");
  });
});

describe("several meters on a line", () => {
  const second = "000021081234";

  it("answer each for itself", async () => {
    const rig = rigOf(meter(), meter({ address: second, source: () => ({ ...supply, energyImport: 0 }) }));
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
    expect(await rig.exchange(ask("00010000", second))).toContain("68 34 12 08 21 00 00 68 91 08");
  });

  it("talk at the same time when both are meant", async () => {
    const rig = rigOf(meter(), meter({ address: second, seed: 2, jitterMs: 0 }));
    const heard = await rig.exchange(readAddress);
    expect(heard).not.toBe("");
    expect(heard).not.toContain("68 56 34 12 00 00 00 68 93 06 89 67 45 33 33 33 D3 16");
  });

  it("are not heard from behind a cut", async () => {
    const rig = rigOf(meter(), meter({ address: second }));
    rig.line.cut(2);
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
    expect(await rig.exchange(ask("00010000", second))).toBe("");
    rig.line.mend();
    expect(await rig.exchange(ask("00010000", second))).not.toBe("");
  });
});

describe("a block", () => {
  const three = ofThreePhases({
    voltage: [220.1, 221.2, 222.3],
    current: [1, 2, 3],
    power: [220, 440, 660],
    powerFactor: 0.95,
    frequency: 50,
    energyImport: 1_234_560,
  });

  /** The data of an answer without the 33H, and its control. */
  const opened = (text: string) => {
    const all = [...bytes(text)];
    const data = all.slice(10, -2).map((byte) => (byte - 0x33) & 0xff);
    return { control: all[8], data: Buffer.from(data).toString("hex").toUpperCase() };
  };

  it("comes as a whole", async () => {
    const rig = rigOf(meter({ source: () => three }));
    expect(opened(await rig.exchange(ask("0201FF00")))).toEqual({
      control: 0x91,
      data: "00FF0102".concat("0122", "1222", "2322"),
    });
  });

  it("has digits F for phases that are not there, which alone may also be no such data", async () => {
    const rig = rigOf(meter());
    expect(opened(await rig.exchange(ask("0201FF00"))).data).toBe("00FF01020522FFFFFFFF");
    expect(opened(await rig.exchange(ask("02010200"))).data).toBe("00020102FFFF");
    const strict = rigOf(meter({ absent: "error" }));
    expect(opened(await strict.exchange(ask("02010200")))).toEqual({ control: 0xd1, data: "02" });
    expect(opened(await strict.exchange(ask("0201FF00"))).data).toBe("00FF01020522FFFFFFFF");
  });

  it("may stop early without a word", async () => {
    const rig = rigOf(meter({ source: () => three, blocks: { early: 2 } }));
    expect(opened(await rig.exchange(ask("0201FF00")))).toEqual({ control: 0x91, data: "00FF010201221222" });
  });

  it("may go on when it is asked to, with what was true at first", async () => {
    let now = three;
    const rig = rigOf(meter({ source: () => now, blocks: { follow: 1 } }));
    const on = (seq: number) => ask("0201FF00", own, 0x12, [seq]);
    expect(opened(await rig.exchange(ask("0201FF00")))).toEqual({ control: 0xb1, data: "00FF01020122" });
    now = { ...three, voltage: [1, 2, 3] };
    expect(opened(await rig.exchange(on(1)))).toEqual({ control: 0xb2, data: "00FF0102122201" });
    // Asked out of turn, or for something else, it has nothing.
    expect(opened(await rig.exchange(on(1)))).toEqual({ control: 0xd2, data: "02" });
    expect(opened(await rig.exchange(ask("0202FF00", own, 0x12, [2])))).toEqual({
      control: 0xd2,
      data: "02",
    });
    expect(opened(await rig.exchange(on(2)))).toEqual({ control: 0x92, data: "00FF0102232202" });
    expect(opened(await rig.exchange(on(3)))).toEqual({ control: 0xd2, data: "02" });
  });
});

describe("what can be wrong with a meter:", () => {
  const faulty = async (fault: MeterFault, request: Uint8Array | string = energyAsk, ms = 1000) => {
    const one = meter();
    const rig = rigOf(one);
    const undo = one.faults.add(fault);
    const heard = await rig.exchange(request, ms);
    const times = [...rig.heard];
    undo();
    expect(await rig.exchange(energyAsk, 3000)).toContain(energyAnswer);
    return { heard, times };
  };

  it("its sum does not fit", async () => {
    expect((await faulty({ kind: "checksum" })).heard).toBe(energyAnswer.replace("3A 16", "3B 16"));
  });

  it("a digit is none, and the sum fits", async () => {
    const { heard } = await faulty({ kind: "non-bcd" });
    const all = [...bytes(heard)];
    expect(all.slice(0, -2).reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(all.at(-2));
    const value = Buffer.from(all.slice(14, 18).map((byte) => (byte - 0x33) & 0xff)).toString("hex");
    expect(value).toMatch(/[a-f]/);
  });

  it("it is silent", async () => {
    expect((await faulty({ kind: "silent" })).heard).toBe("");
  });

  it("it is late", async () => {
    const { heard, times } = await faulty({ kind: "late", byMs: 1500 }, energyAsk, 3000);
    expect(heard).toBe(energyAnswer);
    expect(times[0]?.atMs).toBeGreaterThan(1000 + 1500);
  });

  it("it pauses after each byte", async () => {
    const { heard, times } = await faulty({ kind: "slow", gapMs: 100 }, energyAsk, 4000);
    expect(heard).toBe(energyAnswer);
    expect((times[1]?.atMs ?? 0) - (times[0]?.atMs ?? 0)).toBeGreaterThan(100);
  });

  it("the request comes back alone, or before the answer", async () => {
    expect((await faulty({ kind: "echo" })).heard).toBe(energyAsk);
    expect((await faulty({ kind: "echo", thenAnswer: true })).heard).toBe(`${energyAsk} ${energyAnswer}`);
  });

  it("it answers as another meter, or with another item, well sealed", async () => {
    const { heard } = await faulty({ kind: "wrong-address", address: "000000123457" });
    expect(heard).toBe("68 57 34 12 00 00 00 68 91 08 33 33 34 33 89 67 45 33 3B 16");
    expect((await faulty({ kind: "wrong-item", di: "00020000" })).heard).toBe(
      "68 56 34 12 00 00 00 68 91 08 33 33 35 33 89 67 45 33 3B 16",
    );
  });

  it("it refuses", async () => {
    expect((await faulty({ kind: "error", bits: 1 })).heard).toBe("68 56 34 12 00 00 00 68 D1 01 34 72 16");
  });

  it("noise is around the answer, or it comes twice, or is cut", async () => {
    const { heard } = await faulty({ kind: "noise", before: 3, after: 2 });
    expect(heard.slice(9, -6)).toBe(energyAnswer);
    expect((await faulty({ kind: "glued" })).heard).toBe(`${energyAnswer} ${energyAnswer}`);
    expect((await faulty({ kind: "cut", bytes: 7 })).heard).toBe("68 56 34 12 00 00 00");
  });

  it("it is one of 1997, which knows function 01 alone", async () => {
    const old = "68 56 34 12 00 00 00 68 01 02 43 C3 75 16";
    expect((await faulty({ kind: "standard-1997" })).heard).toBe("");
    expect((await faulty({ kind: "standard-1997", refuses: true })).heard).toBe(
      "68 56 34 12 00 00 00 68 D1 01 35 73 16",
    );
    const { heard } = await faulty({ kind: "standard-1997" }, old);
    expect(heard).toContain("68 56 34 12 00 00 00 68 81 06 43 C3 89 67 45 33");
    // One of 2007 refuses the words of 1997.
    expect(await rigOf(meter()).exchange(old)).toContain("68 C1 01 37");
  });

  it("the master has another rate", async () => {
    const one = meter();
    const rig = rigOf(one);
    rig.line.mismatch = { baud: 1200, format: "8E1" };
    expect(await rig.exchange(energyAsk)).toBe("");
    rig.line.mismatch = { baud: 9600, format: "8N1", ways: "answers" };
    const heard = await rig.exchange(energyAsk);
    expect(heard).not.toBe("");
    expect(heard).not.toContain("68 56 34 12");
    rig.line.mismatch = null;
    expect(await rig.exchange(energyAsk)).toBe(energyAnswer);
  });
});
