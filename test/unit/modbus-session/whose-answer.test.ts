import { describe, expect, it } from "vitest";
import { withCrc16 } from "../../../drivers/codec/crc16.ts";
import type { Pace } from "../../../drivers/line/pace.ts";
import type { Outcome } from "../../../drivers/modbus/outcome.ts";
import type { Read } from "../../../drivers/modbus/pdu.ts";
import { RtuTransport } from "../../../drivers/modbus/rtu-transport.ts";
import { Wire } from "../line/wire.ts";
import { answerOf, dataOf, good, type Reaction, slaves, type Taken } from "./slaves.ts";

const never = new AbortController().signal;
const needs = { answerMs: 100, pauseMs: 0 };
const pace: Pace = { baud: 9600, format: "8N1" };
const silent = { fault: "modbus.silent" };

const read = (address: number, count: number, code: Read["fc"] = 3): Read => ({
  kind: "read",
  fc: code,
  address,
  count,
});
const right = (unit: number, { fc: code, address, count }: Read) => ({
  data: dataOf({ unit, fc: code, address, count }),
});
const plain = (outcome: Outcome) => ("data" in outcome ? { data: [...outcome.data] } : outcome);
const requestOf = (unit: number, { fc: code, address, count }: Read): Uint8Array =>
  withCrc16(Uint8Array.of(unit, code, address >>> 8, address & 0xff, count >>> 8, count & 0xff));

/** A line that was taken over just now. */
function taken(way: "port" | "network" = "port", wire = new Wire()) {
  const line = wire.line();
  const transport = new RtuTransport(line, wire.clock, pace, way);
  const ask = async (unit: number, request: Read, answerMs = needs.answerMs) =>
    plain(await wire.passing(transport.ask(unit, request, { ...needs, answerMs }, never)));
  return { wire, line, transport, ask };
}

/** A line on which nobody owes anything. */
async function opened(way: "port" | "network" = "port") {
  const world = taken(way);
  await world.wire.clock.advance(31_000);
  return world;
}

describe("what was asked before the line was taken over", () => {
  it("is never the answer, whenever it comes", async () => {
    for (let ms = 5; ms < 200; ms += 5) {
      const { wire, ask } = taken();
      const begin = wire.clock.monotonicMs();
      // The device answers in order.
      slaves(wire, (asked) => ({
        ms: Math.max(60, ms + 5 - wire.clock.monotonicMs() + begin),
        bytes: answerOf(asked),
      }));
      wire.say(answerOf({ unit: 1, fc: 3, address: 70, count: 10 }), ms);
      for (let time = 0; time < 3; time++) {
        const outcome = await ask(1, read(0, 10));
        if ("data" in outcome) expect(outcome, `after ${ms} ms`).toEqual(right(1, read(0, 10)));
      }
      expect(await ask(1, read(0, 10))).toEqual(right(1, read(0, 10)));
    }
  });

  it("costs one short request of each device", async () => {
    const { wire, ask } = taken();
    const { requests } = slaves(wire, good(20));
    for (let time = 0; time < 3; time++)
      for (const unit of [1, 2]) expect(await ask(unit, read(0, 10))).toEqual(right(unit, read(0, 10)));
    expect(requests).toHaveLength(2 + 6);
  });

  it("is no longer owed by a device with one register, which refuses two", async () => {
    const { wire, ask } = taken();
    slaves(wire, (asked) => ({
      ms: 20,
      bytes: asked.count > 1 ? [...withCrc16(Uint8Array.of(asked.unit, 0x83, 2))] : answerOf(asked),
    }));
    expect(await ask(1, read(9, 1))).toEqual(right(1, read(9, 1)));
  });
});

it("a device that refuses everything is told to refuse, from the first turn on", async () => {
  const { wire, ask } = taken();
  slaves(wire, ({ unit }) => ({ ms: 20, bytes: [...withCrc16(Uint8Array.of(unit, 0x83, 1))] }));
  for (let time = 0; time < 4; time++)
    expect(await ask(1, read(0, 4))).toEqual({ refusal: "modbus.illegal-function" });
});

