import { describe, expect, it } from "vitest";
import type { Job } from "../../../config/schema/kind.ts";
import { job, polledWorld, reading } from "./polled-world.ts";

const of = polledWorld();
const devices = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);
const jobs = (count: number): Job[] => devices(count).map((device) => job(device));

describe("another plan", () => {
  it("leaves what stays at its phase, and gives what comes one of its own", async () => {
    const { it: world } = of;
    world.poller.adopt(jobs(12));
    world.start();
    await world.seconds(5);
    world.fresh();
    await world.seconds(1);
    const from = world.now - 1000;
    const before = new Map(devices(12).map((device) => [device, world.times(device, from)[0]]));
    // Made anew, as a loader would; five are gone, five come.
    world.poller.adopt(
      structuredClone([
        ...jobs(7),
        ...devices(12)
          .slice(7)
          .map((id) => job(`new-${id}`)),
      ]),
    );
    await world.seconds(3);
    world.fresh();
    const later = world.now;
    await world.seconds(5);
    for (const device of devices(7))
      expect(world.times(device, later).map((at) => at % 1000)).toEqual(
        Array(5).fill((before.get(device) ?? 0) % 1000),
      );
    for (const device of devices(12).slice(7)) {
      expect(world.times(device)).toEqual([]);
      expect(world.times(`new-${device}`)).toHaveLength(5);
    }
    expect(world.figures[0]?.cyclesMissed).toBe(0);
  });

  it("reads what comes at once, and drops what a job that is gone still gives", async () => {
    const { it: world } = of;
    const late = Promise.withResolvers<unknown>();
    world.acts.set("a", () => late.promise);
    world.poller.adopt([job("a")]);
    world.start();
    await world.clock.advance(10);
    world.poller.adopt([job("b")]);
    late.resolve({ reading: reading("a", "co2") });
    await world.seconds(0.05);
    expect(world.readings.map(({ reading: { device } }) => device)).toEqual(["b"]);
    expect(world.told).toEqual(["up b"]);
  });

  it("knows its devices again: one that is up is not told so twice, one that is down is asked soon", async () => {
    const { it: world } = of;
    world.acts.set("b", world.silent(50));
    world.poller.adopt([job("a"), job("b")]);
    world.start();
    await world.seconds(300);
    expect(world.told).toEqual(["up a", "down b modbus.silent"]);
    world.fresh();
    world.acts.delete("b");
    world.poller.adopt([job("a", { points: ["co2", "pm25"] }), job("b", { body: { unit: 2 } })]);
    await world.seconds(2);
    expect(world.told).toEqual(["up b"]);
    expect(world.times("a").length).toBeGreaterThanOrEqual(2);
  });

  it("forgets devices that left: one that comes back is new", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.start();
    await world.seconds(2);
    world.poller.adopt([job("b")]);
    world.fresh();
    world.poller.adopt([job("a"), job("b")]);
    await world.seconds(2);
    expect(world.told).toEqual(["up a"]);
  });

  it("may take away all lines and bring others, while it polls", async () => {
    const { it: world } = of;
    world.acts.set("a", world.answers(5000));
    world.poller.adopt([job("a"), job("b", { line: "two" })]);
    world.start();
    await world.clock.advance(10);
    world.poller.adopt([]);
    await world.seconds(5);
    expect(world.poller.figures()).toEqual([]);
    world.fresh();
    world.poller.adopt([job("a", { line: "three" })]);
    world.acts.delete("a");
    await world.seconds(5);
    expect(world.times("a").length).toBeGreaterThanOrEqual(5);
  });

  it("with one job twice reads both", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("a")]);
    world.poller.adopt([job("a"), job("a"), job("a")]);
    world.start();
    await world.seconds(3);
    world.fresh();
    await world.seconds(5);
    expect(world.times("a")).toHaveLength(15);
  });
});

