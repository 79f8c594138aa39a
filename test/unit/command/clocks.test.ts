import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandWorld, signed, startMs } from "./world.ts";

const dayMs = 86_400_000;

let world: CommandWorld;
beforeEach(async () => {
  world = new CommandWorld();
  await world.clock.advance(Math.max(0, startMs - world.clock.wallMs()));
  world.says = { power: true };
  await world.start();
});
afterEach(() => world.close());

const cool = async () => (await world.settled(await world.local("301-panel", "cool"))).code ?? "done";
const restart = async () => {
  await world.crash();
  return world.start();
};

describe("when the clock of the machine is set", () => {
  it.each([
    ["forward", 50 * 365 * dayMs],
    ["back", -50 * 365 * dayMs],
  ])("%s, what was done is not done again, now and after a restart", async (_, ms) => {
    const first = await world.settled(await world.remote(signed()));
    world.machineAhead = ms;
    await world.settled(await world.remote(signed({ req: "req-00000002" })));
    expect(await world.remote(signed())).toEqual([first]);
    await restart();
    expect(await world.remote(signed())).toEqual([first]);
    expect(world.sent).toHaveLength(2);
  });

  it("forward, a device has its rest all the same", async () => {
    expect(await cool()).toBe("done");
    world.machineAhead = dayMs;
    expect(await cool()).toBe("too-often");
    expect(world.sent).toHaveLength(1);
  });

  it("back, a device needs no more than its rest, now and after a restart", async () => {
    expect(await cool()).toBe("done");
    world.machineAhead = -365 * dayMs;
    await world.clock.advance(181_000);
    expect(await cool()).toBe("done");
    world.machineAhead = -2 * 365 * dayMs;
    await restart();
    expect(await cool()).toBe("too-often");
    await world.clock.advance(181_000);
    expect(await cool()).toBe("done");
  });
});

describe("a device has its rest", () => {
  it("after a crash in the middle of it", async () => {
    world.does = () => new Promise(() => {});
    await world.local("301-panel", "cool");
    await world.clock.advance(10);
    expect(world.sent).toHaveLength(1);
    await restart();
    world.does = async () => ({ state: "done", readBack: [] });
    expect(await cool()).toBe("too-often");
    expect(world.sent).toHaveLength(1);
  });

  it("and needs none after what did not reach it, now and after a restart", async () => {
    world.turn = () => Promise.reject(Object.assign(new Error("closed"), { code: "offline" }));
    expect(await cool()).toBe("offline");
    expect(await cool()).toBe("offline");
    await restart();
    world.turn = async () => {};
    expect(await cool()).toBe("done");
  });
});
