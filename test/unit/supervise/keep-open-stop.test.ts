import { describe, expect, it } from "vitest";
import { KeptOpen, type KeptState } from "../../../edge/supervise/keep-open.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { hourMs, keptWorld, never, Thing } from "./kept-world.ts";

describe("what is kept open, when stopped,", () => {
  const world = keptWorld();

  it("closes what is open and stays closed", async () => {
    world.kept.start();
    await world.settle();
    const thing = world.kept.current;
    await world.kept.stop();
    expect(thing?.closes).toBe(1);
    expect(world.last()).toMatchObject({ state: "closed", code: "stopped", nextMs: null });
    world.kept.kick();
    world.kept.start();
    await world.pass(10 * hourMs);
    expect(world.opened).toHaveLength(1);
  });

  it("ends within three seconds though the close hangs", async () => {
    world.opener = async () => new Thing(never);
    world.kept.start();
    await world.settle();
    let stopped = false;
    const stopping = world.kept.stop().then(() => {
      stopped = true;
    });
    await world.pass(2_999);
    expect(stopped).toBe(false);
    await world.pass(1);
    await stopping;
  });

  it("ends within three seconds though the opener ignores it, and closes what comes later", async () => {
    const attempt = Promise.withResolvers<Thing>();
    world.opener = () => attempt.promise;
    world.kept.start();
    await world.pass(100);
    const stopping = world.kept.stop();
    await world.pass(3_000);
    await stopping;
    const late = new Thing();
    attempt.resolve(late);
    await world.settle();
    expect(late.closes).toBe(1);
    expect(world.last()).toMatchObject({ state: "closed", code: "stopped" });
  });

  it("ends its rest", async () => {
    world.opener = async () => {
      throw new UplinkError("bad-credential", "never", "");
    };
    world.kept.start();
    await world.settle();
    await world.kept.stop();
    expect(world.last()).toMatchObject({ state: "closed", code: "stopped", nextMs: null });
    expect(world.clock.sleeping).toBe(0);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    "closes what was opened in the same moment (turn %i)",
    async (turns) => {
      const attempt = Promise.withResolvers<Thing>();
      const thing = new Thing();
      world.opener = () => attempt.promise;
      world.kept.start();
      await world.settle();
      attempt.resolve(thing);
      // Somewhere between the opener's answer and the open state.
      for (let n = 0; n < turns; n++) await Promise.resolve();
      const stopping = world.kept.stop();
      await world.pass(0);
      await stopping;
      expect(thing.closes).toBe(1);
      expect(world.kept.current).toBeNull();
    },
  );

  it("may be stopped by who hears that it is opening", async () => {
    let stopping: Promise<void> | null = null;
    const given: boolean[] = [];
    const heard: KeptState[] = [];
    const shy: KeptOpen<Thing> = new KeptOpen<Thing>({
      clock: world.clock,
      random: () => world.share,
      open: (signal) => {
        given.push(signal.aborted);
        return never();
      },
      report: (state) => {
        heard.push(state);
        stopping ??= shy.stop();
      },
    });
    shy.start();
    await world.pass(3_000);
    await stopping;
    expect(given).toEqual([true]);
    expect(heard.at(-1)).toMatchObject({ state: "closed", code: "stopped" });
  });

  it("may be stopped before it began, and twice", async () => {
    await Promise.all([world.kept.stop(), world.kept.stop()]);
    world.kept.start();
    await world.settle();
    expect(world.opened).toEqual([]);
  });
});
