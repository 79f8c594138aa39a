import { describe, expect, it } from "vitest";
import type { Job } from "../../../config/schema/kind.ts";
import { fault, job, polledWorld, reading } from "./polled-world.ts";

const of = polledWorld();
const devices = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);
const never = () => new Promise<never>(() => {});

describe("polling", () => {
  it("asks everything once at the start, then each at its own moment of its period, spread over it", async () => {
    const { it: world } = of;
    world.poller.adopt(devices(30).map((device) => job(device)));
    for (const device of devices(30)) world.acts.set(device, world.answers(20));
    world.start();
    await world.seconds(2);
    expect(new Set(world.asked.slice(0, 30).map(({ job: { device } }) => device)).size).toBe(30);
    await world.seconds(1);
    world.fresh();
    const from = world.now;
    await world.seconds(10);
    for (const device of devices(30)) {
      const times = world.times(device, from);
      expect(times).toHaveLength(10);
      for (const [at, time] of times.slice(1).entries()) expect(time - (times[at] ?? 0)).toBe(1000);
    }
    // One after the other with rests in between, not all at once.
    const waits = world.asked.map(({ at }, index) => at - (world.asked[index - 1]?.at ?? at)).slice(1);
    expect(Math.max(...waits)).toBeLessThan(100);
    expect(world.figures[0]).toMatchObject({ cyclesMissed: 0, silent: [] });
  });

  it("tells that a device is up before its first reading, hands over what was read, and says how busy the line is", async () => {
    const { it: world } = of;
    const order: string[] = [];
    world.store = async ({ device }) => void order.push(`reading of ${device} after ${world.told.join()}`);
    world.poller.adopt([job("a", { points: ["co2", "pm25"] })]);
    world.start();
    await world.seconds(60);
    expect(order[0]).toBe("reading of a after up a");
    expect(world.told).toEqual(["up a"]);
    expect(world.readings[0]).toMatchObject({
      way: "polled",
      reading: { device: "a", samples: [{ point: "co2" }, { point: "pm25" }] },
    });
    await world.seconds(6);
    const [line] = world.figures;
    expect(line?.busyShare).toBeCloseTo(0.03, 2);
    expect(line?.turns).toMatchObject({ command: 0, recheck: 0 });
    expect(line?.turns.poll).toBeGreaterThanOrEqual(60);
    expect(world.poller.counts.missed).toBe(0);
    expect(world.poller.counts.kept).toBe(world.readings.length);
  });

  it("does not queue a job twice: what a full line has no time for is counted, and all get their share of it", async () => {
    const { it: world } = of;
    world.poller.adopt(devices(4).map((device) => job(device, { deadlineMs: 600 })));
    for (const device of devices(4)) world.acts.set(device, world.answers(500));
    world.start();
    await world.seconds(20);
    world.fresh();
    const missedBefore = world.poller.figures()[0]?.cyclesMissed ?? 0;
    await world.seconds(100);
    expect(world.asked.length).toBe(200);
    for (const device of devices(4)) expect(Math.abs(world.times(device).length - 50)).toBeLessThanOrEqual(1);
    const [line] = world.poller.figures();
    // Due 400 times, read 200 times.
    expect(Math.abs((line?.cyclesMissed ?? 0) - missedBefore - 200)).toBeLessThanOrEqual(4);
    expect(line?.busyShare).toBeGreaterThan(0.99);
  });

  it("lets a command go before whatever is due", async () => {
    const { it: world } = of;
    world.poller.adopt(devices(20).map((device) => job(device)));
    world.start();
    await world.clock.advance(40);
    const at = world.now;
    const use = world.poller.use(
      "serial:/dev/one",
      { device: "d9", why: "command", deadlineMs: 100 },
      () => world.now,
    );
    await world.clock.advance(40);
    expect((await use) - at).toBeLessThanOrEqual(30);
    await expect(
      world.poller.use("serial:/dev/other", { device: "d9", why: "command", deadlineMs: 100 }, never),
    ).rejects.toMatchObject({ code: "closed" });
  });

  it("uses lines at the same time, each by itself", async () => {
    const { it: world } = of;
    world.poller.adopt([
      job("a", { deadlineMs: 900 }),
      job("b", { line: "tcp:ten:502" }),
      job("c", { line: "tcp:ten:502" }),
    ]);
    world.acts.set("a", world.answers(800));
    for (const device of ["b", "c"]) world.acts.set(device, world.answers(10));
    world.start();
    await world.seconds(30);
    expect(world.times("b").length).toBeGreaterThanOrEqual(30);
    expect(world.times("a").length).toBeGreaterThanOrEqual(30);
    expect(world.poller.figures().map(({ line }) => line)).toEqual(["serial:/dev/one", "tcp:ten:502"]);
  });

  it("after a standstill of the machine reads each once and goes on", async () => {
    const { it: world } = of;
    world.poller.adopt(devices(3).map((device) => job(device)));
    world.start();
    await world.seconds(5);
    world.fresh();
    await world.clock.jump(600_000);
    await world.clock.advance(900);
    for (const device of devices(3)) expect(world.times(device).length, device).toBeLessThanOrEqual(2);
    expect(world.asked.length).toBeGreaterThanOrEqual(3);
  });
});

