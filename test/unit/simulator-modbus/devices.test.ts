import { describe, expect, it } from "vitest";
import { type AcMode, looseAc } from "../../../simulator/devices/ac-unit.ts";
import { acGateway, acLines } from "../../../simulator/devices/modbus-ac.ts";
import {
  type AirModel,
  type AirValues,
  airModels,
  modbusAir,
} from "../../../simulator/devices/modbus-air.ts";
import {
  type OnePhase,
  onePhaseMeter,
  onePhaseModels,
  type ThreePhase,
  threePhaseMeter,
  threePhaseModels,
} from "../../../simulator/devices/modbus-meters.ts";
import { relayBoard, relayLines } from "../../../simulator/devices/modbus-relays.ts";
import { formatOf } from "../../../simulator/links/character.ts";
import { serve } from "../../../simulator/modbus/pdu.ts";
import type { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, hex, Rig } from "./rig.ts";

const pdu = (slave: ModbusSlave, request: string) => hex(serve(slave.bank, bytes(request), slave.abilities));
const float = (slave: ModbusSlave, table: "input" | "holding", address: number) => {
  const [high = 0, low = 0] = slave.bank.read(table, address, 2) ?? [];
  const out = Buffer.alloc(4);
  out.writeUInt16BE(high, 0);
  out.writeUInt16BE(low, 2);
  return out.readFloatBE(0);
};

describe("air sensors", () => {
  const air: AirValues = {
    temperature: -10.1,
    humidity: 65.8,
    co2: 904,
    tvoc: 120,
    pm25: 35,
    pm10: 50,
    noise: 41.5,
    pressure: 101.3,
    illuminance: 132_854,
  };

  it.each<[AirModel, string, string]>([
    ["jxct-air-board", "03 00 00 00 0A", "03 14 02 92 FF 9B 00 00 00 00 00 23 03 88 00 78 00 00 00 00 00 32"],
    ["renke-ws-n01-8", "03 00 00 00 02", "03 04 02 92 FF 9B"],
    ["renke-ws-n01-tr", "03 00 00 00 02", "03 04 FF 9B 02 92"],
    ["renke-multi-500", "03 01 F4 00 09", "03 12 02 92 FF 9B 01 9F 00 23 00 32 03 F5 00 02 06 F6 05 31"],
    ["xy-md02", "04 00 01 00 02", "04 04 FF 9B 02 92"],
    ["md02-x100", "04 00 01 00 02", "04 04 FC 0E 19 B4"],
    ["senseair-s8", "04 00 00 00 04", "04 08 00 00 00 00 00 00 03 88"],
  ])("%s lays its values out as its maker does", (model, request, expected) => {
    expect(
      pdu(
        modbusAir(model, () => air, { unit: 1 }),
        request,
      ),
    ).toBe(expected);
  });

  it("follow the source from one request to the next", () => {
    let co2 = 612;
    const sensor = modbusAir("senseair-s8", () => ({ co2 }), { unit: 1 });
    const read = () => sensor.bank.read("input", 3, 1)?.[0];
    expect(read()).toBe(612);
    co2 = 655;
    expect(read()).toBe(655);
  });

  it("have a word for a value that they do not have", () => {
    const sensor = modbusAir("jxct-air-board", () => ({ temperature: null }), { unit: 1 });
    expect(sensor.bank.read("holding", 0, 2)).toEqual([0xffff, 0x7fff]);
  });

  it("answer nowhere else and to nothing else", () => {
    const sensor = modbusAir("xy-md02", () => air, { unit: 1 });
    expect(pdu(sensor, "04 00 00 00 02")).toBe("84 02");
    expect(pdu(sensor, "04 00 02 00 02")).toBe("84 02");
    expect(pdu(sensor, "01 00 00 00 01")).toBe("81 01");
    expect(
      pdu(
        modbusAir("renke-ws-n01-8", () => air, { unit: 1 }),
        "04 00 00 00 02",
      ),
    ).toBe("84 01");
  });

  it("change their address when told, once they had no power", async () => {
    const sensor = modbusAir("xy-md02", () => air, { unit: 1 });
    const rig = new Rig([sensor]);
    expect(await rig.exchange("01 06 01 01 00 08 D8 30")).toBe("01 06 01 01 00 08 D8 30");
    expect(await rig.exchange("01 03 01 01 00 01 D4 36")).toBe("01 03 02 00 08 B9 82");
    sensor.powerOff();
    expect(await rig.exchange("01 03 01 01 00 01 D4 36")).toBe("");
    sensor.powerOn();
    expect(await rig.exchange("01 03 01 01 00 01 D4 36")).toBe("");
    expect(sensor.unit).toBe(8);
    expect(pdu(sensor, "06 01 01 00 F8")).toBe("86 03");
    expect(pdu(sensor, "06 01 02 4B 00")).toBe("06 01 02 4B 00");
    expect(pdu(sensor, "06 01 02 4B 01")).toBe("86 03");
  });

  it("with an any-address answer in its name", async () => {
    const rig = new Rig([modbusAir("senseair-s8", () => air, { unit: 104 })]);
    expect(await rig.exchange("FE 04 00 03 00 01 D5 C5")).toBe("FE 04 02 03 88 AD B2");
  });
});

