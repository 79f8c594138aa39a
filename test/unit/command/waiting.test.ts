import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandWorld, signed, startMs } from "./world.ts";

let world: CommandWorld;
const free = () => Promise.withResolvers<void>();
beforeEach(async () => {
  world = new CommandWorld();
  await world.clock.advance(Math.max(0, startMs - world.clock.wallMs()));
  world.says = { power: false };
  await world.start();
});
afterEach(() => world.close());

const lessons = {
  terms: [[0, 40_000]] as const,
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  periods: [{ from: 0, to: 1440 }],
  off: [],
  on: new Map(),
};

describe("a command that waits", () => {
  it("for others of its device is not done when a lesson has begun meanwhile, but by who may", async () => {
    const line = free();
    world.turn = () => line.promise;
    const first = await world.local("301-panel", "power-off");
    const second = await world.local("301-panel", "power-off");
    const third = await world.local("301-panel", "power-off", {}, { duringLesson: true });
    await world.clock.advance(10);
    world.timetable = lessons;
    line.resolve();
    expect(await world.settled(first)).toMatchObject({ state: "failed", code: "interlock" });
    expect(await world.settled(second)).toMatchObject({ state: "failed", code: "interlock" });
    expect((await world.settled(third)).state).toBe("done");
    expect(world.sent).toHaveLength(1);
  });

  it("for its line is not done when it has expired meanwhile, and is no reason to wait longer", async () => {
    const line = free();
    world.turn = () => line.promise;
    const first = await world.remote(signed({ action: "cool", expires: startMs + 5000 }));
    await world.clock.advance(6000);
    line.resolve();
    expect(await world.settled(first)).toMatchObject({ state: "expired", code: "expired" });
    expect(world.sent).toEqual([]);
    world.says = { power: true };
    expect((await world.settled(await world.local("301-panel", "cool"))).state).toBe("done");
  });
});