describe("an answer that may have been under way", () => {
  it("is owed for its whole time from the moment it is known to have left", async () => {
    const { wire, ask } = await opened("network");
    // The first request lies in the connection for 40 s; its answer comes 20 s after it got through.
    slaves(wire, (asked, nth) => (nth === 0 ? null : { ms: 20, bytes: answerOf(asked) }));
    expect(await ask(1, read(0, 2))).toEqual(silent);
    await wire.clock.advance(40_000);
    expect(await ask(2, read(0, 2))).toEqual(right(2, read(0, 2)));
    await wire.clock.advance(20_000);
    wire.onSent = () => wire.say(answerOf({ unit: 1, fc: 3, address: 0, count: 2 }), 20);
    expect(await ask(1, read(50, 2))).not.toHaveProperty("data");
  });
});

describe("another master on the line", () => {
  it("is heard when it asks between two of our turns, and its answer is never ours", async () => {
    for (const gapMs of [0, 1, 2, 5, 9, 15, 30]) {
      const { wire, ask } = await opened();
      slaves(wire, good(45));
      expect(await ask(1, read(0, 2))).toEqual(right(1, read(0, 2)));
      await wire.clock.advance(50);
      // Its request, and 40 ms later the answer, while we ask.
      wire.say(requestOf(1, read(90, 2)));
      wire.say(answerOf({ unit: 1, fc: 3, address: 90, count: 2 }), 40);
      await wire.clock.advance(gapMs);
      const outcomes = [await ask(1, read(0, 2)), await ask(1, read(0, 2))];
      for (const outcome of outcomes)
        if ("data" in outcome) expect(outcome, `${gapMs} ms`).toEqual(right(1, read(0, 2)));
      expect(outcomes, `${gapMs} ms`).toContainEqual({ fault: "modbus.second-master" });
    }
  });

  it("is heard though its request comes in two pieces", async () => {
    const { wire, ask } = await opened();
    slaves(wire, good(20));
    const request = requestOf(7, read(3, 4));
    wire.say(request.subarray(0, 5));
    await wire.clock.advance(1);
    await ask(1, read(0, 2));
    wire.say(request.subarray(5));
    await wire.clock.advance(1);
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.second-master" });
    expect(await ask(1, read(0, 2))).toEqual(right(1, read(0, 2)));
  });

  it("does not take every turn away", async () => {
    const { wire, ask } = await opened();
    slaves(wire, good(20));
    let values = 0;
    for (let time = 0; time < 100; time++) {
      wire.say(requestOf(7, read(3, 4)));
      wire.say(answerOf({ unit: 7, fc: 3, address: 3, count: 4 }), 20);
      await wire.clock.advance(60);
      if ("data" in (await ask(1, read(0, 2)))) values += 1;
    }
    expect(values).toBeGreaterThan(90);
    expect(values).toBeLessThan(100);
  });

  it("may ask just what we are about to ask", async () => {
    const { wire, ask } = await opened();
    slaves(wire, good(20));
    expect(await ask(1, read(0, 2))).toEqual(right(1, read(0, 2)));
    wire.say(requestOf(1, read(0, 2)));
    await wire.clock.advance(5);
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.second-master" });
  });

  it("may ask the same at the same time, on a line that gives nothing back", async () => {
    const { wire, ask } = await opened();
    const answer = answerOf({ unit: 1, fc: 3, address: 0, count: 2 });
    slaves(wire, good(40));
    expect(await ask(1, read(0, 2))).toEqual(right(1, read(0, 2)));
    wire.onSent = (bytes) => {
      wire.say(bytes, 1);
      wire.say(answer, 40);
      wire.say(answer, 150);
    };
    expect(await ask(1, read(0, 2))).toEqual({ fault: "modbus.second-master" });
    slaves(wire, good(40));
    // The second answer comes meanwhile.
    const outcome = await ask(1, read(70, 2));
    if ("data" in outcome) expect(outcome).toEqual(right(1, read(70, 2)));
  });

  it("is not our own request that an adapter gives back after we let go of it", async () => {
    const { wire, transport, ask } = await opened();
    const abort = new AbortController();
    const cut = transport.ask(1, read(0, 2), needs, abort.signal).catch(() => {});
    while (wire.sent.length === 0) await wire.clock.advance(1);
    abort.abort(new Error("given up"));
    await cut;
    wire.say(requestOf(1, read(0, 2)));
    await wire.clock.advance(150);
    slaves(wire, good(20));
    expect(await ask(1, read(0, 2))).toEqual(right(1, read(0, 2)));
  });
});