describe("meters", () => {
  const one: OnePhase = {
    voltage: 230.1,
    current: 4.35,
    power: -987,
    reactivePower: 120,
    powerFactor: 0.97,
    frequency: 49.98,
    energyImport: 1_234_567_890n,
    energyExport: 4_560n,
  };
  const three: ThreePhase = {
    ...one,
    voltage: [230.15, 231, 229.5],
    current: [1.5, 2.25, 3],
    power: [100, 200, -50],
    energyImport: 9_007_199_254_740_993n,
  };

  it.each([
    ["eastron-sdm120", "input", { 0: 230.1, 6: 4.35, 12: -987, 70: 49.98, 72: 1_234_567.89, 74: 4.56 }],
    ["chint-ddsu666", "holding", { 8192: 230.1, 8196: -0.987, 8206: 49.98, 16384: 1_234_567.89 }],
    ["chint-ddsu666", "input", { 8192: 230.1, 16384: 1_234_567.89 }],
  ] as const)("%s has floats in %s registers", (model, table, expected) => {
    const meter = onePhaseMeter(model, () => one, { unit: 1 });
    for (const [address, value] of Object.entries(expected)) {
      expect(float(meter, table, Number(address))).toBe(Math.fround(value));
    }
  });

  it("the three-phase ones have a value for each phase", () => {
    const sdm = threePhaseMeter("eastron-sdm630", () => three, { unit: 1 });
    expect([0, 2, 4, 8, 16, 52].map((at) => float(sdm, "input", at))).toEqual(
      [230.15, 231, 229.5, 2.25, -50, 250].map(Math.fround),
    );
    const chint = threePhaseMeter("chint-dtsu666", () => three, { unit: 1 });
    expect([0x2006, 0x200e, 0x2012, 0x2044].map((at) => float(chint, "holding", at))).toEqual(
      [2301.5, 2250, 2500, 4998].map(Math.fround),
    );
    const acrel = threePhaseMeter("acrel-adw300", () => ({ ...three, energyImport: 123_450 }), { unit: 1 });
    expect(acrel.bank.read("holding", 20, 3)).toEqual([2302, 2310, 2295]);
    expect(acrel.bank.read("holding", 34, 4)).toEqual([0xffff, 0xffce, 0, 250]);
    expect(acrel.bank.read("holding", 62, 2)).toEqual([0, 12_345]);
  });

  it("count energy in 64 bits beyond what a float holds, with nothing to read between", () => {
    const meter = threePhaseMeter("schneider-iem3000", () => three, { unit: 1 });
    expect(meter.bank.read("holding", 3203, 8)).toEqual([0x20, 0, 0, 1, 0, 0, 0, 4560]);
    expect(pdu(meter, "03 0C 83 00 09")).toBe("83 02");
    expect(float(meter, "holding", 3059)).toBe(0.25);
  });

  it("count in integers, high or low word first", () => {
    const hiking = onePhaseMeter("hiking-dds238", () => one, { unit: 1 });
    // 123,456,789 steps of 10 Wh.
    expect(hiking.bank.read("holding", 10, 5)).toEqual([0x075b, 0xcd15, 2301, 435, 0x10000 - 987]);
    expect(pdu(hiking, "06 00 00 00 01")).toBe("86 01");
    const pzem = onePhaseMeter("pzem-016", () => ({ ...one, power: 987.6, energyImport: 0x12345 }), {
      unit: 1,
    });
    expect(pzem.bank.read("input", 0, 10)).toEqual([2301, 4350, 0, 9876, 0, 0x2345, 1, 500, 97, 0]);
  });

  it("count in BCD", () => {
    const meter = onePhaseMeter("bcd", () => ({ ...one, power: 987.6 }), { unit: 1 });
    expect(meter.bank.read("holding", 0, 11)?.map((word) => word.toString(16))).toEqual([
      "2301",
      "0",
      "4350",
      "0",
      "9876",
      "2345",
      "6789",
      "0",
      "12",
      "3456",
      "7890",
    ]);
  });
});

