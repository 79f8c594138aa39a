import { describe, expect, it } from "vitest";
import type { Job } from "../../../config/schema/kind.ts";
import { fault, job, polledWorld, reading } from "./polled-world.ts";

const of = polledWorld();

describe("a job that the device wants in other pieces", () => {
  const wide = job("a", { points: ["p0", "p1", "p2", "p3"] });
  const halves = ({ points, ...rest }: Job): Job[] => {
    const middle = points.length / 2;
    return [points.slice(0, middle), points.slice(middle)].map((half) => ({ ...rest, points: half }));
  };
  const byHalves = (world: typeof of.it, bad: string) =>
    world.acts.set("a", async (each, signal) => {
      await world.clock.sleep(10, signal);
      const { points } = each;
      if (!points.includes(bad)) return { reading: reading("a", ...points) };
      if (points.length > 1) return { reading: reading("a"), instead: halves(each) };
      const refusal = { ...fault("modbus.illegal-address", "device"), retry: "never" };
      return { reading: { device: "a", samples: [], faults: [refusal] } };
    });

  it("is replaced by them at once, also over sessions, until it is asked for again or another plan comes", async () => {
    const { it: world } = of;
    world.poller.adopt([wide]);
    byHalves(world, "p2");
    world.start();
    await world.clock.advance(100);
    expect(world.asked.map(({ job: { points } }) => points.join("+"))).toEqual([
      "p0+p1+p2+p3",
      "p0+p1",
      "p2+p3",
      "p2",
      "p3",
    ]);
    await world.seconds(2);
    await world.stop();
    world.fresh();
    world.start();
    // The same plan again: nothing is forgotten.
    world.poller.adopt([{ ...wide }]);
    await world.seconds(5);
    const asked = () => new Set(world.asked.map(({ job: { points } }) => points.join("+")));
    // What it does not have is told without asking for it.
    expect(asked()).toEqual(new Set(["p0+p1", "p3"]));
    world.fresh();
    world.poller.adopt([{ ...wide, deadlineMs: 400 }]);
    await world.clock.advance(20);
    expect(asked()).toContain("p0+p1+p2+p3");
  });

  it("keeps its phase in all its pieces, and its device stays up", async () => {
    const { it: world } = of;
    world.poller.adopt([wide]);
    byHalves(world, "p0");
    world.start();
    await world.seconds(1);
    world.fresh();
    await world.seconds(8);
    expect(world.times("a")).toHaveLength(2 * 8);
    expect(world.told).toEqual([]);
    expect(world.figures[0]).toMatchObject({ cyclesMissed: 0 });
  });

  it.each([
    ["of another device", [job("b", { points: ["p0"] })]],
    ["of another line", [job("a", { line: "x", points: ["p0"] })]],
    ["with points of its own", [job("a", { points: ["stranger"] })]],
    ["of another period", [job("a", { everyMs: 1, points: ["p0"] })]],
    ["that are too many", Array.from({ length: 5 }, () => job("a", { points: ["p0"] }))],
    ["that are none", "nonsense"],
  ])("is not replaced by pieces %s, which is told once", async (_, instead) => {
    const { it: world } = of;
    world.poller.adopt([wide]);
    world.acts.set("a", async () => ({ reading: reading("a", "p0"), instead }));
    world.start();
    await world.seconds(5);
    expect(new Set(world.asked.map(({ job: each }) => each))).toEqual(new Set([wide]));
    expect(world.log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  it("does not run without a pause when the pieces get no smaller, and may be none at all", async () => {
    const { it: world } = of;
    world.poller.adopt([wide, job("b")]);
    world.acts.set("a", async (each) => ({ reading: reading("a"), instead: [{ ...each }] }));
    world.acts.set("b", async () => ({ reading: reading("b"), instead: [] }));
    world.start();
    await world.seconds(9);
    expect(world.times("a").length).toBeLessThanOrEqual(10);
    expect(world.times("b")).toHaveLength(1);
  });
});
