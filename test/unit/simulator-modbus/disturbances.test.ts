import { describe, expect, it } from "vitest";
import { isSealed } from "../../../simulator/modbus/crc.ts";
import { ask, bytes, plainSlave, publishedAnswer, publishedAsk, publishedSensor, Rig } from "./rig.ts";

const charMs = 10_000 / 9600;
/** From the first bit of an 8-byte request to the first bit of the answer of a slave with 5 ms of turnaround. */
const untilAnswerMs = 8 * charMs + 3.5 * charMs + 5;

describe("others on the wire", () => {
  it("a second master is heard with what is answered to it, and waits until nobody talks", async () => {
    const rig = new Rig([plainSlave(1), plainSlave(2)]);
    const foreign = { unit: 2, pdu: bytes("03 00 00 00 01"), everyMs: 200 };
    rig.send(ask(1));
    const stop = rig.line.secondMaster(foreign);
    await rig.clock.advance(150);
    const [first, second, third] = [
      bytes(rig.text.slice(0, 26)),
      bytes(rig.text.slice(27, 50)),
      bytes(rig.text.slice(51)),
    ];
    expect([first, second, third].map((frame) => [frame[0], frame.length, isSealed(frame)])).toEqual([
      [1, 9, true],
      [2, 8, true],
      [2, 7, true],
    ]);
    expect(rig.line.requests.map(({ by, early }) => [by, early])).toEqual([
      ["master", false],
      ["second", false],
    ]);
    await rig.clock.advance(400);
    expect(rig.line.counts).toMatchObject({ requests: 1, foreign: 3 });
    stop();
    await rig.clock.advance(1000);
    expect(rig.line.counts.foreign).toBe(3);
  });

  it("an impolite one talks into answers", async () => {
    const rig = new Rig([plainSlave(1)]);
    rig.send(ask(1));
    await rig.clock.advance(untilAnswerMs + 3.3 * charMs);
    const stop = rig.line.secondMaster({
      unit: 9,
      pdu: bytes("03 00 00 00 01"),
      everyMs: 1e6,
      quietMs: 0,
    });
    await rig.clock.advance(100);
    stop();
    expect(rig.text.slice(0, 8)).toBe("01 03 04");
    expect(isSealed(bytes(rig.text))).toBe(false);
    expect(rig.line.requests[1]).toMatchObject({ by: "second", collided: true });
    expect(rig.line.counts.collided).toBe(0);
  });

  it("noise arrives as it is, and spoils what it falls on", async () => {
    const rig = new Rig([publishedSensor()]);
    rig.line.noise(bytes("00 FF 55"));
    await rig.clock.advance(50);
    expect(rig.text).toBe("00 FF 55");
    rig.send(publishedAsk);
    await rig.clock.advance(3.5 * charMs);
    rig.line.noise(1);
    await rig.clock.advance(300);
    expect(rig.line.requests[0]).toMatchObject({ collided: true, unit: null });
    rig.heard = [];
    rig.send(publishedAsk);
    await rig.clock.advance(untilAnswerMs + 5.5 * charMs);
    rig.line.noise(1);
    await rig.clock.advance(300);
    expect(rig.text).not.toBe(publishedAnswer);
  });

  it("an adapter that hears itself gives the request back first, byte by byte", async () => {
    const rig = new Rig([publishedSensor()]);
    rig.line.echo = true;
    expect(await rig.exchange(publishedAsk)).toBe(`${publishedAsk} ${publishedAnswer}`);
    expect(rig.heard[0]?.atMs).toBeCloseTo(charMs, 3);
    rig.line.echo = false;
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("other settings than the line's make garbage of both ways, or of the answers", async () => {
    const slave = publishedSensor();
    const rig = new Rig([slave], { seed: 3 });
    rig.line.mismatch = { baud: 4800, format: "8N1" };
    expect(await rig.exchange(publishedAsk)).toBe("");
    expect([slave.heard, rig.line.counts.requests]).toEqual([0, 1]);
    for (const [baud, format] of [
      [4800, "8N1"],
      [19_200, "8N1"],
      [9600, "8E1"],
    ] as const) {
      rig.line.mismatch = { baud, format, ways: "answers" };
      const garbage = bytes(await rig.exchange(publishedAsk));
      expect(garbage.length, `${baud} ${format}`).toBeGreaterThan(0);
      expect(isSealed(garbage), `${baud} ${format}`).toBe(false);
    }
    rig.line.mismatch = null;
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("are by chance the same for the same seed", async () => {
    const heard = async (seed: number) => {
      const rig = new Rig([plainSlave(1), plainSlave(1, { turnaroundMs: 5.3 })], { seed });
      rig.line.noise(20);
      return rig.exchange(ask(1));
    };
    expect(await heard(1)).toBe(await heard(1));
    expect(await heard(1)).not.toBe(await heard(2));
  });
});
