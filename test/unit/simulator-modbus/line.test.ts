import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimulatedLine } from "../../../simulator/links/line.ts";
import { isSealed } from "../../../simulator/modbus/crc.ts";
import { rtuFrame } from "../../../simulator/modbus/rtu.ts";
import { FakeClock } from "../../fake-clock.ts";
import { ask, bytes, hex, plainSlave, publishedAnswer, publishedAsk, publishedSensor, Rig } from "./rig.ts";

const charMs = 10_000 / 9600;
const silenceMs = 3.5 * charMs;
/** From the first bit of an 8-byte request to the first bit of the answer of a slave with 5 ms of turnaround. */
const untilAnswerMs = 8 * charMs + silenceMs + 5;

describe("a line's pace", () => {
  it("hands every byte over at the moment in which its stop bit is over", async () => {
    const rig = new Rig([publishedSensor()]);
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
    for (const [index, { atMs }] of rig.heard.entries()) {
      expect(atMs).toBeCloseTo(untilAnswerMs + (index + 1) * charMs, 3);
    }
  });

  it.each([
    [4800, "8N2", 11, 3.5 * (11_000 / 4800)],
    [19_200, "8E1", 11, 3.5 * (11_000 / 19_200)],
    [115_200, "8N1", 10, 1.75],
  ])("is that of %d baud %s", async (baud, format, bits, silence) => {
    const rig = new Rig([publishedSensor({ turnaroundMs: 0 })], { baud, format });
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
    expect(rig.heard.at(-1)?.atMs).toBeCloseTo((17 * bits * 1000) / baud + silence, 3);
  });

  it("gathers bytes for a few ms, and hands over the last one at its own time", async () => {
    const clock = new FakeClock();
    const line = new SimulatedLine({ baud: 9600, handOverMs: 4, clock, slaves: [publishedSensor()] });
    const calls: { size: number; atMs: number }[] = [];
    const port = line.attach((part) => calls.push({ size: part.length, atMs: clock.monotonicMs() }));
    const zeroMs = clock.monotonicMs();
    port.send(bytes(publishedAsk));
    await clock.advance(100);
    expect(calls.map(({ size }) => size)).toEqual([4, 4, 1]);
    expect((calls.at(-1)?.atMs ?? 0) - zeroMs).toBeCloseTo(untilAnswerMs + 9 * charMs, 3);
    expect(clock.sleeping).toBe(0);
  });

  it("is the wire's own, however late the program wakes", async () => {
    const rig = new Rig([publishedSensor()]);
    rig.send(publishedAsk);
    await rig.clock.jump(500);
    expect(rig.text).toBe(publishedAnswer);
    expect(rig.line.requests[0]?.endMs).toBeCloseTo(rig.zeroMs + 8 * charMs, 3);
    rig.send(publishedAsk);
    // The silence is counted from when the answer was over on the wire, not from when it was noticed.
    await rig.clock.jump(500);
    expect(rig.line.requests[1]?.silenceMs).toBeCloseTo(500 - untilAnswerMs - 9 * charMs, 3);
  });

  it("takes what a program writes byte by byte, and loses what finds no room", async () => {
    const rig = new Rig([]);
    rig.send(new Uint8Array(4000), new Uint8Array(200));
    expect(rig.line.counts.overrun).toBe(104);
    await rig.clock.advance(4096 * charMs + 10);
    expect(rig.line.counts).toMatchObject({ requests: 1, badCrc: 1 });
    expect(rig.line.counts.busyMs).toBeCloseTo(4096 * charMs, 3);
    expect(rig.line.requests[0]?.bytes.length).toBe(4096);
  });
});

