import { describe, expect, it } from "vitest";
import { type AcState, looseAc } from "../../../simulator/devices/ac-unit.ts";
import { zhongHong } from "../../../simulator/devices/zhonghong.ts";
import { SerialLine } from "../../../simulator/links/serial-line.ts";
import { Instrument } from "../../../simulator/talk/instrument.ts";
import { FakeClock } from "../../fake-clock.ts";
import { bytes, hex } from "../simulator-modbus/rig.ts";

/** Bytes with the low byte of their sum behind them. */
const sealed = (text: string) => {
  const sum = [...bytes(text)].reduce((total, byte) => total + byte, 0) & 0xff;
  return `${text} ${sum.toString(16).toUpperCase().padStart(2, "0")}`;
};

function gateway() {
  const clock = new FakeClock();
  const error = { now: 0 };
  const mains = { on: true };
  const [first, second] = [looseAc(() => 27.4), looseAc(() => 12.6)];
  const third = looseAc();
  const device = new Instrument(
    zhongHong({
      clock,
      units: [
        { outdoor: 1, indoor: 1, unit: first },
        { outdoor: 1, indoor: 2, unit: second, error: () => error.now },
        { outdoor: 2, indoor: 1, unit: { ...third, now: () => ({ ...third.now(), powered: mains.on }) } },
      ],
    }),
  );
  const conversation = device.converse("tcp");
  const ask = (text: string) =>
    hex(
      Buffer.concat(
        [...bytes(text)]
          .flatMap((byte) => conversation.hear(byte, clock.monotonicMs()))
          .map((each) => each.bytes),
      ),
    );
  const state = (unit: typeof first): AcState => unit.now().state;
  return { clock, error, mains, device, first, second, third, ask, state };
}

const recordOff = "00 1A 01 02 1B 00 00 00";

