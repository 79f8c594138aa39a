import { expect, it } from "vitest";
import { job, polledWorld, type World } from "./polled-world.ts";

const of = polledWorld();
const devices = Array.from({ length: 20 }, (_, index) => `d${index}`);

/** Periods of the devices that answer, of all their readings, and what the others took of the line's time. */
function measured(world: World, silent: readonly string[], lastedMs: number) {
  const periods = devices
    .filter((device) => !silent.includes(device))
    .flatMap((device) => {
      const times = world.times(device);
      return times.slice(1).map((at, index) => at - (times[index] ?? 0));
    })
    .sort((a, b) => a - b);
  const cost = world.asked.filter(({ job: { device } }) => silent.includes(device));
  const at = (share: number) => periods[Math.floor(share * (periods.length - 1))] ?? 0;
  return {
    mean: Math.round(periods.reduce((sum, ms) => sum + ms, 0) / periods.length),
    p99: Math.round(at(0.99)),
    longest: Math.round(at(1)),
    silentShare: cost.reduce((sum, { took }) => sum + took, 0) / lastedMs,
  };
}

it("that are silent cost the line at most 5 % of its time, and the others keep their period", async () => {
  const { it: world } = of;
  const lastedMs = 600_000;
  world.poller.adopt(devices.map((device) => job(device, { points: ["co2"] })));
  world.start();
  await world.seconds(10);
  const rows = [];
  for (const count of [0, 1, 5]) {
    const silent = devices.slice(3, 3 + count);
    for (const device of silent) world.acts.set(device, world.silent(300));
    world.fresh();
    await world.clock.advance(lastedMs);
    rows.push({ silent: count, ...measured(world, silent, lastedMs) });
  }
  for (const { silent, mean, p99, longest, silentShare } of rows)
    console.log(
      `${silent} of 20 silent: the others every ${mean} ms (99 %: ${p99}, longest ${longest}), ` +
        `silent ones ${(100 * silentShare).toFixed(1)} % of the line's time`,
    );
  for (const { silent, mean, p99, silentShare } of rows) {
    // Three turns of each until it is known to be silent, and one recheck begun.
    expect(silentShare).toBeLessThanOrEqual(0.05 + (silent * 3 * 300 + 300) / lastedMs);
    expect(mean).toBeGreaterThanOrEqual(998);
    expect(mean).toBeLessThanOrEqual(1_010);
    expect(p99).toBeLessThanOrEqual(1_400);
  }
});

it("that are most of a line leave the others their period, and are all noticed when they are back", async () => {
  const { it: world } = of;
  world.poller.adopt(devices.map((device) => job(device)));
  for (const device of devices.slice(1)) world.acts.set(device, world.silent(300));
  world.start();
  await world.seconds(60);
  world.fresh();
  await world.seconds(300);
  expect(measured(world, devices.slice(1), 300_000).silentShare).toBeLessThanOrEqual(0.052);
  expect(world.times("d0").length).toBeGreaterThanOrEqual(298);
  for (const device of devices) world.acts.delete(device);
  await world.seconds(80);
  expect(world.told.toSorted()).toEqual(
    devices
      .slice(1)
      .map((device) => `up ${device}`)
      .toSorted(),
  );
});

it("that answer now and then, after all, cost no more than silent ones in the long run", async () => {
  const { it: world } = of;
  world.poller.adopt(devices.map((device) => job(device)));
  let turns = 0;
  const [answers, silent] = [world.answers(), world.silent(300)];
  world.acts.set("d3", (each, signal) => (turns++ % 3 === 0 ? answers : silent)(each, signal));
  world.start();
  await world.seconds(60);
  world.fresh();
  await world.seconds(600);
  expect(measured(world, ["d3"], 600_000).silentShare).toBeLessThanOrEqual(0.055);
  expect(world.times("d3").length).toBeGreaterThan(60);
  // It is not said to come and go.
  expect(world.told).toEqual([]);
});
