import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../line/far-end.ts";
import { passing } from "../modbus-session/world.ts";
import { bytes, mhz, mhzAsked, pms, sds, sensor } from "./sensors.ts";
import { SensorWorld } from "./world.ts";

let world: SensorWorld;
afterEach(() => world.close());

const open = async (model: "pms" | "sds" | "mhz") => {
  world = await SensorWorld.open(sensor(model));
};
const value = async (point: string) => {
  const { samples, faults } = await world.turn();
  return faults[0]?.code ?? samples.find((sample) => sample.point === point)?.raw;
};
/** Lets what is on its way over loopback arrive. */
const arrived = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("a sensor that speaks by itself", () => {
  it("is read by waiting for its next frame, and nothing is sent to it", async () => {
    await open("pms");
    world.later(700, pms(0, 0, 0, 5, 12, 17));
    expect(await world.turn()).toEqual({
      device: "air",
      samples: [
        { point: "pm1", raw: 5 },
        { point: "pm25", raw: 12 },
        { point: "pm10", raw: 17 },
      ],
      faults: [],
    });
    expect(world.end.received).toEqual([]);
    expect(world.parts.traced.filter(({ way }) => way === "tx")).toEqual([]);
  });

  it("gives nothing of what it said between two turns, nor of a frame that began before this one", async () => {
    await open("pms");
    for (const pm25 of [1, 2, 3]) {
      world.end.say(pms(0, 0, 0, 0, pm25));
      await arrived();
      await world.clock.advance(1000);
    }
    world.end.say(pms(0, 0, 0, 0, 4).subarray(0, 20));
    await arrived();
    world.later(2, pms(0, 0, 0, 0, 4).subarray(20));
    world.later(1000, pms(0, 0, 0, 0, 5));
    expect(await value("pm25")).toBe(5);
  });

  it("that never stops for hours takes no memory and ends no line", async () => {
    await open("pms");
    for (let second = 0; second < 3000; second++) {
      world.end.say(pms(second));
      await new Promise((resolve) => setImmediate(resolve));
      await world.clock.advance(1000);
    }
    world.later(500, pms(0, 0, 0, 0, 77));
    expect(await value("pm25")).toBe(77);
    expect(world.end.sockets.size).toBe(1);
  });

  it("that stopped in the middle of a frame is a fault, and the next turn is right", async () => {
    await open("sds");
    world.later(300, sds(100, 200).subarray(0, 7));
    expect(await value("pm25")).toBe("serial.short");
    world.later(300, sds(100, 200));
    expect(await value("pm25")).toBe(100);
  });

  it("is found behind noise and behind a frame whose checksum is wrong", async () => {
    await open("sds");
    const wrong = sds(999, 999);
    wrong[3] = 0;
    world.later(300, Uint8Array.of(0xaa, 0xaa, 0xc0, ...wrong, ...sds(7, 8)));
    expect(await value("pm25")).toBe(7);
    world.later(300, wrong);
    expect(await value("pm25")).toBe("serial.checksum");
  });

  it("silent for longer than its model may be is silent", async () => {
    await open("pms");
    expect((await world.turn()).faults).toMatchObject([{ code: "serial.silent", layer: "answer" }]);
  });
});

describe("a sensor that is asked", () => {
  it("answers its request, at once or in pieces", async () => {
    await open("mhz");
    const answer = mhz(636);
    world.end.onData = () => {
      world.end.say(answer.subarray(0, 4));
      world.later(40, answer.subarray(4));
    };
    expect(await world.turn()).toMatchObject({
      samples: [
        { point: "co2", raw: 636 },
        { point: "device_temperature", raw: 60 },
      ],
      faults: [],
    });
    expect(world.end.received).toEqual([Buffer.from(mhzAsked)]);
  });

  it("behind an adapter that echoes answers all the same, and an echo alone is no value", async () => {
    await open("mhz");
    world.end.onData = (request) => world.end.say(Uint8Array.of(...request, ...mhz(700)));
    expect(await value("co2")).toBe(700);
    world.end.onData = (request) => world.end.say(request);
    expect(await value("co2")).toBe("serial.echo");
  });

  it("is right again after whatever came instead of an answer", async () => {
    await open("mhz");
    const whole = mhz(1234);
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat({ max: 8 }).map((cut) => whole.slice(0, cut)),
      fc.tuple(fc.nat({ max: 8 }), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
        const broken = whole.slice();
        broken[at] = (broken[at] ?? 0) ^ by;
        return broken;
      }),
      fc.constant(new Uint8Array(3000).fill(0xff)),
    );
    await fc.assert(
      fc.asyncProperty(junk, async (said) => {
        world.end.onData = () => world.end.say(said);
        const { samples, faults } = await world.turn();
        expect([samples, faults.length]).toEqual([[], 1]);
        world.end.onData = () => world.end.say(whole);
        expect(await value("co2")).toBe(1234);
      }),
      { numRuns: 15 },
    );
  });

  it("whose answer comes after its time gives it to nobody", async () => {
    await open("mhz");
    world.end.onData = () => {};
    expect(await value("co2")).toBe("serial.silent");
    world.end.say(mhz(9999));
    await arrived();
    world.end.onData = () => world.end.say(mhz(800));
    expect(await value("co2")).toBe(800);
  });
});

describe("a serial server that says nothing", () => {
  const silentFor = async (turns: number) => {
    await open("mhz");
    world.end.onData = () => {};
    for (let turn = 0; turn < turns; turn++) {
      expect(await value("co2")).toBe("serial.silent");
      await world.clock.advance(20_000);
    }
    expect(world.end.connections).toBe(1);
  };

  it("is connected to anew after a minute and three turns, and read again", async () => {
    await silentFor(3);
    expect(await value("co2")).toBe("serial.silent");
    world.end.onData = () => world.end.say(mhz(500));
    expect(await value("co2")).toBe(500);
    expect(world.end.connections).toBe(2);
    await until(() => world.end.sockets.size === 1);
  });

  it("and hangs up on the new connection ends the session with its fault", async () => {
    await silentFor(3);
    world.end.refuses = true;
    expect(await value("co2")).toBe("serial.silent");
    expect(await passing(world.clock, world.session.ended)).toMatchObject({ layer: "port", retry: "later" });
  });
});

it("a line that never rests is told as such", async () => {
  await open("pms");
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      world.end.say(bytes("00 11 22 33"));
      await world.clock.sleep(1, stop.signal).catch(() => {});
    }
  })();
  expect(await value("pm25")).toMatch(/^serial\.(restless|noise)$/);
  stop.abort();
});
