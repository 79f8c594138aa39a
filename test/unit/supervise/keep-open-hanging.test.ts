import { describe, expect, it } from "vitest";
import { hourMs, keptWorld, never, Thing } from "./kept-world.ts";

describe("what is kept open, when something hangs,", () => {
  const world = keptWorld();

  it("gives up an opening after 30 s and aborts it", async () => {
    let given: AbortSignal | null = null;
    world.opener = (signal) => {
      given = signal;
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    world.kept.start();
    await world.pass(29_999);
    expect(world.last()?.state).toBe("opening");
    await world.pass(1);
    expect(given).toMatchObject({ aborted: true });
    expect(world.last()).toMatchObject({
      state: "closed",
      code: "open-timeout",
      retry: "later",
      nextMs: 500,
    });
    await world.pass(500);
    expect(world.opened).toHaveLength(2);
  });

  it("goes on when an opener ignores its deadline, and closes what comes late", async () => {
    const attempt = Promise.withResolvers<Thing>();
    world.opener = () => attempt.promise;
    world.kept.start();
    await world.pass(30_000);
    expect(world.last()).toMatchObject({ state: "closed", code: "open-timeout" });
    world.opener = async () => new Thing();
    await world.pass(2_999);
    expect(world.opened, "the old opener has three seconds to end").toHaveLength(1);
    await world.pass(1);
    expect(world.last()).toMatchObject({ state: "open", leftovers: 1 });
    const current = world.kept.current;
    const late = new Thing();
    attempt.resolve(late);
    await world.settle();
    expect(late.closes).toBe(1);
    expect(world.kept.current).toBe(current);
    expect(current?.closes).toBe(0);
  });

  it("is not disturbed by the late end of the one before", async () => {
    const first = new Thing(never);
    world.opener = async () => first;
    world.kept.start();
    await world.settle();
    world.opener = async () => new Thing();
    world.kept.recycle("no-receipt");
    await world.pass(3_000);
    const second = world.kept.current;
    expect(second).not.toBe(first);
    first.lose(new Error("at last"));
    await world.settle();
    expect(world.kept.current).toBe(second);
    expect(world.last()).toMatchObject({ state: "open" });
  });

  it("is opened again when a close hangs, after three seconds", async () => {
    world.opener = async () => new Thing(never);
    world.kept.start();
    await world.settle();
    world.kept.current?.lose(null);
    await world.pass(2_999);
    expect(world.opened).toHaveLength(1);
    await world.pass(1);
    expect(world.opened).toHaveLength(2);
    expect(world.last()).toMatchObject({ state: "open", leftovers: 1 });
  });

  it("is tried once an hour when too much hangs, and as usual when that has gone", async () => {
    const hanging: PromiseWithResolvers<void>[] = [];
    world.opener = async () =>
      new Thing(() => {
        const close = Promise.withResolvers<void>();
        hanging.push(close);
        return close.promise;
      });
    world.kept.start();
    for (let n = 0; n < 4; n++) {
      await world.pass(10_000);
      world.kept.recycle("no-receipt");
      await world.pass(10_000);
    }
    expect(world.last()).toMatchObject({ state: "open", leftovers: 4 });
    world.kept.recycle("no-receipt");
    await world.settle();
    expect(world.last()).toMatchObject({ state: "closed", code: "stuck", retry: "later" });
    const before = world.opened.length;
    await world.pass(hourMs);
    expect(world.opened).toHaveLength(before);
    await world.pass(hourMs * 0.1);
    expect(world.opened).toHaveLength(before + 1);
    for (const close of hanging) close.resolve();
    await world.settle();
    world.kept.recycle("no-receipt");
    await world.settle();
    expect(world.last()).toMatchObject({ code: "no-receipt", leftovers: 0 });
    expect(world.last()?.nextMs).toBeLessThanOrEqual(60_000);
    for (const close of hanging) close.resolve();
  });
});