describe("a device that is held", () => {
  it("is not read, what is under way of it counts for nothing, and it is neither missed nor down", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b")]);
    world.start();
    await world.seconds(5);
    world.acts.set("a", world.silent(100));
    await world.seconds(1);
    world.acts.delete("a");
    const asked = world.times("a").length;
    world.fresh();
    world.poller.hold(new Set(["a"]));
    await world.seconds(60);
    expect(asked).toBeGreaterThan(0);
    expect(world.times("a")).toEqual([]);
    expect(world.readings.every(({ reading: { device } }) => device === "b")).toBe(true);
    expect(world.times("b")).toHaveLength(60);
    expect(world.told).toEqual([]);
    world.poller.adopt([job("a"), job("b")]);
    await world.seconds(2);
    expect(world.times("a").length).toBeGreaterThanOrEqual(2);
    expect(world.told).toEqual([]);
  });

  it("drops what it was giving", async () => {
    const { it: world } = of;
    const late = Promise.withResolvers<unknown>();
    world.acts.set("a", () => late.promise);
    world.poller.adopt([job("a")]);
    world.start();
    await world.clock.advance(10);
    world.poller.hold(new Set(["a"]));
    late.resolve({ reading: reading("a", "co2") });
    await world.seconds(1);
    expect([world.readings, world.told]).toEqual([[], []]);
  });
});

describe("a pause", () => {
  it("waits for what is under way, begins nothing, and goes on at the old phases", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a"), job("b", { line: "two" })]);
    world.acts.set("a", world.answers(200));
    world.start();
    await world.clock.advance(50);
    let idle = false;
    void world.poller.pause().then(() => {
      idle = true;
    });
    await world.clock.advance(100);
    expect(idle).toBe(false);
    await world.clock.advance(100);
    expect(idle).toBe(true);
    world.fresh();
    await world.seconds(3);
    expect(world.asked).toEqual([]);
    world.poller.resume();
    await world.clock.advance(1);
    expect(world.asked.map(({ job: { device } }) => device).toSorted()).toEqual(["a", "b"]);
  });

  it("cuts off a poll that takes long, which says nothing of its device, and goes on when its answer is past", async () => {
    const { it: world } = of;
    world.poller.adopt([job("a", { deadlineMs: 10_000 }), job("b"), job("c", { everyMs: 60_000 })]);
    world.start();
    await world.seconds(5);
    world.acts.set("a", world.silent(10_000));
    await world.seconds(1);
    const missed = world.poller.figures()[0]?.cyclesMissed;
    world.fresh();
    for (let time = 0; time < 5; time++) {
      const from = world.now;
      const paused = world.poller.pause();
      await world.clock.advance(1000);
      await paused;
      world.poller.resume();
      await world.seconds(9.9);
      expect(world.asked.filter(({ at }) => at > from)).toEqual([]);
      // It is the next, and under way when the next pause comes.
      await world.seconds(0.2);
      expect(world.asked.at(-1)?.job.device).toMatch(/a|b/);
      await world.seconds(0.5);
    }
    expect([world.told, world.figures[0]?.recent.faults]).toEqual([[], []]);
    expect(world.poller.figures()[0]?.cyclesMissed).toBe(missed);
  });

  it("holds for a line that comes meanwhile, and for the next session", async () => {
    const { it: world } = of;
    await world.poller.pause();
    world.poller.adopt([job("a")]);
    world.start();
    await world.seconds(2);
    expect(world.asked).toEqual([]);
    world.poller.resume();
    await world.seconds(2);
    expect(world.asked.length).toBeGreaterThanOrEqual(2);
  });

  it("ends when the session does", async () => {
    const { it: world } = of;
    world.acts.set("a", () => new Promise(() => {}));
    world.poller.adopt([job("a")]);
    world.start();
    await world.clock.advance(10);
    const paused = world.poller.pause();
    await world.stop();
    await paused;
    world.poller.resume();
    expect(world.clock.sleeping).toBe(0);
  });
});
