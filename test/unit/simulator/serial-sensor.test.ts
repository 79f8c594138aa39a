/** Sensors on a serial cable of their own, against recorded frames; and what can be wrong with them. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MhZ19b } from "../../../simulator/devices/mh-z19b.ts";
import type { AirValues } from "../../../simulator/devices/modbus-air.ts";
import { Pms5003, pmsFrame } from "../../../simulator/devices/pms5003.ts";
import { Sds011 } from "../../../simulator/devices/sds011.ts";
import { type SensorChip, SerialSensor } from "../../../simulator/devices/serial-sensor.ts";
import { bytes, hex, StationRig } from "./station-rig.ts";

interface Capture {
  id: string;
  hex: string;
  valid: boolean;
  decoded: Record<string, number>;
}

const folder = new URL("../../../../shared/captures/", import.meta.url);
function captures(name: string): Capture[] {
  const { items } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { items: Capture[] };
  expect(items.length).toBeGreaterThanOrEqual(10);
  expect(items.every(({ valid }) => valid)).toBe(true);
  return items;
}

const air: AirValues = { pm25: 8, pm10: 12, co2: 636, temperature: 26 };

function rigOf<Chip extends SensorChip>(chip: Chip, source: () => AirValues = () => air, seed = 1) {
  const sensor = new SerialSensor(chip, { name: "sensor", source, seed });
  return { sensor, rig: new StationRig([sensor], { duplex: "full" }) };
}

/** Frames of so many bytes with the time of their last one. */
const framesOf = (rig: StationRig, length: number) =>
  Array.from({ length: Math.floor(rig.heard.length / length) }, (_, n) => {
    const part = rig.heard.slice(n * length, (n + 1) * length);
    return { text: hex(part.map(({ byte }) => byte)), atMs: part.at(-1)?.atMs ?? 0 };
  });

const mhAsk = "FF 01 86 00 00 00 00 00 79";
const mhAnswer = "FF 86 02 7C 42 00 00 00 BA";
const passive = "42 4D E1 00 00 01 70";
const active = "42 4D E1 00 01 01 71";
const readPassive = "42 4D E2 00 00 01 71";
const sleep = "42 4D E4 00 00 01 73";
const wakeUp = "42 4D E4 00 01 01 74";

describe.runIf(existsSync(folder))("recorded frames are said to the byte", () => {
  it("of the PMS5003", () => {
    for (const { id, hex: text, decoded } of captures("serial_pmsx003.json"))
      expect(hex(pmsFrame(Object.values(decoded))), id).toBe(text);
  });

  it("of the SDS011", () => {
    for (const { id, hex: text, decoded } of captures("serial_sds011.json"))
      expect(hex(new Sds011().frame({ pm25: decoded.pm2_5 ?? 0, pm10: decoded.pm10 ?? 0 })), id).toBe(text);
  });

  it("of the MH-Z19B", () => {
    for (const { id, hex: text, decoded } of captures("serial_mhz19b.json"))
      expect(
        hex(new MhZ19b().frame({ co2: decoded.co2_ppm ?? 0, temperature: decoded.temperature_c ?? 0 })),
        id,
      ).toBe(text);
  });
});

