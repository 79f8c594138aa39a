import { afterEach, beforeEach, expect, it } from "vitest";
import type { InferredPlan, PointPlan } from "../../../config/schema/plan.ts";
import { point } from "../health/world.ts";
import { CommandWorld, signed, startMs } from "./world.ts";

let world: CommandWorld;
beforeEach(async () => {
  world = new CommandWorld();
  await world.clock.advance(Math.max(0, startMs - world.clock.wallMs()));
  await world.start();
  world.says = { power: true };
  world.quality = 17;
});
afterEach(() => world.close());

const from = { device: "301-plug", point: "power" };
const given = (more: Partial<PointPlan>, simulated = false) => {
  const panel = world.devices.get("301-panel");
  if (panel === undefined) throw new Error("no panel");
  const plan = point("power", { type: "boolean", assumed: true, ...more });
  world.devices.set("301-panel", { ...panel, simulated, points: new Map([["power", plan]]) });
};
const inferred = (more: Partial<InferredPlan> = {}) => ({ inferred: { from, onW: 15, offW: 9, ...more } });
const outcome = async () => {
  const { state, code } = await world.settled(await world.remote(signed()));
  return [state, code];
};

it("a device that repeats what it was told confirms nothing", async () => {
  given({});
  expect(await outcome()).toEqual(["unknown", "unverified"]);
});

it("the meter of a device confirms what it was told to do", async () => {
  given(inferred());
  expect(await outcome()).toEqual(["done", null]);
});

it("the meter of a device tells when it did not do it", async () => {
  given(inferred());
  world.says = { power: false };
  expect(await outcome()).toEqual(["failed", "mismatch"]);
});

it("without a word of its meter, nobody knows", async () => {
  given(inferred());
  world.says = null;
  expect(await outcome()).toEqual(["unknown", "unverified"]);
});

it("an old value of its meter confirms nothing", async () => {
  given(inferred());
  world.quality = 16;
  expect(await outcome()).toEqual(["unknown", "unverified"]);
});

it("a simulated meter confirms nothing of a real device, and all of a simulated one", async () => {
  world.quality = 17 + 128;
  given(inferred({ simulated: true }));
  expect(await outcome()).toEqual(["unknown", "unverified"]);
  given(inferred({ simulated: true }), true);
  const again = await world.remote(signed({ req: "req-00000002" }));
  expect((await world.settled(again)).state).toBe("done");
});
