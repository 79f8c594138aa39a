import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bus, type Why } from "../../../edge/supervise/bus.ts";
import { FakeClock } from "../../fake-clock.ts";

const turn = (why: Why, device = "a", deadlineMs = 100) => ({ device, why, deadlineMs });
const never = () => new Promise<never>(() => {});

function world() {
  const clock = new FakeClock();
  const turns: string[] = [];
  const bus = new Bus({
    clock,
    onTurn: ({ device, why }, from, to) => void turns.push(`${why} ${device} ${to - from}`),
  });
  const order: string[] = [];
  /** Takes `ms` of the line. */
  const take = (why: Why, name: string, ms = 10) =>
    bus.use(turn(why, name), async (signal) => {
      order.push(name);
      await clock.sleep(ms, signal);
      return name;
    });
  return { clock, bus, turns, order, take };
}

describe("the line", () => {
  it("begins at once when it is free, and settles with what the work gave or threw", async () => {
    const { clock, bus, turns, take } = world();
    const first = take("poll", "a");
    expect(bus.current?.turn.device).toBe("a");
    await clock.advance(10);
    expect(await first).toBe("a");
    const broken = bus.use(turn("poll", "b"), () => {
      throw new Error("broken");
    });
    await expect(broken).rejects.toThrow("broken");
    await expect(bus.use(turn("poll"), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(bus.current).toBeNull();
    expect(turns).toEqual(["poll a 10", "poll b 0", "poll a 0"]);
    expect(clock.sleeping).toBe(0);
  });

  it("goes to commands first, then probes, polls and rechecks, and in each to who came first", async () => {
    const { clock, take, order } = world();
    void take("poll", "running");
    for (const [why, name] of [
      ["recheck", "r1"],
      ["poll", "p1"],
      ["recheck", "r2"],
      ["probe", "q1"],
      ["poll", "p2"],
      ["command", "c1"],
      ["command", "c2"],
    ] as const)
      void take(why, name);
    await clock.advance(15);
    void take("command", "late");
    await clock.advance(200);
    expect(order.slice(0, 4)).toEqual(["running", "c1", "c2", "late"]);
    expect(order.slice(4)).toEqual(["q1", "p1", "p2", "r1", "r2"]);
  });

  it("lets a recheck through that waited for ten seconds, however full it is", async () => {
    const { clock, take, order } = world();
    const full = async () => {
      for (;;) await take("poll", "p", 50);
    };
    for (let one = 0; one < 3; one++) void full().catch(() => {});
    await clock.advance(20);
    void take("recheck", "r", 1);
    await clock.advance(9_900);
    expect(order).not.toContain("r");
    await clock.advance(300);
    expect(order).toContain("r");
  });

  it("aborts a work at its deadline; what that gives afterwards is no result, and what it throws is told", async () => {
    const { clock, bus } = world();
    const late = bus.use(turn("poll"), async (signal) => {
      await clock.sleep(1_000, signal).catch(() => {});
      return "too late";
    });
    const told = bus.use(turn("poll"), (signal) => clock.sleep(1_000, signal));
    const outcomes = Promise.allSettled([late, told]);
    await clock.advance(300);
    expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
      "deadline",
      "deadline",
    ]);
    expect(await bus.use(turn("poll"), () => "free again")).toBe("free again");
  });

  it("is over when a work has not let go by twice its deadline: it is told, and nothing begins any more", async () => {
    const { clock, bus, order, take } = world();
    let hung = "";
    void bus.hung.then(({ device }) => {
      hung = device;
    });
    const outcomes = Promise.allSettled([bus.use(turn("poll", "bad"), never), take("command", "c")]);
    await clock.advance(199);
    expect([hung, bus.over]).toEqual(["", false]);
    await clock.advance(1);
    expect([hung, bus.over]).toEqual(["bad", true]);
    expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
      "hung",
      "closed",
    ]);
    await expect(take("command", "d")).rejects.toMatchObject({ code: "closed" });
    expect(order).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -5])(
    "takes a deadline of %s for one that ends",
    async (ms) => {
      const { clock, bus } = world();
      const outcome = bus.use(turn("poll", "a", ms), never).catch((error) => error.code);
      await clock.advance(2 * 600_000);
      expect(await outcome).toBe("hung");
    },
  );

  it("closed aborts what runs and refuses what waits, at once, and leaves no timer", async () => {
    const { clock, bus, take } = world();
    let reason: unknown;
    const running = bus.use(turn("poll"), async (signal) => {
      signal.addEventListener("abort", () => {
        reason = signal.reason;
      });
      await never();
    });
    const outcomes = Promise.allSettled([running, take("poll", "b")]);
    bus.close();
    bus.close();
    expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
      "closed",
      "closed",
    ]);
    expect(reason).toMatchObject({ code: "closed" });
    expect(clock.sleeping).toBe(0);
    await bus.pause();
  });

  it("paused begins nothing, says when what runs is done, and goes on in the same order", async () => {
    const { clock, bus, take, order } = world();
    void take("poll", "a", 40);
    void take("poll", "b");
    let idle = false;
    void bus.pause().then(() => {
      idle = true;
    });
    void take("command", "c");
    await clock.advance(39);
    expect(idle).toBe(false);
    await clock.advance(1_000);
    expect([idle, order]).toEqual([true, ["a"]]);
    bus.resume();
    await clock.advance(100);
    expect(order).toEqual(["a", "c", "b"]);
  });

  it.each(["poll", "recheck"] as const)("paused cuts off a %s that does not end soon", async (why) => {
    const { clock, bus, order, take } = world();
    let reason: unknown;
    const running = bus
      .use(turn(why, "a", 30_000), async (signal) => {
        await clock.sleep(10_000, signal).catch(() => {});
        reason = signal.reason;
        return "what it gives then is nothing";
      })
      .catch((error) => error.code);
    let idle = false;
    void bus.pause().then(() => {
      idle = true;
    });
    await clock.advance(999);
    expect(idle).toBe(false);
    await clock.advance(1);
    expect(idle).toBe(true);
    expect([await running, reason]).toMatchObject(["paused", { code: "paused" }]);
    expect(clock.sleeping).toBe(0);
    bus.resume();
    void take("poll", "b");
    await clock.advance(10);
    expect(order).toEqual(["b"]);
  });

  it("paused waits for a command, and for a poll once it goes on", async () => {
    const { clock, bus } = world();
    const long = (why: Why) =>
      bus.use(turn(why, "a", 30_000), (signal) => clock.sleep(5_000, signal).then(() => "whole"));
    const command = long("command");
    void bus.pause();
    await clock.advance(5_000);
    bus.resume();
    const poll = long("poll");
    void bus.pause();
    await clock.advance(500);
    bus.resume();
    await clock.advance(4_500);
    expect([await command, await poll]).toEqual(["whole", "whole"]);
  });

  it("paused is over when what it cuts off does not let go", async () => {
    const { clock, bus } = world();
    let hung = "";
    void bus.hung.then(({ device }) => {
      hung = device;
    });
    const running = bus.use(turn("poll", "bad", 3_000), never).catch((error) => error.code);
    void bus.pause();
    await clock.advance(4_000);
    expect([await running, hung]).toEqual(["hung", "bad"]);
    bus.close();
    expect(clock.sleeping).toBe(0);
  });
});

