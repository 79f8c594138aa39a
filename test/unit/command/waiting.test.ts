import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ActionPlan, DevicePoints } from "../../../config/schema/plan.ts";
import { CommandWorld, signed, startMs } from "./world.ts";

type Actions = ReadonlyMap<string, ActionPlan>;

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

  it.each([
    ["cannot do it any more", () => new Map()],
    [
      "does it by other numbers",
      (was: Actions) => new Map([...was].map(([id, one]) => [id, { ...one, withinMs: 1 }])),
    ],
  ])(
    "is not done when the files say meanwhile that its device %s",
    async (_, changed: (was: Actions) => Actions) => {
      const line = free();
      world.turn = () => line.promise;
      const answers = await world.local("301-panel", "power-off");
      await world.clock.advance(10);
      const panel = world.devices.get("301-panel");
      if (panel?.actions === undefined) throw new Error("there is no panel");
      world.devices.set("301-panel", { ...panel, actions: changed(panel.actions) });
      line.resolve();
      expect(await world.settled(answers)).toMatchObject({ state: "failed", code: "no-action" });
      expect(world.sent).toEqual([]);
    },
  );

  it("is done when its device is the same in other files", async () => {
    const line = free();
    world.turn = () => line.promise;
    const answers = await world.local("301-panel", "power-off");
    await world.clock.advance(10);
    const panel = world.devices.get("301-panel");
    world.devices.set("301-panel", structuredClone(panel) as DevicePoints);
    line.resolve();
    expect((await world.settled(answers)).state).toBe("done");
  });
});