describe("relay boards", () => {
  it("with coils switch one, several, all, and say so", async () => {
    const moved: [number, boolean][] = [];
    const { slave, relays } = relayBoard("waveshare-8", { unit: 1 }, (...move) => moved.push(move));
    const rig = new Rig([slave]);
    expect(await rig.exchange("01 05 00 00 FF 00 8C 3A")).toBe("01 05 00 00 FF 00 8C 3A");
    relays[6] = true;
    expect(await rig.exchange("01 01 00 00 00 08 3D CC")).toBe("01 01 01 41 91 B8");
    expect(moved).toEqual([[0, true]]);
    expect(pdu(slave, "0F 00 00 00 08 01 0F")).toBe("0F 00 00 00 08");
    expect(relays).toEqual([true, true, true, true, false, false, false, false]);
    pdu(slave, "05 01 FF FF 00");
    expect(relays).toEqual([false, false, false, false, true, true, true, true]);
    pdu(slave, "05 00 FF FF 00");
    expect(relays.every(Boolean)).toBe(true);
    expect([pdu(slave, "01 00 FF 00 01"), pdu(slave, "05 00 08 FF 00")]).toEqual(["81 02", "85 02"]);
  });

  it("with commands in registers take on, off, toggle and latch, and refuse the timed ones", () => {
    const { slave, relays } = relayBoard("r421a08", { unit: 1 });
    for (const request of ["06 00 01 01 00", "06 00 02 03 00"]) expect(pdu(slave, request)).toBe(request);
    expect(slave.bank.read("holding", 1, 8)).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
    pdu(slave, "06 00 05 04 00");
    expect(relays.indexOf(true)).toBe(4);
    expect(relays.filter(Boolean).length).toBe(1);
    pdu(slave, "06 00 05 02 00");
    expect(relays.some(Boolean)).toBe(false);
    expect([
      pdu(slave, "06 00 01 06 0A"),
      pdu(slave, "06 00 01 00 01"),
      pdu(slave, "06 00 09 01 00"),
    ]).toEqual(["86 03", "86 03", "86 02"]);
  });
});