describe("a PMS5003", () => {
  it("streams once a second what is in the air, with words that fit each other", async () => {
    let pm25 = 8;
    const { rig } = rigOf(new Pms5003(), () => ({ pm25, pm10: 12 }));
    await rig.hear(3500);
    pm25 = 100;
    const before = framesOf(rig, 32);
    expect(before.length).toBeGreaterThanOrEqual(3);
    for (const [n, { text, atMs }] of before.entries()) {
      expect(text).toMatch(/^42 4D 00 1C 00 06 00 08 00 0C 00 06 00 08 00 0C 00 F0 /);
      if (n > 0) expect(atMs - (before[n - 1]?.atMs ?? 0)).toBeCloseTo(1000, 6);
    }
    await rig.hear(2000);
    const words = [...bytes(framesOf(rig, 32)[0]?.text ?? "")];
    const word = (n: number) => ((words[4 + 2 * n] ?? 0) << 8) | (words[5 + 2 * n] ?? 0);
    expect([word(1), word(4)]).toEqual([135, 100]);
    for (let n = 7; n < 12; n++) expect(word(n)).toBeLessThanOrEqual(word(n - 1));
  });

  it("is asked for each frame in passive mode, and streams again when told to", async () => {
    const { rig } = rigOf(new Pms5003());
    await rig.hear(1500);
    // As long as it streams it has nothing besides.
    expect((await rig.exchange(readPassive, 3000)).split("42 4D").length - 1).toBe(3);
    expect(await rig.exchange(passive, 200)).toContain("42 4D 00 04 E1 00 01 74");
    expect(await rig.hear(5000)).toBe("");
    expect(await rig.exchange(readPassive, 200)).toMatch(/^42 4D 00 1C( ..){28}$/);
    expect(await rig.exchange(readPassive.replace(/71$/, "72"), 200)).toBe("");
    expect(await rig.exchange(active, 200)).toBe("42 4D 00 04 E1 01 01 75");
    expect(await rig.hear(3100)).toMatch(/^(42 4D 00 1C( ..){28} ?){3}$/);
  });

  it("sleeps and wakes", async () => {
    const { rig } = rigOf(new Pms5003({ active: false }));
    expect(await rig.exchange(sleep, 200)).toBe("42 4D 00 04 E4 00 01 77");
    expect(await rig.exchange(readPassive, 200)).toBe("");
    expect(await rig.exchange(wakeUp, 200)).toBe("42 4D 00 04 E4 01 01 78");
    expect(await rig.exchange(readPassive, 200)).not.toBe("");
  });

  it("hears a command while it speaks: there is a wire for each way", async () => {
    const { rig } = rigOf(new Pms5003({ everyMs: 40 }));
    await rig.hear(200);
    expect(await rig.exchange(passive, 300)).toContain("42 4D 00 04 E1 00 01 74");
    expect(await rig.hear(1000)).toBe("");
  });
});

describe("an SDS011", () => {
  it("streams once a second, in tenths with the low byte first", async () => {
    const { rig } = rigOf(new Sds011(), () => ({ pm25: 35.4, pm10: 52 }));
    await rig.hear(3500);
    const frames = framesOf(rig, 10);
    expect(frames.length).toBeGreaterThanOrEqual(3);
    // 62 + 01 + 08 + 02 + 58 + D9 = 19E.
    expect(new Set(frames.map(({ text }) => text))).toEqual(new Set(["AA C0 62 01 08 02 58 D9 9E AB"]));
  });
});

describe("an MH-Z19B", () => {
  it("says nothing until it is asked, and answers after a while", async () => {
    const { rig } = rigOf(new MhZ19b());
    expect(await rig.hear(60_000)).toBe("");
    const startMs = rig.clock.monotonicMs();
    expect(await rig.exchange(mhAsk)).toBe(mhAnswer);
    const character = 10_000 / 9600;
    const pauseMs = (rig.heard[0]?.atMs ?? 0) - startMs - 10 * character;
    expect(pauseMs).toBeGreaterThanOrEqual(20 - 1e-6);
    expect(pauseMs).toBeLessThanOrEqual(40);
    expect(await rig.exchange(`00 FF 01 ${mhAsk}`)).toBe(mhAnswer);
    expect(await rig.exchange(mhAsk.replace("79", "78"))).toBe("");
  });

  it("remembers what would have changed it", async () => {
    const { rig, sensor } = rigOf(new MhZ19b());
    expect(await rig.exchange("FF 01 87 00 00 00 00 00 78")).toBe("");
    expect(sensor.chip.written).toEqual([0x87]);
  });

  it("is silent about what it has not: it says what it said before", async () => {
    let now: AirValues = air;
    const { rig } = rigOf(new MhZ19b(), () => now);
    await rig.exchange(mhAsk);
    now = { co2: null, temperature: 27 };
    expect(await rig.exchange(mhAsk)).toBe("FF 86 02 7C 43 00 00 00 B9");
  });
});

