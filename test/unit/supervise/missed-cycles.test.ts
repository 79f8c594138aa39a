/** Which cycles count as missed: those for which a device that is up was not asked in time. */
import { expect, it } from "vitest";
import { job, polledWorld, type World } from "./polled-world.ts";

const of = polledWorld();
const line = "serial:/dev/one";
const missed = (world: World) => world.poller.figures()[0]?.cyclesMissed ?? 0;

/** Keeps the line for so long, by something that goes before all polls. */
function occupy(world: World, seconds: number): void {
  const turn = { device: "other", why: "command", deadlineMs: 1000 * seconds + 1000 } as const;
  void world.poller.use(line, turn, (signal) => world.clock.sleep(1000 * seconds, signal));
}

it.each([
  ["and answers", 0],
  ["and did not answer last", 1],
  ["and did not answer twice", 2],
])("a device is up %s: what the line had no time for counts", async (_, failures) => {
  const { it: world } = of;
  world.poller.adopt([job("a", { everyMs: 5000 })]);
  world.start();
  await world.seconds(12);
  if (failures > 0) world.acts.set("a", world.silent(100));
  while (world.asked.filter(({ took }) => took === 100).length < failures) await world.clock.advance(50);
  world.acts.delete("a");
  const before = missed(world);
  occupy(world, 42);
  await world.seconds(45);
  // Eight or nine were due; one of them was read in the end.
  expect(missed(world) - before).toBeGreaterThanOrEqual(7);
  expect(missed(world) - before).toBeLessThanOrEqual(8);
  expect(world.told).toEqual(["up a"]);
});

it("a device that takes more of the line than it may is up: what it is not asked for counts", async () => {
  const { it: world } = of;
  world.poller.adopt([job("a")]);
  let turns = 0;
  const [answers, silent] = [world.answers(), world.silent(300)];
  world.acts.set("a", (each, signal) => (turns++ % 3 === 0 ? answers : silent)(each, signal));
  world.start();
  await world.seconds(60);
  world.fresh();
  const before = missed(world);
  await world.seconds(600);
  const asked = world.times("a").length;
  expect(Math.abs(missed(world) - before - (600 - asked))).toBeLessThanOrEqual(10);
});

it("a device that is down misses nothing, in any of its jobs, nor does one that came back", async () => {
  const { it: world } = of;
  world.poller.adopt([job("a", { points: ["p"] }), job("a", { points: ["q"] }), job("b")]);
  world.start();
  await world.seconds(5);
  world.acts.set("a", world.silent(300));
  await world.seconds(60);
  world.acts.delete("a");
  await world.seconds(70);
  expect(world.told).toEqual(["up a", "up b", "down a modbus.silent", "up a"]);
  expect(missed(world)).toBe(0);
});

it("nothing counts for the time in which nobody could ask: a closed line, a pause, a device that is held", async () => {
  const { it: world } = of;
  world.poller.adopt([job("a"), job("b")]);
  world.start();
  await world.seconds(5);
  await world.stop();
  await world.seconds(30);
  world.start();
  await world.seconds(5);
  void world.poller.pause();
  await world.seconds(30);
  world.poller.resume();
  await world.seconds(5);
  world.poller.hold(new Set(["a"]));
  await world.seconds(30);
  world.poller.adopt([job("a"), job("b")]);
  await world.seconds(5);
  expect(world.times("a").length).toBeGreaterThanOrEqual(20);
  expect(missed(world)).toBe(0);
});
