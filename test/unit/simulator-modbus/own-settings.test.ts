/** Sensors and meters as they come out of the box: all with one address, at their makers' speeds, until somebody sets them. */
import { expect, it } from "vitest";
import { type AirModel, airModels, modbusAir } from "../../../simulator/devices/modbus-air.ts";
import {
  type OnePhaseModel,
  onePhaseMeter,
  threePhaseMeter,
} from "../../../simulator/devices/modbus-meters.ts";
import { relayBoard } from "../../../simulator/devices/modbus-relays.ts";
import { allAbilities, serve } from "../../../simulator/modbus/pdu.ts";
import { rtuFrame } from "../../../simulator/modbus/rtu.ts";
import type { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { ask, bytes, hex, Rig } from "./rig.ts";

const air = { temperature: 21.5, humidity: 40 };
const fresh = (model: AirModel): ModbusSlave =>
  modbusAir(model, () => air, { unit: 1, baud: airModels[model].line.baud });
const write = (unit: number, address: number, value: number) =>
  rtuFrame(unit, Uint8Array.of(6, address >> 8, address & 0xff, value >> 8, value & 0xff));
const echoOf = (frame: Uint8Array) => hex(frame);
const refused = (unit: number, fc: number, code: number) =>
  hex(rtuFrame(unit, Uint8Array.of(fc | 0x80, code)));

interface Case {
  model: AirModel;
  unit: number;
  baud: number;
  code: number;
  rate: number;
  wrong: number;
  /** Neither is so before power was off; or only the speed waits for that. */
  waits?: "both" | "baud";
}
const cases: Case[] = [
  { model: "jxct-th", unit: 0x100, baud: 0x101, code: 1, rate: 4800, wrong: 3 },
  { model: "jxct-air-board", unit: 0x100, baud: 0x101, code: 0, rate: 2400, wrong: 9600 },
  { model: "renke-ws-n01-8", unit: 0x7d0, baud: 0x7d1, code: 2, rate: 9600, wrong: 3, waits: "baud" },
  { model: "renke-ws-n01-tr", unit: 0x7d0, baud: 0x7d1, code: 2, rate: 9600, wrong: 3, waits: "baud" },
  { model: "renke-multi-500", unit: 0x7d0, baud: 0x7d1, code: 2, rate: 9600, wrong: 3, waits: "baud" },
  { model: "cwt-sl", unit: 0x7d0, baud: 0x7d1, code: 2, rate: 9600, wrong: 3, waits: "baud" },
  { model: "xy-md02", unit: 0x101, baud: 0x102, code: 19_200, rate: 19_200, wrong: 1, waits: "both" },
];

it.each(cases)("$model is given an address, which it says from the old one", async (one) => {
  const sensor = fresh(one.model);
  const rig = new Rig([sensor], { baud: sensor.baud ?? 0 });
  for (const wrong of [0, 248, 0xffff])
    expect(await rig.exchange(write(1, one.unit, wrong))).toBe(refused(1, 6, 3));
  expect(await rig.exchange(write(1, one.unit, 17))).toBe(echoOf(write(1, one.unit, 17)));
  expect(
    hex(serve(sensor.bank, bytes(`03 ${hex([one.unit >> 8, one.unit & 0xff])} 00 01`), allAbilities)),
  ).toBe("03 02 00 11");
  const [before, after] = one.waits === "both" ? [1, 17] : [17, 17];
  expect(sensor.unit).toBe(before);
  sensor.powerOff();
  expect(await rig.exchange(ask(before, one.unit, 1))).toBe("");
  sensor.powerOn();
  expect(await rig.exchange(ask(1, one.unit, 1))).toBe("");
  expect(await rig.exchange(ask(after, one.unit, 1))).toBe(hex(rtuFrame(17, bytes("03 02 00 11"))));
});

it.each(cases)("$model is given a speed, and hears no other", async (one) => {
  const sensor = fresh(one.model);
  const { baud: factory } = airModels[one.model].line;
  const rig = new Rig([sensor], { baud: factory });
  expect(await rig.exchange(write(1, one.baud, one.wrong))).toBe(refused(1, 6, 3));
  expect(await rig.exchange(write(1, one.baud, one.code))).toBe(echoOf(write(1, one.baud, one.code)));
  const hears = async (baud: number) => {
    rig.line.baud = baud;
    return (await rig.exchange(ask(1, one.baud, 1))) !== "";
  };
  const isLate = one.waits !== undefined;
  expect([await hears(factory), await hears(one.rate)]).toEqual([isLate, !isLate]);
  sensor.powerOff();
  expect([await hears(factory), await hears(one.rate)]).toEqual([false, false]);
  sensor.powerOn();
  expect([await hears(factory), await hears(one.rate)]).toEqual([false, true]);
});

it("one that answers as it is by now is heard under its new name, and at its new speed as noise", async () => {
  const sensor = fresh("md02-x100");
  const rig = new Rig([sensor]);
  expect(await rig.exchange(write(1, 0x100, 9))).toBe(hex(rtuFrame(9, bytes("06 01 00 00 09"))));
  const said = await rig.exchange(write(9, 0x101, 1));
  expect(said).not.toBe("");
  expect(said).not.toContain("06 01 01 00 01");
  expect(await rig.exchange(ask(9))).toBe("");
  rig.line.baud = 4800;
  expect(await rig.exchange(bytes(hex(rtuFrame(9, bytes("04 00 01 00 01")))))).toBe(
    hex(rtuFrame(9, bytes("04 02 08 66"))),
  );
  // Its registers are not to be read.
  expect(await rig.exchange(ask(9, 0x100, 1))).toBe(refused(9, 3, 2));
});

it("two out of the box talk at the same time; one without power is the way to set the other", async () => {
  const [one, two] = [fresh("jxct-th"), fresh("jxct-th")];
  const rig = new Rig([one, two]);
  const whole = hex(rtuFrame(1, bytes("03 02 01 90")));
  two.powerOff();
  expect(await rig.exchange(ask(1, 0, 1))).toBe(whole);
  expect(await rig.exchange(write(1, 0x100, 2))).toBe(echoOf(write(1, 0x100, 2)));
  two.powerOn();
  expect(await rig.exchange(ask(1, 0, 1))).toBe(whole);
  expect(await rig.exchange(ask(2, 0, 1))).toBe(hex(rtuFrame(2, bytes("03 02 01 90"))));
});

it("a whole line changes its pace with its master's speed", async () => {
  const sensor = fresh("jxct-th");
  const rig = new Rig([sensor]);
  const lastMs = async () => {
    const beganMs = rig.clock.monotonicMs() - rig.zeroMs;
    await rig.exchange(ask(1, 0, 1));
    return (rig.heard.at(-1)?.atMs ?? Number.NaN) - beganMs;
  };
  const fast = await lastMs();
  await rig.exchange(write(1, 0x101, 0));
  rig.line.baud = 2400;
  const slow = await lastMs();
  // 8 bytes, 3.5 characters of silence, 7 bytes, and 5 ms of thought.
  expect(fast).toBeCloseTo(18.5 * (10 / 9.6) + 5, 1);
  expect(slow).toBeCloseTo(18.5 * (10 / 2.4) + 5, 1);
  expect(rig.line.requests.filter(({ early, torn }) => early || torn)).toEqual([]);
});

it("answers under their any-address whatever their own is", async () => {
  const sensor = fresh("cwt-sl");
  const rig = new Rig([sensor], { baud: 4800 });
  await rig.exchange(write(1, 0x7d0, 33));
  // The question is a published one.
  expect(await rig.exchange("FF 03 07 D0 00 01 91 59")).toBe(hex(rtuFrame(0xff, bytes("03 02 00 21"))));
});

it("meters are set by their own functions", async () => {
  const values = { voltage: 230, current: 1, power: 200, powerFactor: 1, frequency: 50, energyImport: 0 };
  const meter = (model: OnePhaseModel, baud: number) => onePhaseMeter(model, () => values, { unit: 1, baud });
  const many = (unit: number, address: number, data: string) => {
    const cells = bytes(data);
    const head = [16, address >> 8, address & 0xff, 0, cells.length / 2];
    return {
      asked: rtuFrame(unit, Uint8Array.of(...head, cells.length, ...cells)),
      done: Uint8Array.from(head),
    };
  };
  const eastron = meter("eastron-sdm120", 2400);
  const rig = new Rig([eastron], { baud: 2400 });
  const seven = many(1, 0x14, "40 E0 00 00");
  expect(await rig.exchange(seven.asked)).toBe(hex(rtuFrame(1, seven.done)));
  expect(eastron.unit).toBe(7);
  for (const wrong of ["40 F0 00 00", "00 00 00 00", "43 78 00 00", "7F C0 00 00"])
    expect(await rig.exchange(many(7, 0x14, wrong).asked)).toBe(refused(7, 16, 3));
  await rig.exchange(many(7, 0x1c, "40 00 00 00").asked);
  expect(eastron.baud).toBe(9600);
  const hiking = meter("hiking-dds238", 9600);
  const other = new Rig([hiking]);
  const both = many(1, 21, "0C 02");
  expect(await other.exchange(both.asked)).toBe(hex(rtuFrame(1, both.done)));
  expect([hiking.unit, hiking.baud]).toEqual([12, 4800]);
  other.line.baud = 4800;
  expect(await other.exchange(many(12, 21, "0C 05").asked)).toBe(refused(12, 16, 3));
  expect(await other.exchange(write(12, 21, 0x0d02))).toBe(refused(12, 6, 1));
  const pzem = meter("pzem-016", 9600);
  const third = new Rig([pzem]);
  expect(await third.exchange(write(1, 2, 5))).toBe(echoOf(write(1, 2, 5)));
  expect(await third.exchange(ask(0xf8, 2, 1))).toBe(hex(rtuFrame(0xf8, bytes("03 02 00 05"))));
  const three = threePhaseMeter(
    "eastron-sdm630",
    () => ({ ...values, voltage: [1, 2, 3], current: [1, 2, 3], power: [1, 2, 3] }),
    { unit: 1, baud: 9600 },
  );
  await new Rig([three]).exchange(many(1, 0x1c, "40 40 00 00").asked);
  expect(three.baud).toBe(19_200);
});

it("a relay board is set as well, and one with switches is not", async () => {
  const { slave } = relayBoard("waveshare-8", { unit: 1, baud: 9600 });
  const rig = new Rig([slave]);
  await rig.exchange(write(1, 0x4000, 3));
  await rig.exchange(write(3, 0x2000, 0));
  expect([slave.unit, slave.baud]).toEqual([3, 4800]);
  const { slave: fixed } = relayBoard("r421a08", { unit: 1, baud: 9600 });
  expect(await new Rig([fixed]).exchange(write(1, 0x4000, 3))).toBe(refused(1, 6, 2));
});