describe("the gateway of a central air conditioning", () => {
  it("tells which units there are, and the state of one, several and all", () => {
    const { ask } = gateway();
    expect(ask("01 50 02 FF FF FF 50")).toBe(sealed("01 50 02 03 01 01 01 01 02 01 02 01 01"));
    expect(ask(sealed("01 50 01 01 01 01"))).toBe(sealed(`01 50 01 01 01 01 ${recordOff}`));
    expect(ask(sealed("01 50 0F 02 01 02 02 01"))).toBe(
      sealed("01 50 0F 02 01 02 00 1A 01 02 0D 00 00 00 02 01 00 1A 01 02 1A 00 00 00"),
    );
    expect(ask("01 50 FF FF FF FF 4D")).toMatch(/^01 50 FF 03 01 01 00 1A/);
  });

  it("obeys power, temperature, mode and fan, and says them back", () => {
    const { ask, first, second, state } = gateway();
    for (const order of ["01 31 01 01 01 01", "01 32 18 01 01 01", "01 33 08 01 01 01", "01 34 04 01 01 01"])
      expect(ask(sealed(order))).toBe(sealed(order));
    expect(state(first)).toEqual({ power: true, mode: "heat", target: 24, fan: "low" });
    expect(ask(sealed("01 50 01 01 01 01"))).toBe(sealed("01 50 01 01 01 01 01 18 08 04 1B 00 00 00"));
    expect(state(second).power).toBe(false);
    expect(ask(sealed("01 31 01 02 01 02 02 01"))).toBe(sealed("01 31 01 02 01 02 02 01"));
    expect(state(second).power).toBe(true);
  });

  it("says 0 for mode and fan right after a unit was switched off, by whomever", async () => {
    const { ask, clock, first } = gateway();
    ask(sealed("01 31 01 01 01 01"));
    ask(sealed("01 31 00 01 01 01"));
    expect(ask(sealed("01 50 01 01 01 01"))).toBe(sealed("01 50 01 01 01 01 00 1A 00 00 1B 00 00 00"));
    await clock.advance(2999);
    expect(ask(sealed("01 50 01 01 01 01"))).toContain("00 1A 00 00");
    await clock.advance(1);
    expect(ask(sealed("01 50 01 01 01 01"))).toBe(sealed(`01 50 01 01 01 01 ${recordOff}`));
    first.tell({ power: true });
    ask(sealed("01 50 01 01 01 01"));
    first.tell({ power: false });
    expect(ask(sealed("01 50 01 01 01 01"))).toContain("00 1A 00 00");
  });

  it("does not answer what it does not know, cannot, or heard with a wrong checksum, and hears the next", () => {
    const { ask, first, state } = gateway();
    for (const order of [
      sealed("01 50 01 01 09 09"),
      sealed("01 32 0F 01 01 01"),
      sealed("01 32 1F 01 01 01"),
      sealed("01 33 03 01 01 01"),
      sealed("01 34 09 01 01 01"),
      sealed("02 50 01 01 01 01"),
      "01 31 01 01 01 01 99",
    ])
      expect(ask(order)).toBe("");
    expect(state(first)).toEqual({ power: false, mode: "cool", target: 26, fan: "auto" });
    expect(ask("FF 00 77")).toBe("");
    expect(ask(sealed("01 50 01 01 01 01"))).toMatch(/^01 50 01 01/);
  });

  it("forgets half a frame when nothing comes for a while", async () => {
    const { ask, clock } = gateway();
    expect(ask("01 50 0F 05 01 01")).toBe("");
    await clock.advance(501);
    expect(ask(sealed("01 50 01 01 01 01"))).toMatch(/^01 50 01 01/);
  });

  it("tells of a unit's error, and leaves one without mains out of the states", () => {
    const { ask, error, mains } = gateway();
    error.now = 7;
    mains.on = false;
    expect(ask(sealed("01 50 FF FF FF FF"))).toBe(
      sealed(`01 50 FF 02 01 01 ${recordOff} 01 02 00 1A 01 02 0D 07 00 00`),
    );
    expect(ask(sealed("01 50 02 FF FF FF"))).toMatch(/02 01 00 ..$/);
    expect(ask(sealed("01 50 01 01 02 01"))).toBe("");
    expect(ask(sealed("01 31 01 01 02 01"))).toBe("");
  });

  it("has the faults of its kind", () => {
    const { ask, device, first, state } = gateway();
    const question = sealed("01 50 01 01 01 01");
    const good = ask(question);
    device.faults.add({ kind: "bad-checksum", times: 1 });
    const bad = ask(question);
    expect([bad === good, bad.slice(0, -2)]).toEqual([false, good.slice(0, -2)]);
    device.faults.add({ kind: "wrong-id", id: 9, times: 1 });
    expect(ask(question)).toBe(sealed(`01 50 01 01 01 09 ${recordOff}`));
    device.faults.add({ kind: "disobedient", times: 1 });
    expect(ask(sealed("01 31 01 01 01 01"))).toBe(sealed("01 31 01 01 01 01"));
    expect(state(first).power).toBe(false);
    device.faults.add({ kind: "mute", times: 1 });
    expect(ask(sealed("01 31 01 01 01 01"))).toBe("");
    expect(state(first).power).toBe(true);
    device.faults.add({ kind: "nak", times: 1 });
    expect(ask(sealed("01 31 00 01 01 01"))).toBe("");
    expect(state(first).power).toBe(true);
  });

  it("is the same on a pair of wires", async () => {
    const { clock, device } = gateway();
    const line = new SerialLine({ baud: 9600, duplex: "half", clock, devices: [device] });
    const heard: number[] = [];
    const port = line.attach((part) => void heard.push(...part));
    port.send(bytes(sealed("01 50 01 01 01 01")));
    await clock.advance(200);
    expect(hex(heard)).toBe(sealed(`01 50 01 01 01 01 ${recordOff}`));
    line.close();
  });
});