describe("whatever the works do", () => {
  it("at most one has the line, each use settles once, and none is passed over by a lesser one", async () => {
    const work = fc.record({
      at: fc.nat(2_000),
      why: fc.constantFrom<Why>("command", "probe", "poll", "recheck"),
      deadlineMs: fc.integer({ min: 1, max: 200 }),
      ms: fc.integer({ min: 0, max: 500 }),
      how: fc.constantFrom("obeys", "obeys", "slow to obey", "throws", "throws at once", "never ends"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(work, { minLength: 1, maxLength: 25 }),
        fc.option(fc.nat(3_000), { nil: null }),
        async (works, closeAt) => {
          const clock = new FakeClock();
          const start = clock.monotonicMs();
          const bus = new Bus({ clock });
          let inside = 0;
          const wrong: string[] = [];
          const waiting = new Map<number, number>();
          const rank = { command: 0, probe: 1, poll: 2, recheck: 3 };
          const settled: number[] = works.map(() => 0);
          const nap = (ms: number) => clock.sleep(ms, new AbortController().signal);
          const use = async (index: number) => {
            const { at, why, deadlineMs, ms, how } = works[index] as (typeof works)[number];
            await nap(at);
            waiting.set(index, rank[why]);
            await bus
              .use({ device: `${index}`, why, deadlineMs }, async (signal) => {
                if (inside > 0) wrong.push(`${index} began while another had the line`);
                waiting.delete(index);
                const aged = clock.monotonicMs() - start < 10_000 ? 0 : 1;
                if ([...waiting.values()].some((other) => rank[why] > other + aged))
                  wrong.push(`${index} came before its betters`);
                inside += 1;
                try {
                  if (how === "throws at once") throw new Error("x");
                  if (how === "never ends") await never();
                  await clock.sleep(ms, signal).catch(() => {});
                  if (signal.aborted && how === "slow to obey") await nap(deadlineMs / 2);
                  if (how === "throws") throw new Error("x");
                } finally {
                  inside -= 1;
                }
              })
              .catch(() => {});
            waiting.delete(index);
            settled[index] = (settled[index] ?? 0) + 1;
          };
          const all = works.map((_, index) => use(index));
          if (closeAt !== null) void nap(closeAt).then(() => bus.close());
          await clock.advance(30_000);
          await Promise.all(all);
          expect(wrong).toEqual([]);
          expect(settled).toEqual(works.map(() => 1));
          if (!bus.over) expect(bus.current).toBeNull();
          expect(clock.sleeping).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
