import { describe, expect, it } from "vitest";
import { crcOf, isSealed, sealed } from "../../../simulator/modbus/crc.ts";
import type { SlaveFault } from "../../../simulator/modbus/faults.ts";
import { rtuFrame } from "../../../simulator/modbus/rtu.ts";
import type { ModbusSlave } from "../../../simulator/modbus/slave.ts";
import { ask, bytes, hex, plainSlave, publishedAnswer, publishedAsk, publishedSensor, Rig } from "./rig.ts";

const charMs = 10_000 / 9600;

async function withFault(
  fault: SlaveFault,
): Promise<{ rig: Rig; slave: ModbusSlave; said: string; back(): void }> {
  const slave = publishedSensor();
  const rig = new Rig([slave]);
  const back = slave.faults.add(fault);
  return { rig, slave, said: await rig.exchange(publishedAsk), back };
}

describe("one answer with one fault", () => {
  it.each<[string, SlaveFault, string]>([
    ["silent", { kind: "silent" }, ""],
    ["cut short", { kind: "short", bytes: 4 }, "01 03 04 01"],
    ["cut to nothing", { kind: "short", bytes: 0 }, ""],
    ["as another unit", { kind: "wrong-unit", unit: 2 }, hex(sealed(bytes("02 03 04 01 0F 01 EF")))],
    ["with another function", { kind: "wrong-function", fc: 4 }, hex(sealed(bytes("01 04 04 01 0F 01 EF")))],
    [
      "with a byte count too large",
      { kind: "wrong-count", by: 2 },
      hex(sealed(bytes("01 03 06 01 0F 01 EF"))),
    ],
    [
      "with a byte count too small",
      { kind: "wrong-count", by: -2 },
      hex(sealed(bytes("01 03 02 01 0F 01 EF"))),
    ],
    ["the request instead", { kind: "echo" }, publishedAsk],
    ["the request in front", { kind: "echo", thenAnswer: true }, `${publishedAsk} ${publishedAnswer}`],
    ["twice", { kind: "glued" }, `${publishedAnswer} ${publishedAnswer}`],
    ["an exception nobody deserves", { kind: "lying", code: 6 }, hex(sealed(bytes("01 83 06")))],
    ["an exception of an unknown code", { kind: "lying", code: 0x7f }, hex(sealed(bytes("01 83 7F")))],
  ])("is seen on the wire: %s", async (_name, fault, expected) => {
    const { rig, said, back } = await withFault(fault);
    expect(said).toBe(expected);
    back();
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("comes late by as much as said, and the next in time", async () => {
    const { rig, said, back } = await withFault({ kind: "late", byMs: 1000 });
    expect(said).toBe("");
    back();
    await rig.clock.advance(2000);
    expect(rig.text).toBe(publishedAnswer);
    expect(rig.heard[0]?.atMs).toBeCloseTo(1000 + 5 + 8 * charMs + 3.5 * charMs + charMs, 3);
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("that comes late talks into the next question, or stands in for its answer", async () => {
    const slave = plainSlave(1);
    const rig = new Rig([slave]);
    const [first, second] = [await rig.exchange(ask(1, 0, 1)), await rig.exchange(ask(1, 1, 1))];
    /** Begins 217 ms after the question. */
    const late: SlaveFault = { kind: "late", byMs: 200, times: 1 };
    slave.faults.add(late);
    await rig.exchange(ask(1, 0, 1), 212);
    expect(isSealed(bytes(await rig.exchange(ask(1, 1, 1))))).toBe(false);
    expect(rig.line.requests.at(-1)).toMatchObject({ collided: true, early: false, unit: null });
    slave.faults.add(late);
    await rig.exchange(ask(1, 0, 1), 208);
    expect(await rig.exchange(ask(1, 1, 1))).toBe(`${first} ${second}`);
    expect(rig.line.requests.at(-1)).toMatchObject({ collided: false, early: false, unit: 1 });
  });

  it("has exactly so many bits the other way round", async () => {
    for (const flips of [1, 2, 3, 8]) {
      const { said } = await withFault({ kind: "corrupt", flips });
      const [good, bad] = [bytes(publishedAnswer), bytes(said)];
      const turned = good.reduce((sum, byte, index) => sum + ones(byte ^ (bad[index] ?? 0)), 0);
      expect([bad.length, turned, isSealed(bad)]).toEqual([9, flips, false]);
    }
  });

  it("has noise in front and behind, without a pause", async () => {
    const { said, rig } = await withFault({ kind: "noise", before: 3, after: 2 });
    expect(said.slice(9, -6)).toBe(publishedAnswer);
    expect(bytes(said).length).toBe(14);
    const gaps = rig.heard.slice(1).map(({ atMs }, index) => atMs - (rig.heard[index]?.atMs ?? 0));
    expect(Math.max(...gaps)).toBeCloseTo(charMs, 3);
  });

  it("has the answer before it glued on in front", async () => {
    const slave = plainSlave(1);
    const rig = new Rig([slave]);
    const first = await rig.exchange(ask(1, 0, 1));
    slave.faults.add({ kind: "glued", with: "previous", times: 1 });
    const both = await rig.exchange(ask(1, 5, 1));
    expect(both).toBe(`${first} ${await rig.exchange(ask(1, 5, 1))}`);
  });

  it("dribbles, with a pause after every byte", async () => {
    const { rig, said } = await withFault({ kind: "slow", gapMs: 6 });
    expect(said).toBe(publishedAnswer);
    for (const [index, { atMs }] of rig.heard.entries()) {
      expect(atMs - (rig.heard[0]?.atMs ?? 0)).toBeCloseTo(index * (6 + charMs), 3);
    }
  });

  it("never ends, at the wire's pace, until somebody stops it", async () => {
    const { rig, back } = await withFault({ kind: "endless" });
    rig.heard = [];
    await rig.clock.advance(2000);
    expect(rig.heard.length).toBeGreaterThan(2000 / charMs - 2);
    expect(rig.heard.length).toBeLessThan(2000 / charMs + 2);
    back();
    await rig.clock.advance(200);
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("that never ends is off the line when its slave or the cable is", async () => {
    for (const part of ["remove", "cut"] as const) {
      const { rig, slave } = await withFault({ kind: "endless" });
      if (part === "remove") rig.line.remove(slave);
      else rig.line.cut(1);
      rig.heard = [];
      await rig.clock.advance(500);
      expect([rig.text, rig.clock.sleeping]).toEqual(["", 0]);
    }
  });
});

describe("a slave with a fault", () => {
  it("that is mute does what it is told, one that is silent does not", async () => {
    const slave = plainSlave(1);
    const rig = new Rig([slave]);
    slave.faults.add({ kind: "mute", times: 1 });
    expect(await rig.exchange(rtuFrame(1, bytes("06 00 02 00 09")))).toBe("");
    expect(slave.bank.read("holding", 2, 1)).toEqual([9]);
    slave.faults.add({ kind: "silent", times: 1 });
    expect(await rig.exchange(rtuFrame(1, bytes("06 00 02 00 0A")))).toBe("");
    expect(slave.bank.read("holding", 2, 1)).toEqual([9]);
    slave.faults.add({ kind: "lying", code: 4, times: 1 });
    expect(await rig.exchange(rtuFrame(1, bytes("06 00 02 00 0A")))).toBe(hex(sealed(bytes("01 86 04"))));
    expect(slave.bank.read("holding", 2, 1)).toEqual([9]);
  });

  it("that reboots is silent, then answers zeros, then is well", async () => {
    const slave = publishedSensor();
    // Set before it is on a line: the time counts from when it is.
    slave.faults.add({ kind: "rebooting", silentMs: 1000, wrongMs: 1000 });
    const rig = new Rig([slave]);
    const said = [];
    for (let n = 0; n < 5; n += 1) said.push(await rig.exchange(publishedAsk, 500));
    const zeros = hex(sealed(bytes("01 03 04 00 00 00 00")));
    expect(said).toEqual(["", "", zeros, zeros, publishedAnswer]);
    expect(await rig.exchange(rtuFrame(1, bytes("03 00 09 00 01")))).toBe(hex(sealed(bytes("01 83 02"))));
  });

  it("has it for so many requests, for one function, or by chance", async () => {
    const slave = plainSlave(1);
    const rig = new Rig([slave]);
    slave.faults.add({ kind: "silent", times: 2, fc: 3 });
    const coils = rtuFrame(1, bytes("01 00 00 00 01"));
    const said = [];
    for (const request of [ask(1), coils, ask(1), ask(1)]) said.push((await rig.exchange(request)) !== "");
    expect(said).toEqual([false, true, false, true]);
    slave.faults.add({ kind: "silent", chance: 0.25 });
    let silent = 0;
    for (let n = 0; n < 400; n += 1) if ((await rig.exchange(ask(1), 60)) === "") silent += 1;
    expect(silent).toBeGreaterThan(70);
    expect(silent).toBeLessThan(130);
  });

  it("can have several, and loses them all at once", async () => {
    const { rig, slave } = await withFault({ kind: "late", byMs: 50 });
    slave.faults.add({ kind: "wrong-unit", unit: 9 });
    slave.faults.add({ kind: "short", bytes: 3 });
    expect(await rig.exchange(publishedAsk)).toBe("09 03 04");
    expect(rig.heard[0]?.atMs).toBeGreaterThan(300 + 50);
    slave.faults.clear();
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("misbehaves in the same way for the same seed", async () => {
    const said = async (seed: number) => {
      const slave = publishedSensor({ seed });
      slave.faults.add({ kind: "noise", before: 4 });
      slave.faults.add({ kind: "corrupt", flips: 5 });
      return new Rig([slave]).exchange(publishedAsk);
    };
    expect(await said(7)).toBe(await said(7));
    expect(await said(7)).not.toBe(await said(8));
  });

  it("spoils nothing of what others say", async () => {
    const [bad, good] = [plainSlave(1), plainSlave(2)];
    const rig = new Rig([bad, good]);
    const well = await rig.exchange(ask(2));
    bad.faults.add({ kind: "corrupt", flips: 3 });
    bad.faults.add({ kind: "late", byMs: 40 });
    await rig.exchange(ask(1));
    expect(await rig.exchange(ask(2))).toBe(well);
  });
});

it("the checksum is that of the specification's example", () => {
  // Modbus over Serial Line V1.02, 6.2.2: 02 07 gives 41 12 on the wire.
  expect(crcOf(bytes("02 07"))).toBe(0x1241);
});

function ones(byte: number): number {
  return byte.toString(2).replaceAll("0", "").length;
}
