import { describe, expect, it } from "vitest";
import { NotStored, type Reading } from "../../../drivers/contract/index.ts";
import { job, polledWorld } from "./polled-world.ts";

const of = polledWorld();
const down = () => Promise.reject(new NotStored("store-down"));

/** Readings are numbered, so that one can see which arrived. */
function numbered(world: typeof of.it, device: string): void {
  let number = 0;
  world.acts.set(device, async (_, signal) => {
    await world.clock.sleep(10, signal);
    number += 1;
    return { reading: { device, samples: [{ point: "co2", raw: number }], faults: [] } };
  });
}

const raw = ({ samples }: Reading) => samples[0]?.raw;

describe("a store that is down", () => {
  it("stops no polling: the newest reading waits, those before it are counted as missed, each once", async () => {
    const { it: world } = of;
    const stored: unknown[] = [];
    numbered(world, "a");
    world.poller.adopt([job("a")]);
    world.store = down;
    world.start();
    await world.seconds(30);
    expect(world.times("a").length).toBeGreaterThanOrEqual(30);
    const handed = () => world.readings.filter(({ way }) => way === "polled").length;
    const read = handed();
    expect(world.poller.counts).toEqual({ kept: 0, missed: read - 1 });
    world.store = async (reading) => void stored.push(raw(reading));
    await world.seconds(2);
    // The next reading may come before it: then that is the newest.
    expect([read, read + 1]).toContain(stored[0]);
    const { kept, missed } = world.poller.counts;
    expect(kept).toBe(stored.length);
    expect(kept + missed).toBe(handed());
    expect(world.log.lines.map(({ level }) => level)).toEqual(["warn", "error"]);
    expect(world.log.lines[1]?.fields).toMatchObject({ link: "rs1", missed });
  });

  it("gets the last reading of a slow job when it is back, with its age, and as no new one when it is old", async () => {
    const { it: world } = of;
    numbered(world, "meter");
    world.poller.adopt([job("meter", { everyMs: 900_000 })]);
    world.store = down;
    world.start();
    await world.clock.advance(10);
    const at = world.now;
    await world.seconds(30);
    const stored: Reading[] = [];
    world.store = async (reading) => void stored.push(reading);
    await world.seconds(1.5);
    expect(stored).toMatchObject([{ samples: [{ point: "co2", raw: 1 }] }]);
    const [sample] = stored[0]?.samples ?? [];
    expect(Math.abs((sample?.ageMs ?? 0) - (world.now - at))).toBeLessThanOrEqual(1_500);
    expect(sample?.stale).toBeUndefined();
    expect(world.readings[0]?.way).toBe("polled");
    expect(world.readings.slice(1).every(({ way }) => way === "again")).toBe(true);

    world.store = down;
    await world.seconds(1_000);
    await world.seconds(300);
    world.store = async (reading) => void stored.push(reading);
    await world.seconds(2);
    expect(stored[1]).toMatchObject({ samples: [{ raw: 2, stale: true }] });
    expect(world.poller.counts).toEqual({ kept: 2, missed: 0 });
  });

  it("that never answers keeps nothing from being read, and who listens hears every reading", async () => {
    const { it: world } = of;
    numbered(world, "a");
    world.poller.adopt([job("a")]);
    const waiting: (() => void)[] = [];
    world.store = () => new Promise((resolve) => void waiting.push(resolve));
    world.start();
    await world.seconds(20);
    expect(world.times("a").length - world.readings.length).toBeLessThanOrEqual(1);
    expect(world.readings.length).toBeGreaterThanOrEqual(20);
    expect(world.poller.counts).toEqual({ kept: 0, missed: 0 });
    for (const resolve of waiting) resolve();
    await world.seconds(0);
    expect(world.poller.counts).toEqual({ kept: waiting.length, missed: 0 });
  });

  it("that refuses an older reading after it took a newer one does not get it again", async () => {
    const { it: world } = of;
    numbered(world, "a");
    world.poller.adopt([job("a")]);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const answers = [first.promise, second.promise];
    world.store = () => answers.shift() ?? Promise.resolve();
    world.start();
    await world.seconds(1.5);
    second.resolve();
    first.reject(new NotStored("store-down"));
    await world.seconds(5);
    expect(world.readings.filter(({ way }) => way === "again")).toEqual([]);
    expect(world.poller.counts.missed).toBe(1);
  });

  it("does not get again what another plan may mean otherwise", async () => {
    const { it: world } = of;
    numbered(world, "a");
    numbered(world, "b");
    world.poller.adopt([job("a", { everyMs: 900_000 }), job("b", { everyMs: 900_000 })]);
    world.store = down;
    world.start();
    await world.seconds(2);
    world.poller.hold(new Set(["a"]));
    world.fresh();
    world.store = async () => {};
    await world.seconds(2);
    expect(world.readings.map(({ reading: { device } }) => device)).toEqual(["b"]);
    expect(world.poller.counts).toEqual({ kept: 1, missed: 1 });
  });

  it("may throw instead of rejecting", async () => {
    const { it: world } = of;
    numbered(world, "a");
    world.poller.adopt([job("a")]);
    world.store = () => {
      throw new Error("broken");
    };
    world.start();
    await world.seconds(5);
    expect(world.times("a").length).toBeGreaterThanOrEqual(5);
  });
});