describe("the record of requests", () => {
  it("knows who came before 3.5 characters of silence, to the microsecond", async () => {
    const gap = fc.double({ min: 0, max: 2 * silenceMs, noNaN: true });
    await fc.assert(
      fc.asyncProperty(gap, async (gapMs) => {
        const rig = new Rig([publishedSensor()]);
        await rig.exchange(publishedAsk, untilAnswerMs + 9 * charMs + gapMs);
        await rig.exchange(publishedAsk);
        const second = rig.line.requests[1];
        expect(second?.silenceMs).toBeCloseTo(gapMs, 3);
        if (Math.abs(gapMs - silenceMs) > 1e-3) expect(second?.early).toBe(gapMs < silenceMs);
        expect(rig.line.counts.early).toBe(second?.early === true ? 1 : 0);
        expect(rig.text).toBe(publishedAnswer);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [9600, silenceMs],
    [19_200, 3.5 * (10_000 / 19_200)],
    [38_400, 1.75],
  ])("calls exactly the silence at %d baud enough", async (baud, silence) => {
    const rig = new Rig([publishedSensor({ turnaroundMs: 0 })], { baud });
    const exchangeMs = (17 * 10_000) / baud + silence;
    await rig.exchange(publishedAsk, exchangeMs + silence);
    await rig.exchange(publishedAsk, exchangeMs + silence - 0.01);
    await rig.exchange(publishedAsk);
    expect(rig.line.requests.map(({ early }) => early)).toEqual([false, false, true]);
  });

  it("counts requests that came without silence between, which no slave can tell apart", async () => {
    const rig = new Rig([publishedSensor()]);
    const write = rtuFrame(1, bytes("10 00 00 00 01 02 00 05"));
    rig.send(write, publishedAsk);
    await rig.clock.advance(19 * charMs + 2);
    expect(await rig.exchange(publishedAsk)).toBe("");
    const seen = rig.line.requests.map(({ early, torn, unit, fc: code }) => [early, torn, unit, code]);
    expect(seen).toEqual([
      [false, false, 1, 16],
      [true, false, 1, 3],
      [true, false, 1, 3],
    ]);
    expect(rig.line.requests[2]?.silenceMs).toBeCloseTo(2, 3);
    expect(rig.line.counts).toMatchObject({ requests: 3, early: 2, badCrc: 0 });
    expect(await rig.exchange(publishedAsk)).toBe(publishedAnswer);
  });

  it("counts one that runs into an answer", async () => {
    const rig = new Rig([publishedSensor()]);
    await rig.exchange(publishedAsk, untilAnswerMs + 2.5 * charMs);
    rig.send(ask(9));
    await rig.clock.advance(100);
    expect(rig.line.requests.map(({ early, collided, unit }) => [early, collided, unit])).toEqual([
      [false, false, 1],
      [true, true, null],
    ]);
    expect(isSealed(bytes(rig.text))).toBe(false);
  });

  it("tells pauses inside a request from one at its end", async () => {
    const rig = new Rig([publishedSensor()]);
    const request = bytes(publishedAsk);
    for (const pause of [1.4, 1.6]) {
      rig.send(request.slice(0, 4));
      await rig.clock.advance(4 * charMs + pause * charMs);
      expect(await rig.exchange(request.slice(4))).toBe(publishedAnswer);
    }
    rig.send(request.slice(0, 4));
    await rig.clock.advance(4 * charMs + 3.6 * charMs);
    expect(await rig.exchange(request.slice(4))).toBe("");
    expect(rig.line.requests.map(({ torn, unit }) => [torn, unit])).toEqual([
      [false, 1],
      [true, 1],
      [false, null],
      [false, null],
    ]);
  });

  it("keeps the latest, counts all, and forgets when told", async () => {
    const rig = new Rig([plainSlave(1)], { maxRequests: 3 });
    for (let address = 0; address < 5; address += 1) await rig.exchange(ask(1, address, 1), 100);
    expect(rig.line.requests.map((one) => one.bytes[3])).toEqual([2, 3, 4]);
    expect(rig.line.counts).toMatchObject({ requests: 5, early: 0, heard: 5 * 7 });
    expect(rig.line.counts.busyMs).toBeCloseTo(5 * 15 * charMs, 3);
    rig.line.forget();
    expect([rig.line.requests, rig.line.counts.requests, rig.line.counts.busyMs]).toEqual([[], 0, 0]);
  });

  it("can be waited for", async () => {
    const rig = new Rig([plainSlave(1)]);
    const two = rig.line.until(({ counts }) => counts.requests === 2);
    await rig.exchange(ask(1), 100);
    await rig.exchange(ask(1), 100);
    await two;
    const never = rig.line.until(() => false);
    rig.line.close();
    await expect(never).rejects.toThrow("closed");
  });
});

describe("slaves on a line", () => {
  it("answer for themselves only", async () => {
    const rig = new Rig([plainSlave(1), plainSlave(2), plainSlave(247)]);
    for (const unit of [1, 2, 247]) {
      const words = [unit * 1000, unit * 1000 + 1].flatMap((word) => [(word >>> 8) & 0xff, word & 0xff]);
      expect(await rig.exchange(ask(unit))).toBe(hex(rtuFrame(unit, Uint8Array.of(3, 4, ...words))));
    }
    expect(await rig.exchange(ask(3))).toBe("");
  });

  it("keep silent about frames that are not whole", async () => {
    const rig = new Rig([plainSlave(1)]);
    const request = ask(1);
    for (let index = 0; index < request.length; index += 1) {
      const wrong = Uint8Array.from(request);
      wrong[index] = (wrong[index] ?? 0) ^ 0x10;
      expect(await rig.exchange(wrong)).toBe("");
    }
    for (const size of [1, 2, 3, 7]) expect(await rig.exchange(request.slice(0, size))).toBe("");
    // A zero byte behind a sealed frame leaves it sealed: no checksum shows that it is too long.
    expect(await rig.exchange(Uint8Array.of(...request, 0))).toBe("01 83 03 01 31");
    expect(await rig.exchange(Uint8Array.of(...request, 0x55))).toBe("");
    expect(await rig.exchange(Uint8Array.of(...request, ...request))).toBe("");
    expect(rig.line.slaves[0]?.heard).toBe(1);
    expect(await rig.exchange(request)).not.toBe("");
  });

  it("all do what is broadcast and none answers", async () => {
    const slaves = [plainSlave(1), plainSlave(2)];
    const rig = new Rig(slaves);
    expect(await rig.exchange(rtuFrame(0, bytes("06 00 03 01 02")))).toBe("");
    expect(await rig.exchange(ask(0))).toBe("");
    expect(slaves.map(({ bank, heard }) => [bank.read("holding", 3, 1), heard])).toEqual([
      [[0x102], 2],
      [[0x102], 2],
    ]);
  });

  it("that are strict do not hear a request that came early", async () => {
    const rig = new Rig([publishedSensor()], { strict: true });
    const exchangeMs = untilAnswerMs + 9 * charMs;
    expect(await rig.exchange(publishedAsk, exchangeMs + silenceMs - 0.5)).toBe(publishedAnswer);
    expect(await rig.exchange(publishedAsk, 100)).toBe("");
    expect(await rig.exchange(publishedAsk, 100)).toBe(publishedAnswer);
    expect(rig.line.counts).toMatchObject({ requests: 3, early: 1 });
  });

  it("that are strict do not hear one with a pause inside, or that somebody talks behind at once", async () => {
    const request = bytes(publishedAsk);
    for (const strict of [true, false]) {
      const expected = strict ? "" : publishedAnswer;
      const rig = new Rig([publishedSensor()], { strict });
      rig.send(request.slice(0, 4));
      await rig.clock.advance(5.6 * charMs);
      expect(await rig.exchange(request.slice(4))).toBe(expected);
      rig.send(request);
      await rig.clock.advance(10 * charMs);
      rig.line.noise(bytes("00"));
      await rig.clock.advance(300);
      expect(rig.text.endsWith(`00${strict ? "" : ` ${publishedAnswer}`}`)).toBe(true);
    }
  });

  it("at one address talk at the same time, and nobody understands either", async () => {
    const pair = [plainSlave(1), plainSlave(1, { turnaroundMs: 5.3 })];
    const rig = new Rig(pair);
    const answer = bytes(await rig.exchange(ask(1)));
    expect(pair.map(({ heard }) => heard)).toEqual([1, 1]);
    expect(isSealed(answer)).toBe(false);
    // Two answers of 9 characters, the second 0.3 ms behind: one garbled character is heard of each two.
    expect(answer.length).toBe(9);
    rig.line.remove(pair[1] ?? plainSlave(1));
    expect(isSealed(bytes(await rig.exchange(ask(1))))).toBe(true);
  });

  it("behind a cable that is out are not heard, from the very byte, until it is back", async () => {
    const rig = new Rig([plainSlave(1), plainSlave(2), plainSlave(3)]);
    rig.send(ask(3));
    await rig.clock.advance(untilAnswerMs + 4 * charMs);
    rig.line.cut(2);
    await rig.clock.advance(100);
    expect(rig.text).toBe("03 03 04 0B");
    expect(await rig.exchange(ask(1))).not.toBe("");
    expect([await rig.exchange(ask(2)), await rig.exchange(ask(3))]).toEqual(["", ""]);
    rig.line.mend();
    expect(isSealed(bytes(await rig.exchange(ask(3))))).toBe(true);
  });
});

it("a line that is closed says and hears nothing", async () => {
  const rig = new Rig([publishedSensor()]);
  rig.send(publishedAsk);
  rig.line.close();
  expect(rig.clock.sleeping).toBe(0);
  await rig.clock.advance(100);
  rig.send(publishedAsk);
  await rig.clock.advance(100);
  expect([rig.text, rig.clock.sleeping]).toEqual(["", 0]);
});
