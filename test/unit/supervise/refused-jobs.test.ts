/** What a device refuses: how long it is read in pieces, what those may take of the line, and what is told. */
import { describe, expect, it } from "vitest";
import type { Job } from "../../../config/schema/kind.ts";
import { type Act, fault, job, polledWorld, reading, type World } from "./polled-world.ts";

const of = polledWorld();
const points = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
const others = ["a", "b", "c", "d", "e", "f", "g", "h"];

const halves = ({ points: all, ...rest }: Job): Job[] => {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)].map((half) => ({ ...rest, points: half }));
};

/** Gives what it has; a job with anything else is refused, as by Modbus' exception 2. */
const having =
  (world: World, has: (job: Job) => boolean, ms = 70): Act =>
  async (each, signal) => {
    await world.clock.sleep(ms, signal);
    const { device, points: wanted } = each;
    if (has(each)) return { reading: reading(device, ...wanted) };
    if (wanted.length > 1) return { reading: reading(device), instead: halves(each) };
    const refusal = { ...fault("modbus.illegal-address", "device"), retry: "never", point: wanted[0] };
    return { reading: { device, samples: [], faults: [refusal] } };
  };

const asked = (world: World, device: string) =>
  world.asked.filter(({ job: each }) => each.device === device).map(({ job: each }) => each.points.length);
const values = (world: World, point: string) =>
  world.readings.filter(({ reading: { samples } }) => samples.some((sample) => sample.point === point));
const faults = (world: World, point: string) =>
  world.readings.filter(({ reading: each }) => each.faults.some((one) => one.point === point));

describe("a device that refuses everything while it starts", () => {
  it("takes no more turns than planned while others want the line, and is read as planned soon after", async () => {
    const { it: world } = of;
    const meter = job("meter", { points: points(20) });
    world.poller.adopt([meter, ...others.map((device) => job(device, { deadlineMs: 600 }))]);
    for (const device of others) world.acts.set(device, world.answers(100));
    world.acts.set(
      "meter",
      having(world, () => true),
    );
    world.start();
    await world.seconds(5);
    const until = world.now + 6000;
    world.acts.set(
      "meter",
      having(world, () => world.now >= until),
    );
    world.fresh();
    await world.seconds(12);
    // 87 % of the line's time was planned: what is left over may go to the pieces, and no more.
    for (const device of others) expect(world.times(device).length, device).toBeGreaterThanOrEqual(11);
    await world.seconds(25);
    world.fresh();
    await world.seconds(20);
    expect(asked(world, "meter")).toEqual(Array(20).fill(20));
    for (const device of others) expect(world.times(device), device).toHaveLength(20);
  });

  it("that does so once for a moment, is read as a whole again once each piece has given data", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: points(8) })]);
    let refuses = true;
    world.acts.set(
      "meter",
      having(world, () => !refuses),
    );
    world.start();
    await world.clock.advance(75);
    refuses = false;
    await world.seconds(2);
    expect(asked(world, "meter").slice(0, 4)).toEqual([8, 4, 4, 8]);
    world.fresh();
    await world.seconds(10);
    expect(asked(world, "meter")).toEqual(Array(10).fill(8));
  });

  it("is asked for the whole when it comes up", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: points(8) })]);
    world.acts.set(
      "meter",
      having(world, ({ points: wanted }) => !wanted.includes("p3")),
    );
    world.start();
    // Long enough for rests of minutes.
    await world.seconds(400);
    world.acts.set("meter", world.silent(300));
    await world.seconds(30);
    world.acts.set(
      "meter",
      having(world, () => true),
    );
    world.fresh();
    await world.seconds(65);
    expect(world.told).toEqual(["up meter"]);
    const [recheck, ...later] = asked(world, "meter");
    expect(recheck).toBeLessThan(8);
    expect(new Set(later)).toEqual(new Set([8]));
  });

  it.each([
    ["one place", 1],
    ["many places", 20],
  ])("and is read in long periods, with %s, is asked again soon", async (_, count) => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: points(count), everyMs: 900_000 })]);
    const until = world.now + 6000;
    world.acts.set(
      "meter",
      having(world, () => world.now >= until),
    );
    world.start();
    await world.seconds(12);
    expect(values(world, "p0")).toHaveLength(1);
    expect(asked(world, "meter").at(-1)).toBe(count);
    world.fresh();
    await world.seconds(1800);
    expect(asked(world, "meter")).toEqual([count, count]);
  });

  it("and has but one place, is asked for that again soon", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: ["p0"] })]);
    const until = world.now + 6000;
    world.acts.set(
      "meter",
      having(world, () => world.now >= until),
    );
    world.start();
    await world.seconds(12);
    world.fresh();
    await world.seconds(5);
    expect(values(world, "p0")).toHaveLength(5);
  });
});

