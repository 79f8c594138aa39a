import { beforeEach, describe, expect, it } from "vitest";
import type { DevicePoints, InferredPlan, PointPlan } from "../../../config/schema/plan.ts";
import { createIntake, type Intake } from "../../../edge/agent/intake.ts";
import type { ValueFact } from "../../../edge/health/index.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { FakeClock } from "../../fake-clock.ts";
import { plan, point } from "../health/world.ts";

const second = 1000;

const limits = (more: Partial<InferredPlan> = {}): InferredPlan => ({
  from: { device: "plug", point: "power" },
  onW: 15,
  offW: 8,
  ...more,
});
const displayOn = (inferred: InferredPlan): PointPlan => {
  const { unit: _, range: __, ...rest } = point("display_on", { kind: "state", type: "boolean" });
  return { ...rest, everyMs: 10 * second, deadband: { abs: 0 }, assumed: true, inferred };
};

interface World {
  inferred?: InferredPlan;
  simulated?: boolean;
  buffered?: boolean;
}
const devices = ({ inferred = limits(), simulated = false, buffered = false }: World = {}) => {
  const power = point("power", { unit: "W", range: [0, 5000], everyMs: 10 * second });
  const found = plan({
    rs1: { plug: { points: [power], simulated, buffered }, panel: { points: [displayOn(inferred)] } },
  }).links[0]?.points;
  return found as ReadonlyMap<string, DevicePoints>;
};

let clock: FakeClock;
let stored: Draft[];
let values: Record<string, ValueFact[]>;
let clocks: string[];
let refuse: boolean;
let intake: Intake;

const make = (world?: World) => {
  intake = createIntake({
    clock,
    devices: devices(world),
    journal: {
      append: async (drafts) => {
        if (refuse) throw new Error("refused");
        stored.push(...drafts);
        return { repeated: false };
      },
      knows: () => false,
    },
    wallMs: () => clock.wallMs(),
    values(device, facts) {
      values[device] = [...(values[device] ?? []), ...facts];
    },
    fault: () => {},
    deviceClock: (device) => void clocks.push(device),
  });
};
beforeEach(() => {
  clock = new FakeClock();
  [stored, values, clocks, refuse] = [[], {}, [], false];
  make();
});

/** The meter says so, ten seconds after what it said before. */
const say = async (raw: number | null, more: { deviceTime?: number; stale?: true } = {}) => {
  await clock.jump(10 * second);
  const samples = [{ point: "power", raw, ...more }];
  return intake.deliver({ readings: [{ device: "plug", samples, faults: [] }], keys: [] });
};
const told = () => (values.panel ?? []).map(({ value }) => value);
const kept = () => stored.filter(({ series }) => series.device === "panel");

describe("what a meter says of the device that it feeds", () => {
  it("is on above one limit and off below the other, and between them what it was before", async () => {
    for (const watts of [16, 15, 8, 7.9, 8, 15, 15.1]) await say(watts);
    expect(told()).toEqual([true, true, true, false, false, false, true]);
  });

  it("is nothing between the limits, where nothing was told before", async () => {
    for (const watts of [10, 8, 15]) await say(watts);
    expect(told()).toEqual([]);
    await say(3);
    expect(told()).toEqual([false]);
  });

  it("is doubtful, and never as good as what the device says itself", async () => {
    await say(100);
    expect(kept()).toMatchObject([
      { value: true, quality: 17, series: { device: "panel", point: "display_on", source: "p" } },
    ]);
    expect(kept()[0]?.series).not.toHaveProperty("simulated");
  });

  it("is simulated where the meter is", async () => {
    make({ simulated: true, inferred: limits({ simulated: true }) });
    await say(100);
    expect(kept()).toMatchObject([{ value: true, quality: 17 + 128, series: { simulated: true } }]);
  });

  it.each([
    ["out of range", 6000, {}],
    ["no value", null, {}],
    ["not new", 100, { stale: true as const }],
  ])("is nothing when that is %s", async (_, raw, more) => {
    await say(raw, more);
    expect(stored.length).toBeGreaterThan(0);
    expect(told()).toEqual([]);
  });

  it("does not go on over a silence of the meter, but where it is clear", async () => {
    await say(100);
    await say(10);
    await clock.jump(60 * second);
    await say(10);
    expect(told()).toEqual([true, true]);
    await say(100);
    expect(told()).toEqual([true, true, true]);
  });

  it("is stored when it changes, and else once in its longest silence", async () => {
    for (let n = 0; n < 59; n += 1) await say(100 + n);
    expect(kept()).toHaveLength(1);
    await say(1);
    expect(kept().map(({ value }) => value)).toEqual([true, false]);
    for (let n = 0; n < 60; n += 1) await say(1);
    expect(kept()).toHaveLength(3);
    expect(told()).toHaveLength(120);
  });

  it("comes after what it is inferred from, and not before an earlier word", async () => {
    const at = clock.wallMs();
    await say(100, { deviceTime: at });
    await say(1, { deviceTime: at - 5 * second });
    expect(told()).toEqual([true]);
    expect(stored.map(({ series, deviceTime }) => [series.device, deviceTime])).toEqual([
      ["plug", at],
      ["panel", at],
      ["plug", at - 5 * second],
    ]);
    await say(1, { deviceTime: at + second });
    expect(told()).toEqual([true, false]);
  });

  it("is nothing of what a meter had kept for later", async () => {
    make({ buffered: true });
    await say(100, { deviceTime: clock.wallMs() - 3_600_000 });
    expect(stored).toHaveLength(1);
    expect(told()).toEqual([]);
  });

  it("tells nothing of the clock of that device", async () => {
    await say(100, { deviceTime: clock.wallMs() });
    expect(clocks).toEqual(["plug"]);
  });

  it("is stored with it or not at all, and told once", async () => {
    refuse = true;
    await expect(say(100)).rejects.toThrow("refused");
    refuse = false;
    const samples = [{ point: "power", raw: 100 }];
    await intake.deliver({ readings: [{ device: "plug", samples, faults: [] }], keys: [] }, "again");
    expect(stored.map(({ series }) => series.device)).toEqual(["plug", "panel"]);
    expect(told()).toEqual([true]);
  });

  it("goes by new limits at once, and what was told by others does not count between them", async () => {
    await say(20);
    intake.adopt(devices({ inferred: limits({ onW: 50, offW: 10 }) }));
    await say(20);
    expect(told()).toEqual([true]);
    await say(5);
    await say(20);
    expect(told()).toEqual([true, false, false]);
  });

  it("goes on where another plan leaves it as it is", async () => {
    await say(20);
    intake.adopt(devices());
    await say(10);
    expect(told()).toEqual([true, true]);
  });

  it("ends with the meter, and with the point", async () => {
    const without = new Map(devices());
    without.delete("plug");
    intake.adopt(without);
    await say(100);
    expect(told()).toEqual([]);
    const alone = new Map(devices());
    alone.delete("panel");
    intake.adopt(alone);
    await say(100);
    expect(told()).toEqual([]);
    expect(stored.map(({ series }) => series.device)).toEqual(["plug"]);
  });
});

it("a device that would be inferred from itself goes round no circle", async () => {
  const own = displayOn(limits({ from: { device: "plug", point: "power" } }));
  const power = point("power", { unit: "W", everyMs: 10 * second });
  const round = plan({ rs1: { plug: { points: [power, own] } } }).links[0]?.points;
  intake.adopt(round as ReadonlyMap<string, DevicePoints>);
  await say(100);
  expect(values.plug?.map(({ point: id, value }) => [id, value])).toEqual([
    ["power", 100],
    ["display_on", true],
  ]);
});