describe("a device that falls silent", () => {
  it("is told to be down once, and to be up once, with how long it was silent and what was missed", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.start();
    await world.seconds(10);
    world.fresh();
    world.acts.set("a", world.silent(300));
    await world.seconds(120);
    world.acts.delete("a");
    await world.seconds(70);
    expect(world.told).toEqual(["down a modbus.silent", "up a"]);
    const [down, up, ...more] = world.log.lines;
    expect(down).toMatchObject({
      level: "warn",
      fields: { link: "rs1", device: "a", code: "modbus.silent" },
    });
    expect(up).toMatchObject({ level: "info", fields: { link: "rs1", device: "a" } });
    expect(more).toEqual([]);
    const { silentMs, missed } = { silentMs: 0, missed: 0, ...up?.fields };
    // Silent from its third turn in vain on; one reading of each second is missing, those three included.
    expect(silentMs).toBeGreaterThan(115_000);
    expect(Math.abs(missed - Math.round(silentMs / 1000) - 2)).toBeLessThanOrEqual(1);
    expect(world.times("b").length).toBeGreaterThanOrEqual(189);
    expect(world.readings.filter(({ reading: { samples } }) => samples.length === 0)).toEqual([]);
  });

  it("is named by its last fault, is among the silent ones of its line, and is not counted as missed there", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.acts.set("a", world.silent(20, "modbus.crc", "frame"));
    world.start();
    await world.seconds(90);
    expect(world.told).toContain("down a modbus.crc");
    expect(world.figures[0]).toMatchObject({ silent: ["a"], cyclesMissed: 0 });
    const faults = world.figures[0]?.recent.faults;
    expect(faults).toMatchObject([{ code: "modbus.crc", devices: 1 }]);
    // Its wrong answers are told until it is down: not one for each recheck.
    expect(world.readings.filter(({ reading: { device } }) => device === "a")).toHaveLength(3);
  });

  it("is not asked what was due already when it was found to be down", async () => {
    const { it: world } = of;
    world.poller.adopt(["p0", "p1", "p2", "p3", "p4"].map((point) => job("a", { points: [point] })));
    world.acts.set("a", world.silent(100));
    world.start();
    await world.clock.advance(900);
    expect(world.times("a")).toHaveLength(3);
    expect(world.told).toEqual(["down a modbus.silent"]);
  });

  it("with a long period is asked again soon, and known to be down within seconds", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { everyMs: 900_000 })]);
    world.acts.set("meter", world.silent(300));
    world.start();
    await world.seconds(5);
    expect(world.told).toEqual(["down meter modbus.silent"]);
  });

  it("that answers with an exception or a fault of its own is up", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a")]);
    world.acts.set("a", async ({ device }) => ({
      reading: { device, samples: [], faults: [fault("modbus.illegal-address", "device")] },
    }));
    world.start();
    await world.seconds(20);
    expect(world.told).toEqual(["up a"]);
    expect(world.readings.length).toBeGreaterThanOrEqual(20);
  });

  it("is asked soon after its line was opened anew, and others of the line soon after one came back", async () => {
    const { it: world } = of;
    world.poller.adopt(devices(3).map((device) => job(device)));
    for (const device of devices(3)) world.acts.set(device, world.silent(100));
    world.start();
    await world.seconds(600);
    expect(world.told).toHaveLength(3);
    await world.stop();
    for (const device of devices(3)) world.acts.delete(device);
    world.fresh();
    world.start();
    await world.seconds(10);
    expect(world.told.toSorted()).toEqual(["up d0", "up d1", "up d2"]);
  });
});

