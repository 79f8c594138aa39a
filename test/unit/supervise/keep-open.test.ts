import { describe, expect, it } from "vitest";
import { KeptOpen, type KeptState, type Openable } from "../../../edge/supervise/keep-open.ts";
import { UplinkError } from "../../../gateway/contract/index.ts";
import { hourMs, keptWorld, never, Thing } from "./kept-world.ts";

describe("what is kept open", () => {
  const world = keptWorld();

  it("is opened at once, and run with what was opened", async () => {
    const thing = new Thing();
    const ran: unknown[] = [];
    world.opener = async () => thing;
    world.run = async (of, signal) => void ran.push(of, signal.aborted);
    world.kept.start();
    await world.settle();
    expect(ran).toEqual([thing, false]);
    expect(world.kept.current).toBe(thing);
    expect(world.reports).toEqual([
      { state: "opening", code: null, retry: "later", attempt: 1, nextMs: null, leftovers: 0 },
      { state: "open", code: null, retry: "later", attempt: 1, nextMs: null, leftovers: 0 },
    ]);
  });

  it("is closed and opened again when it is lost, and what ran on it is told", async () => {
    const first = new Thing();
    const second = new Thing();
    const things = [first, second];
    const signals: AbortSignal[] = [];
    world.opener = async () => things.shift() ?? never();
    world.run = async (_, signal) => void signals.push(signal);
    world.kept.start();
    await world.settle();
    first.lose({ code: "broker-closed", retry: "later", layer: "line", detail: "" });
    await world.settle();
    expect(world.last()).toMatchObject({ state: "closed", code: "broker-closed", nextMs: 500 });
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    expect(first.closes).toBe(1);
    expect(world.kept.current).toBeNull();
    await world.pass(499);
    expect(world.opened).toHaveLength(1);
    await world.pass(1);
    expect(world.last()).toMatchObject({ state: "open", code: null });
    expect(world.kept.current).toBe(second);
    expect(second.closes).toBe(0);
  });

  it("waits a random share of twice as long after each failure, up to a minute", async () => {
    world.opener = async () => {
      throw new UplinkError("refused-connection", "later", "");
    };
    world.kept.start();
    await world.settle();
    const waits: unknown[] = [];
    for (let n = 0; n < 9; n++) {
      waits.push(world.last()?.nextMs);
      await world.pass(world.last()?.nextMs ?? 0);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(world.last()).toMatchObject({ code: "refused-connection", attempt: 10 });
  });

  /** Opens; each life of what it gives is so long, useful or not, and resolves to the rest after it. */
  const shortLives = async () => {
    let thing = new Thing();
    world.opener = async () => {
      thing = new Thing();
      return thing;
    };
    world.kept.start();
    await world.settle();
    return async (ms: number, useful: boolean) => {
      if (useful) world.kept.useful();
      await world.pass(ms);
      thing.lose(null);
      await world.settle();
      const nextMs = world.last()?.nextMs;
      await world.pass(nextMs ?? 0);
      return nextMs;
    };
  };

  it("starts over only after a life of a minute that was useful", async () => {
    const liveAndLose = await shortLives();
    expect(await liveAndLose(1_000, true)).toBe(500);
    expect(await liveAndLose(59_999, true)).toBe(1000);
    expect(await liveAndLose(10 * hourMs, false)).toBe(2000);
    expect(await liveAndLose(60_000, true)).toBe(500);
    expect(await liveAndLose(1_000, true)).toBe(500);
    expect(await liveAndLose(1_000, true)).toBe(1000);
  });

  it("is tried again within 4 s after a short life that was useful, however often it was cut", async () => {
    const liveAndLose = await shortLives();
    const waits: unknown[] = [];
    for (let n = 0; n < 8; n++) waits.push(await liveAndLose(20_000, n !== 5));
    expect(waits).toEqual([500, 1000, 2000, 2000, 2000, 4000, 2000, 2000]);
  });

  it.each([
    ["an uplink's error", new UplinkError("bad-credential", "never", "")],
    [
      "a driver's error",
      Object.assign(new Error("x"), { fault: { code: "bad-credential", retry: "never" } }),
    ],
  ])("is not tried for an hour after %s that says never", async (_, error) => {
    world.opener = () => Promise.reject(error);
    world.kept.start();
    await world.settle();
    expect(world.last()).toMatchObject({ state: "closed", code: "bad-credential", retry: "never" });
    await world.pass(hourMs);
    expect(world.opened).toHaveLength(1);
    await world.pass(hourMs * 0.1);
    expect(world.opened).toHaveLength(2);
  });

  it("is tried at once when a person asks, also after never, and starts over then", async () => {
    world.opener = async () => {
      throw new UplinkError("bad-credential", "never", "");
    };
    world.kept.start();
    await world.settle();
    world.opener = async () => new Thing();
    world.kept.kick();
    await world.settle();
    expect(world.opened).toEqual([1000, 1000]);
    expect(world.last()).toMatchObject({ state: "open", attempt: 1 });
  });

  it("tries again at once when it was asked during an attempt that then failed", async () => {
    const attempt = Promise.withResolvers<Thing>();
    world.opener = () => attempt.promise;
    world.kept.start();
    await world.settle();
    world.kept.kick();
    world.opener = async () => new Thing();
    attempt.reject(new UplinkError("bad-credential", "never", ""));
    await world.settle();
    expect(world.reports.map(({ state }) => state)).toEqual(["opening", "closed", "opening", "open"]);
    expect(world.reports[1]).toMatchObject({ code: "bad-credential", nextMs: 0 });
  });

  it("does not remember being asked while it was open", async () => {
    const thing = new Thing();
    world.opener = async () => thing;
    world.kept.start();
    await world.settle();
    world.kept.kick();
    thing.lose({ code: "kicked-out", retry: "never" });
    await world.settle();
    expect(world.last()?.nextMs).toBeGreaterThanOrEqual(hourMs);
    expect(world.opened).toHaveLength(1);
  });

  it("does not remember being asked during an attempt that succeeded", async () => {
    const attempt = Promise.withResolvers<Thing>();
    const thing = new Thing();
    world.opener = () => attempt.promise;
    world.kept.start();
    await world.settle();
    world.kept.kick();
    attempt.resolve(thing);
    await world.settle();
    thing.lose({ code: "kicked-out", retry: "never" });
    await world.settle();
    expect(world.last()?.nextMs).toBeGreaterThanOrEqual(hourMs);
    expect(world.opened).toHaveLength(1);
  });

  it("rests a tenth of a second even with the luckiest share", async () => {
    world.share = 0;
    world.opener = async () => {
      throw new UplinkError("refused-connection", "later", "");
    };
    world.kept.start();
    await world.settle();
    expect(world.last()).toMatchObject({ state: "closed", nextMs: 100 });
  });

  it("is recycled with the reason as its code; a reason that is no code is not repeated", async () => {
    world.kept.start();
    await world.settle();
    const first = world.kept.current;
    world.kept.recycle("no-receipt");
    await world.settle();
    expect(first?.closes).toBe(1);
    expect(world.last()).toMatchObject({ state: "closed", code: "no-receipt", retry: "later" });
    world.kept.recycle("while closed it does nothing");
    await world.pass(1_000);
    world.kept.recycle("password=1234 was wrong");
    await world.settle();
    expect(world.last()?.code).toBe("recycled");
  });

  it("is closed while it is lent, says so, and is opened at once when it is given back", async () => {
    world.kept.start();
    await world.settle();
    const first = world.kept.current;
    const given = Promise.withResolvers<string>();
    const lent = world.kept.lend(async () => {
      expect([first?.closes, world.kept.current]).toEqual([1, null]);
      return given.promise;
    });
    await world.pass(600_000);
    expect(world.opened).toHaveLength(1);
    expect(world.last()).toMatchObject({ state: "closed", code: "lent", nextMs: null });
    await expect(world.kept.lend(never)).rejects.toMatchObject({ code: "busy" });
    given.resolve("done");
    expect(await lent).toBe("done");
    await world.settle();
    expect(world.last()).toMatchObject({ state: "open" });
    expect(world.opened).toHaveLength(2);
  });

  it("is lent from the middle of an attempt, and while it rests; a stop takes it back", async () => {
    world.opener = (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    world.kept.start();
    await world.settle();
    expect(await world.kept.lend(async () => world.last()?.code)).toBe("lent");
    world.opener = () => Promise.reject(new Error("not there"));
    await world.pass(40_000);
    expect(world.last()?.state).toBe("closed");
    expect(await world.kept.lend(async () => world.last()?.code)).toBe("lent");
    const kept = world.kept.lend((signal) => new Promise((_, no) => signal.addEventListener("abort", no)));
    await world.settle();
    const stopped = world.kept.stop();
    await expect(kept).rejects.toBeDefined();
    await stopped;
    await expect(world.kept.lend(never)).rejects.toMatchObject({ code: "stopped" });
  });

  it("refuses whoever waits for it when it is stopped before it could be lent", async () => {
    const thing = new Thing(never);
    world.opener = async () => thing;
    world.kept.start();
    await world.settle();
    const lent = world.kept.lend(never).catch((error: { code: string }) => error.code);
    await world.settle();
    const stopped = world.kept.stop();
    await world.pass(4_000);
    await stopped;
    expect(await Promise.race([lent, world.settle()])).toBe("stopped");
  });

  it("takes a rejection of what runs on it for a loss", async () => {
    const thing = new Thing();
    world.opener = async () => thing;
    world.run = () => Promise.reject(new UplinkError("not-authorised", "never", ""));
    world.kept.start();
    await world.settle();
    expect(world.last()).toMatchObject({ state: "closed", code: "not-authorised", retry: "never" });
    expect(thing.closes).toBe(1);
  });

  it("waits for what ran on it before it is opened again", async () => {
    const first = new Thing();
    const running = Promise.withResolvers<void>();
    world.opener = async () => first;
    world.run = () => running.promise;
    world.kept.start();
    await world.settle();
    world.opener = async () => new Thing();
    world.run = undefined;
    first.lose(null);
    await world.pass(2_000);
    expect(world.opened).toHaveLength(1);
    running.resolve();
    await world.settle();
    expect(world.opened).toHaveLength(2);
  });

  it("survives openers, things, runs and reports that throw", async () => {
    const throws = (): never => {
      throw new Error("secret in a message");
    };
    const hostile = {
      get ended(): never {
        return throws();
      },
      close: throws,
    };
    const gifts = [throws, async () => hostile, async () => null, async () => new Thing()];
    const seen: KeptState[] = [];
    const bold = new KeptOpen<Openable>({
      clock: world.clock,
      random: () => Number.NaN,
      open: () => (gifts.shift() as () => Promise<Openable>)(),
      run: throws,
      report: (state) => {
        seen.push(state);
        throws();
      },
    });
    bold.start();
    for (let n = 0; n < 8; n++) await world.pass(1_000);
    expect(seen.filter(({ state }) => state === "opening").length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(seen)).not.toContain("secret");
    const stopping = bold.stop();
    await world.pass(3_000);
    await stopping;
  });
});
