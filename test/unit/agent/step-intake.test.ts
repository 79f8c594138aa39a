import { describe, expect, it } from "vitest";
import { createIntake } from "../../../edge/agent/intake.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { FakeClock } from "../../fake-clock.ts";
import { plan, point } from "../health/world.ts";

const [second, hour, day] = [1000, 3_600_000, 86_400_000];

/** One device behind a wall that may be stepped, and what is stored of it. */
function make(more: { buffered?: boolean } = {}) {
  const clock = new FakeClock();
  let wall: number | null = 0;
  const stored: Draft[] = [];
  const co2 = point("co2", { deadband: { abs: 50 }, maxSilenceMs: 600_000 });
  const intake = createIntake({
    clock,
    devices: plan({ broker: { air: { points: [co2], ...more } } }).links[0]?.points ?? new Map(),
    journal: {
      append: async (drafts) => {
        stored.push(...drafts);
        return { repeated: false };
      },
      knows: () => false,
    },
    wallMs: () => (wall === null ? null : clock.wallMs() + wall),
    values: () => {},
    fault: () => {},
  });
  const say = async (sample: { deviceTime?: number } = {}) => {
    stored.length = 0;
    await clock.jump(10 * second);
    const samples = [{ point: "co2", raw: 600, ...sample }];
    await intake.deliver({ readings: [{ device: "air", samples, faults: [] }], keys: [] });
    return stored.length;
  };
  const setWall = (byMs: number | null) => {
    wall = byMs;
  };
  return { clock, say, stored, setWall };
}

describe("a step of the wall", () => {
  it.each([-3 * day, 400 * day, null])(
    "of %s stores one value that says nothing new, and after that the storing rule holds as before",
    async (byMs) => {
      const { say, setWall } = make();
      expect([await say(), await say(), await say()]).toEqual([1, 0, 0]);
      setWall(byMs);
      expect([await say(), await say(), await say()]).toEqual([1, 0, 0]);
      let kept = 0;
      for (let n = 0; n < 360; n += 1) kept += await say();
      expect(kept).toBe(6);
    },
  );

  it.each([-3 * day, 400 * day, -hour])(
    "of %i ms takes no device's word that lies outside the new bounds, and loses no value for it",
    async (byMs) => {
      const { clock, say, stored, setWall } = make();
      setWall(byMs);
      expect(await say({ deviceTime: clock.wallMs() })).toBe(1);
      expect(stored[0]).toMatchObject({ value: 600, quality: 0 });
      expect(stored[0]).not.toHaveProperty("deviceTime");
      setWall(0);
      const deviceTime = clock.wallMs() + 10 * second;
      await say({ deviceTime });
      expect(stored[0]).toMatchObject({ value: 600, deviceTime });
    },
  );

  it("leaves a buffered device's reading doubtful when it lies ahead of a wall that was set back", async () => {
    const { clock, say, stored, setWall } = make({ buffered: true });
    setWall(-3 * day);
    await say({ deviceTime: clock.wallMs() - hour });
    expect(stored[0]).toMatchObject({ value: 600, quality: 19 });
    expect(stored[0]).not.toHaveProperty("deviceTime");
  });

  it("takes no device's word while the wall is unknown", async () => {
    const { clock, say, stored, setWall } = make();
    setWall(null);
    await say({ deviceTime: clock.wallMs() });
    expect(stored[0]).not.toHaveProperty("deviceTime");
  });
});