describe("a place that a device does not have", () => {
  it("costs a turn now and then, and is told as a fault in every period, never as a value", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: points(16) })]);
    const act = having(world, ({ points: wanted }) => !wanted.includes("p5"), 20);
    world.acts.set("meter", act);
    world.start();
    await world.seconds(3000);
    world.fresh();
    await world.seconds(1800);
    const whole = asked(world, "meter").filter((size) => size === 16);
    expect(whole).toHaveLength(3);
    // Four pieces give data. Each time that the whole is asked for, four more turns show what is missing.
    expect(asked(world, "meter").length).toBeLessThanOrEqual(4 * 1800 + 3 * 9);
    expect(world.asked.filter(({ job: { points: wanted } }) => wanted.join() === "p5")).toHaveLength(3);
    expect(faults(world, "p5").length).toBeGreaterThanOrEqual(1795);
    expect(values(world, "p5")).toEqual([]);
    for (const point of points(16).filter((each) => each !== "p5"))
      expect(values(world, point).length, point).toBeGreaterThanOrEqual(1795);
    expect(world.told).toEqual([]);
    expect(world.poller.figures()[0]?.cyclesMissed).toBe(0);
  });

  it("and that no point needs, keeps the pieces apart, but for one request in ten minutes", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: points(8) })]);
    world.acts.set(
      "meter",
      having(world, ({ points: wanted }) => wanted.length <= 4),
    );
    world.start();
    await world.seconds(10);
    expect(asked(world, "meter").slice(0, 4)).toEqual([8, 4, 4, 8]);
    world.fresh();
    await world.seconds(1800);
    expect(asked(world, "meter").filter((size) => size === 8)).toHaveLength(3);
    expect(values(world, "p0").length).toBeGreaterThanOrEqual(1799);
  });

  it("alone in its job rests for minutes", async () => {
    const { it: world } = of;
    world.poller.adopt([job("meter", { points: ["p0"] }), job("meter", { points: ["p1"] })]);
    world.acts.set(
      "meter",
      having(world, ({ points: wanted }) => !wanted.includes("p0")),
    );
    world.start();
    await world.seconds(3000);
    world.fresh();
    await world.seconds(1800);
    expect(world.asked.filter(({ job: { points: wanted } }) => wanted.join() === "p0")).toHaveLength(3);
    expect(faults(world, "p0").length).toBeGreaterThanOrEqual(1799);
    expect(values(world, "p1")).toHaveLength(1800);
  });
});

it("pieces take in turn what the whole had of a line that others fill, and what is missing is counted", async () => {
  const { it: world } = of;
  world.poller.adopt([
    job("meter", { points: points(16) }),
    ...others.map((device) => job(device, { deadlineMs: 600 })),
  ]);
  for (const device of others) world.acts.set(device, world.answers(120));
  world.acts.set(
    "meter",
    having(world, ({ points: wanted }) => wanted.length <= 2),
  );
  world.start();
  await world.seconds(60);
  world.fresh();
  const before = world.poller.figures()[0]?.cyclesMissed ?? 0;
  await world.seconds(300);
  for (const device of others) expect(world.times(device).length, device).toBeGreaterThanOrEqual(275);
  expect(world.times("meter").length).toBeLessThanOrEqual(301);
  // Each of the eight as often as the others.
  for (const point of points(16)) expect(values(world, point).length, point).toBeGreaterThanOrEqual(28);
  expect((world.poller.figures()[0]?.cyclesMissed ?? 0) - before).toBeGreaterThan(7 * 250);
});