describe("what can be wrong with a sensor:", () => {
  it("its sum does not fit", async () => {
    for (const [chip, length, sumAt] of [
      [new Pms5003(), 32, 31],
      [new Sds011(), 10, 8],
    ] as const) {
      const { rig, sensor } = rigOf<SensorChip>(chip);
      await rig.hear(1000);
      const [good] = framesOf(rig, length);
      sensor.faults.add({ kind: "checksum", times: 1 });
      await rig.hear(2000);
      const [bad, well] = framesOf(rig, length);
      const [one, other] = [bytes(good?.text ?? ""), bytes(bad?.text ?? "")];
      expect([...one.keys()].filter((n) => one[n] !== other[n])).toEqual([sumAt]);
      expect(well?.text).toBe(good?.text);
    }
    const { rig, sensor } = rigOf(new MhZ19b());
    sensor.faults.add({ kind: "checksum" });
    expect(await rig.exchange(mhAsk)).toBe(mhAnswer.replace("BA", "BB"));
  });

  it("frames are cut", async () => {
    const { rig, sensor } = rigOf(new Sds011());
    sensor.faults.add({ kind: "cut", bytes: 4 });
    expect(await rig.hear(2000)).toBe("AA C0 50 00 AA C0 50 00");
  });

  it("it stands still, and goes on", async () => {
    let pm25 = 1;
    const { rig, sensor } = rigOf(new Sds011(), () => ({ pm25: pm25++, pm10: 0 }));
    const values = async () => {
      await rig.hear(3000);
      return framesOf(rig, 10).map(({ text }) => (bytes(text)[2] ?? 0) / 10);
    };
    expect(await values()).toEqual([1, 2, 3]);
    const undo = sensor.faults.add({ kind: "stuck" });
    expect(await values()).toEqual([3, 3, 3]);
    undo();
    expect(await values()).toEqual([4, 5, 6]);
  });

  it("it is silent, streaming or asked", async () => {
    const { rig, sensor } = rigOf(new Sds011());
    const undo = sensor.faults.add({ kind: "silent" });
    expect(await rig.hear(5000)).toBe("");
    undo();
    expect(await rig.hear(1000)).not.toBe("");
    const asked = rigOf(new MhZ19b());
    asked.sensor.faults.add({ kind: "silent" });
    expect(await asked.rig.exchange(mhAsk)).toBe("");
  });

  it("it is late", async () => {
    const { rig, sensor } = rigOf(new MhZ19b());
    sensor.faults.add({ kind: "late", byMs: 700, times: 1 });
    expect(await rig.exchange(mhAsk, 600)).toBe("");
    expect(await rig.hear(600)).toBe(mhAnswer);
  });

  it("garbage is between the frames", async () => {
    const { rig, sensor } = rigOf(new Sds011());
    sensor.faults.add({ kind: "garbage", before: 3, after: 5 });
    expect(await rig.hear(2000)).toMatch(/^((.. ){3}AA C0 50 00 78 00 58 D9 F9 AB( ..){5} ?){2}$/);
  });

  it("the baud rate is wrong: bytes come, and no frame is among them", async () => {
    const { rig } = rigOf(new Pms5003());
    rig.line.mismatch = { baud: 4800, format: "8N1" };
    const heard = await rig.hear(5000);
    expect(heard.length).toBeGreaterThan(20);
    expect(heard).not.toContain("42 4D 00 1C");
    rig.line.mismatch = null;
    expect(await rig.hear(1000)).toContain("42 4D 00 1C");
  });

  it("is the same for the same seed, and not for another", async () => {
    const heard = async (seed: number) => {
      const { rig, sensor } = rigOf(new Pms5003(), undefined, seed);
      sensor.faults.add({ kind: "garbage", before: 4, chance: 0.5 });
      await rig.hear(20_000);
      return rig.heard;
    };
    const one = await heard(1);
    expect(await heard(1)).toEqual(one);
    expect(await heard(2)).not.toEqual(one);
  });
});
