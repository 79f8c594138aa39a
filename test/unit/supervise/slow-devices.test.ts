/** Devices that answer, but not in the time that they may take: a byte now and then, or all of it too late. */
import { describe, expect, it } from "vitest";
import { type Act, job, polledWorld, reading, type World } from "./polled-world.ts";

const of = polledWorld();
const others = Array.from({ length: 9 }, (_, index) => `d${index}`);

const shareOf = (world: World, device: string, lastedMs: number) =>
  world.asked.filter(({ job: each }) => each.device === device).reduce((sum, { took }) => sum + took, 0) /
  lastedMs;

/** A byte each `gapMs`: whoever hears something goes on listening, until it is whole or the turn is over. */
const dripping =
  (world: World, bytes: number, gapMs: number): Act =>
  async ({ device, points }, signal) => {
    for (let byte = 0; byte < bytes; byte += 1) await world.clock.sleep(gapMs, signal);
    return { reading: reading(device, ...points) };
  };

describe("a device that says a byte now and then", () => {
  it.each([
    ["and is whole after more than twice its deadline", 20],
    ["and never ends, so that its turn is cut off", 10_000],
  ])("%s has at most 5 % of the line's time in the long run", async (_, bytes) => {
    const { it: world } = of;
    world.poller.adopt([job("drip"), ...others.map((device) => job(device))]);
    world.start();
    await world.seconds(10);
    world.acts.set("drip", dripping(world, bytes, 40));
    await world.seconds(60);
    world.fresh();
    await world.seconds(600);
    // One turn more may have begun.
    expect(shareOf(world, "drip", 600_000)).toBeLessThanOrEqual(0.05 + 900 / 600_000);
    for (const { took } of world.asked) expect(took).toBeLessThanOrEqual(3 * 300);
    for (const device of others) expect(world.times(device).length, device).toBeGreaterThanOrEqual(590);
    expect(world.times("drip").length).toBeGreaterThanOrEqual(10);
  });

  it("is polled as before when it is well again", async () => {
    const { it: world } = of;
    world.poller.adopt([job("drip"), ...others.map((device) => job(device))]);
    world.acts.set("drip", dripping(world, 20, 40));
    world.start();
    await world.seconds(300);
    world.acts.delete("drip");
    await world.seconds(300);
    world.fresh();
    await world.seconds(60);
    expect(world.times("drip")).toHaveLength(60);
    expect(world.told).toEqual([]);
  });
});

it("a device that is late once in a while is polled on", async () => {
  const { it: world } = of;
  world.poller.adopt([job("a"), ...others.map((device) => job(device))]);
  let turns = 0;
  world.acts.set("a", (each, signal) => world.answers(turns++ % 20 === 0 ? 500 : 30)(each, signal));
  world.start();
  await world.seconds(300);
  world.fresh();
  await world.seconds(300);
  expect(world.times("a").length).toBeGreaterThanOrEqual(298);
});