describe("two devices with one unit", () => {
  /** The other one answers as well, a moment after the first. */
  const both = (wire: Wire, behindMs: number, other = 9) => {
    let isAlone = false;
    wire.onSent = (bytes) => {
      const [unit = 0, fc = 0, , address = 0, , count = 0] = bytes;
      const asked: Taken = { unit, fc, address, count };
      wire.say(answerOf(asked), 20);
      if (isAlone || unit !== 1) return;
      const [, ...rest] = answerOf({ ...asked, address: address + other });
      wire.say([...withCrc16(Uint8Array.of(unit, ...rest.slice(0, -2)))], 20 + behindMs);
    };
    return {
      part: () => {
        isAlone = true;
      },
    };
  };

  it("are found with the first second answer, and no value is given until one of them is gone", async () => {
    for (const behindMs of [15, 30, 60, 90]) {
      const { wire, ask } = taken();
      const { part } = both(wire, behindMs);
      const seen: unknown[] = [];
      for (let time = 0; time < 8; time++) {
        seen.push(await ask(1, read(0, 4)));
        expect(await ask(2, read(0, 4)), "the others").toEqual(right(2, read(0, 4)));
        await wire.clock.advance(300);
      }
      // The second answer to the first request may come after the first value.
      expect(seen.slice(1), `${behindMs} ms`).toEqual(Array(7).fill({ fault: "modbus.twice" }));
      part();
      // What comes alone again is believed after a few times.
      const after: unknown[] = [];
      for (let time = 0; time < 5; time++) after.push(await ask(1, read(0, 4)));
      expect(after.slice(0, 2)).toEqual(Array(2).fill({ fault: "modbus.twice" }));
      expect(after[4]).toEqual(right(1, read(0, 4)));
    }
  });

  it("are not believed because they are asked seldom", async () => {
    const { wire, ask } = taken();
    both(wire, 30);
    const seen: unknown[] = [];
    for (let time = 0; time < 6; time++) {
      seen.push(await ask(1, read(0, 4)));
      await wire.clock.advance(300_000);
    }
    expect(seen.slice(1)).toEqual(Array(5).fill({ fault: "modbus.twice" }));
  });

  it("are not suspected where another master asks the same", async () => {
    const { wire, ask } = await opened("network");
    slaves(wire, good(20));
    const same = read(0, 4);
    const seen: unknown[] = [];
    for (let time = 0; time < 10; time++) {
      seen.push(await ask(1, same));
      // Handed over in one piece, as serial servers do.
      wire.say([...requestOf(1, same), ...answerOf({ unit: 1, fc: 3, address: 0, count: 4 })], 200);
      await wire.clock.advance(2_000);
    }
    expect(seen).toContainEqual({ fault: "modbus.second-master" });
    expect(seen).not.toContainEqual({ fault: "modbus.twice" });
    expect(seen.filter((outcome) => "data" in (outcome as object)).length).toBeGreaterThan(6);
  });
});

describe("an answer that is late", () => {
  it("is named so, by what comes while others are asked", async () => {
    const { wire, ask } = await opened();
    slaves(wire, (asked) => ({ ms: asked.unit === 1 ? 250 : 20, bytes: answerOf(asked) }));
    expect(await ask(1, read(0, 4))).toEqual(silent);
    await wire.clock.advance(300);
    expect(await ask(2, read(0, 2))).toEqual(right(2, read(0, 2)));
    expect(await ask(1, read(0, 4))).toEqual({ fault: "modbus.late" });
  });
});