describe("who listens", () => {
  it("may throw: polling goes on", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.acts.set("a", world.silent(50));
    world.onPresence = () => {
      throw new Error("broken");
    };
    world.start();
    await world.seconds(30);
    expect(world.told.toSorted()).toEqual(["down a modbus.silent", "up b"]);
    expect(world.times("b").length).toBeGreaterThanOrEqual(30);
    expect(world.log.lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });
});

describe("a session", () => {
  it.each([
    ["throws", "run-failed", () => Promise.reject(new Error("broken"))],
    [
      "throws a fault",
      "modbus.short",
      () => Promise.reject(Object.assign(new Error(), { fault: fault("modbus.short", "frame") })),
    ],
    ["gives nothing", "run-failed", async () => undefined],
    ["gives another device's reading", "run-failed", async () => ({ reading: reading("b", "co2") })],
    ["gives what is no reading", "run-failed", async () => ({ reading: { device: "a", samples: null } })],
    ["gives up at the deadline", "no-answer", (_: Job, signal: AbortSignal) => aborted(signal)],
  ])("that %s makes its device silent (%s) and hurts no other", async (_, code, act) => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.acts.set("a", act);
    world.start();
    await world.seconds(60);
    expect(world.told).toContain(`down a ${code}`);
    expect(world.readings.every(({ reading: { device } }) => device === "b")).toBe(true);
    expect(world.times("b").length).toBeGreaterThanOrEqual(55);
    expect(world.log.lines.filter(({ level }) => level === "error").length).toBeLessThanOrEqual(1);
  });

  it("whose turn does not end is told to be over; the next is polled, and only rechecks hang it again", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.acts.set("a", never);
    let hangs = 0;
    const start = () => {
      world.start();
      void world.ended.then((why) => {
        if (why !== "hung") return;
        hangs += 1;
        start();
      });
    };
    start();
    await world.seconds(300);
    expect(hangs).toBeGreaterThanOrEqual(3);
    expect(hangs).toBeLessThanOrEqual(12);
    expect(world.told.filter((told) => told.endsWith("no-answer"))).toEqual(["down a no-answer"]);
    expect(world.times("b").length).toBeGreaterThan(250);
  });

  it("that is closed in the middle of a turn says nothing about the device", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a")]);
    world.acts.set("a", (_, signal) => aborted(signal));
    for (let time = 0; time < 10; time++) {
      world.start();
      await world.seconds(0.1);
      await world.stop();
    }
    expect(world.asked).toHaveLength(10);
    expect([world.told, world.figures[0]?.recent.faults]).toEqual([[], []]);
  });

  it("that is closed is not asked again, and what it still gives is nothing", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    const late = Promise.withResolvers<unknown>();
    world.acts.set("a", () => late.promise);
    world.start();
    await world.clock.advance(10);
    expect(await world.stop()).toBe("stopped");
    late.resolve({ reading: reading("a", "co2") });
    await world.seconds(60);
    expect(world.asked).toHaveLength(1);
    expect([world.readings, world.told]).toEqual([[], []]);
  });
});

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