describe("air-conditioner gateways", () => {
  it("on the unit's bus: mode 0 is off, temperatures in hundredths", () => {
    const { slave, state } = acGateway("onokom-air", { unit: 1, roomTemperature: () => 27.36 });
    expect(slave.bank.read("holding", 2, 7)).toEqual([0, 2736, 0, 2600, 0, 0, 0]);
    for (const request of ["06 00 02 00 02", "06 00 05 09 60", "06 00 08 00 08"])
      expect(pdu(slave, request)).toBe(request);
    expect(state).toEqual({ power: true, mode: "cool", target: 24, fan: "high" });
    pdu(slave, "06 00 02 00 00");
    expect(state).toMatchObject({ power: false, mode: "cool" });
    for (const refused of ["06 00 02 00 06", "06 00 05 06 40", "06 00 05 0B B9", "06 00 08 00 03"]) {
      expect(pdu(slave, refused)).toBe("86 03");
    }
    expect(pdu(slave, "06 00 03 00 01")).toBe("86 02");
  });

  it("by infrared: a full state in one burst, and busy for three seconds after it", async () => {
    const clock = new FakeClock();
    const { slave, state, bursts } = acGateway("ir", { unit: 1, roomTemperature: () => null, clock });
    expect(slave.bank.read("holding", 4, 1)).toEqual([0x7fff]);
    expect(pdu(slave, "10 00 00 00 04 08 00 01 00 01 00 16 00 03")).toBe("10 00 00 00 04");
    expect([state, bursts.length]).toEqual([{ power: true, mode: "heat", target: 22, fan: "high" }, 1]);
    await clock.advance(2999);
    expect(pdu(slave, "06 00 00 00 00")).toBe("86 06");
    await clock.advance(1);
    expect(pdu(slave, "06 00 00 00 00")).toBe("06 00 00 00 00");
    expect(bursts.length).toBe(2);
    expect(pdu(slave, "06 00 02 00 0F")).toBe("86 03");
  });

  it("on the bus: says what the unit does, whoever has set it, and tells it what it is told", () => {
    const unit = looseAc(() => 27);
    const { slave } = acGateway("onokom-air", { unit: 1, roomTemperature: () => 27, controls: unit });
    unit.tell({ power: true, mode: "heat", target: 21, fan: "low" });
    expect(slave.bank.read("holding", 2, 7)).toEqual([1, 2700, 0, 2100, 1, 0, 2]);
    pdu(slave, "06 00 05 09 60");
    expect(unit.now().state).toEqual({ power: true, mode: "heat", target: 24, fan: "low" });
    pdu(slave, "06 00 02 00 00");
    expect(unit.now().state.power).toBe(false);
  });

  it("by infrared: believes what it was told, whatever the unit does", async () => {
    const clock = new FakeClock();
    const unit = looseAc(() => 27);
    const gateway = acGateway("ir", { unit: 1, roomTemperature: () => 27, controls: unit, clock });
    const { slave } = gateway;
    const all = "10 00 00 00 04 08 00 01 00 01 00 16 00 03";
    pdu(slave, all);
    expect(unit.now().state).toEqual({ power: true, mode: "heat", target: 22, fan: "high" });
    // Somebody with the remote control: the gateway cannot know.
    unit.tell({ power: false });
    expect(slave.bank.read("holding", 0, 4)).toEqual([1, 1, 22, 3]);
    // A full state again, which switches it on as well.
    await clock.advance(3000);
    pdu(slave, "06 00 02 00 17");
    expect(unit.now().state).toEqual({ power: true, mode: "heat", target: 23, fan: "high" });
    // Somebody stands in front of the eye.
    gateway.isSeen = false;
    await clock.advance(3000);
    expect(pdu(slave, "06 00 00 00 00")).toBe("06 00 00 00 00");
    expect(slave.bank.read("holding", 0, 1)).toEqual([0]);
    expect(unit.now().state.power).toBe(true);
  });

  it("number their modes each in its own way", () => {
    const code = (model: "onokom-air" | "ir", mode: AcMode) => {
      const { slave, state } = acGateway(model, { unit: 1, roomTemperature: () => 20 });
      Object.assign(state, { power: true, mode });
      return slave.bank.read("holding", model === "ir" ? 1 : 2, 1)?.[0];
    };
    const modes = ["cool", "heat", "auto", "fan", "dry"] as const;
    expect(modes.map((mode) => code("ir", mode))).toEqual([0, 1, 2, 3, 4]);
    expect(modes.map((mode) => code("onokom-air", mode))).toEqual([2, 1, 3, 5, 4]);
  });
});

it("every model says how it is delivered", () => {
  const lines = [airModels, onePhaseModels, threePhaseModels].flatMap((models) =>
    Object.values(models).map(({ line }) => line),
  );
  for (const { baud, format } of [...lines, ...Object.values(relayLines), ...Object.values(acLines)]) {
    expect(formatOf(format).dataBits).toBe(8);
    expect([2400, 4800, 9600, 19_200]).toContain(baud);
  }
});