describe("an adapter that echoes", () => {
  it("does no harm where a request looks like its own answer", async () => {
    const { wire, ask } = await opened();
    // Unit 1, function 1, address 0x03xx: the third byte says three bytes of bits.
    wire.onSent = (bytes) => wire.say(bytes, 5);
    for (const count of [17, 20, 24]) expect(await ask(1, read(0x0310, count, 1))).not.toHaveProperty("data");
  });
});

describe("a driver that is switched", () => {
  it.each([
    ["one before", [0], []],
    ["two before", [0xff, 0], []],
    ["one behind", [], [0xff]],
    ["around", [0], [0]],
  ])("leaves a byte: %s", async (_, before, behind) => {
    const { wire, ask } = await opened();
    slaves(wire, (asked): Reaction => ({ ms: 30, bytes: [...before, ...answerOf(asked), ...behind] }));
    for (let time = 0; time < 3; time++) expect(await ask(1, read(0, 4))).toEqual(right(1, read(0, 4)));
  });

  it("is no answer when it leaves more", async () => {
    const { wire, ask } = await opened();
    slaves(wire, (asked): Reaction => ({ ms: 30, bytes: [0, 0, 0, ...answerOf(asked)] }));
    expect(await ask(1, read(0, 4))).not.toHaveProperty("data");
  });
});

describe("a serial server", () => {
  it("may hand a long answer over whole: the device answered in time", async () => {
    const { wire, ask } = await opened("network");
    // The device needs 90 of its 100 ms, 105 characters take 109 ms, and the box waits 100 ms for more.
    slaves(wire, (asked): Reaction => ({ ms: 8 + 90 + 109 + 100, bytes: answerOf(asked) }));
    for (let time = 0; time < 3; time++) expect(await ask(1, read(0, 50))).toEqual(right(1, read(0, 50)));
  });

  it("may rest for 120 ms inside an answer", async () => {
    const { wire, ask } = await opened("network");
    wire.onSent = () => {
      const answer = answerOf({ unit: 1, fc: 3, address: 0, count: 20 });
      wire.say(answer.slice(0, 10), 30);
      wire.say(answer.slice(10), 150);
    };
    expect(await ask(1, read(0, 20))).toEqual(right(1, read(0, 20)));
  });
});

it("does not wait for ever for an answer that drips", async () => {
  const { wire, ask } = await opened();
  wire.onSent = () => {
    for (const [index, byte] of answerOf({ unit: 1, fc: 3, address: 0, count: 60 }).entries())
      wire.say([byte], 20 + 40 * index);
  };
  const from = wire.clock.monotonicMs();
  expect(await ask(1, read(0, 60))).not.toHaveProperty("data");
  // 125 bytes at 40 ms would be 5 s; then it waits until that is over, as long as a device may take to answer.
  expect(wire.clock.monotonicMs() - from).toBeLessThan(1_500);
});

it("has other settings when nothing is readable any more, of several devices", async () => {
  const { wire, ask } = await opened();
  let isChanged = false;
  slaves(wire, (asked) => ({
    ms: 20,
    bytes: answerOf(asked).map((byte) => (isChanged ? byte ^ 0xa0 : byte)),
  }));
  for (let unit = 1; unit <= 3; unit++) expect(await ask(unit, read(0, 2))).toHaveProperty("data");
  isChanged = true;
  const signs: unknown[] = [];
  for (let time = 0; time < 12; time++) {
    const outcome = await ask(1 + (time % 3), read(0, 2));
    signs.push("sign" in outcome ? outcome.sign : null);
  }
  expect(signs).toEqual([...Array(9).fill(null), ...Array(3).fill("line.settings")]);
  isChanged = false;
  expect(await ask(1, read(0, 2))).toEqual(right(1, read(0, 2)));
});
