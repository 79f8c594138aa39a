import { describe, expect, it } from "vitest";
import { type Change, createWall, graceMs, isStep, jumpMs, type Wall } from "../../../edge/agent/wall.ts";
import { FakeClock } from "../../fake-clock.ts";

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

/** A wall over a machine's clock, and what became of it. */
function make(clock = new FakeClock()) {
  const changes: Change[] = [];
  const wall = createWall(clock, (change) => void changes.push(change));
  return { clock, wall, changes, steps: () => changes.filter(isStep) };
}

/** A machine that is synchronised, looked at every ten seconds for a while. */
async function looks(clock: FakeClock, wall: Wall, forMs: number, each = () => {}): Promise<void> {
  for (let at = 0; at < forMs; at += 10 * second) {
    await clock.jump(10 * second);
    each();
    wall.look("system");
  }
}

describe("the wall", () => {
  it("is unknown until somebody vouches, and goes by monotonic time after", async () => {
    const { clock, wall, changes } = make();
    wall.look(null);
    expect([wall.now(), wall.state.quality]).toEqual([null, 2]);
    wall.look("system");
    expect(wall.now()).toBe(clock.wallMs());
    expect(changes).toEqual([{ wallMs: clock.wallMs(), quality: 0, source: "system", first: true, byMs: 0 }]);
    const before = clock.wallMs();
    clock.step(-3 * day);
    await clock.jump(second);
    expect(wall.now()).toBe(before + second);
  });

  it.each([
    [-3 * day, "three days back"],
    [400 * day, "four hundred days ahead"],
    [5 * second, "five seconds"],
  ])("is moved by %i ms (%s) in one step when a clock that is vouched for is set", async (byMs) => {
    const { clock, wall, changes } = make();
    wall.look("system");
    await clock.jump(hour);
    clock.step(byMs);
    expect(wall.astrayMs).toBe(byMs);
    wall.look("system");
    wall.look("system");
    expect(changes.slice(1)).toEqual([
      { wallMs: clock.wallMs(), quality: 0, source: "system", first: false, byMs },
    ]);
    expect(wall.now()).toBe(clock.wallMs());
  });

  it("follows a clock that is slewed at 500 ppm for three days, and never calls that a step", async () => {
    const { clock, wall, changes, steps } = make();
    wall.look("system");
    let farthest = 0;
    await looks(clock, wall, 3 * day, () => {
      clock.step(5);
      farthest = Math.max(farthest, Math.abs(clock.wallMs() - (wall.now() ?? 0)));
    });
    expect(steps()).toEqual([]);
    expect(farthest).toBeLessThan(4 * second);
    expect(changes.length).toBeGreaterThan(50);
  });

  it("has two new epochs a day at 50 ppm", async () => {
    const { clock, wall, changes, steps } = make();
    wall.look("system");
    await looks(clock, wall, 10 * day, () => clock.step(0.5));
    expect(steps()).toEqual([]);
    expect(changes.slice(1).map(({ byMs }) => byMs)).toEqual(Array(21).fill(2000));
  });

  it("is not moved more than forty times a day by a clock that jumps all the time, and follows when it is calm", async () => {
    const { clock, wall, changes } = make();
    wall.look("system");
    let ahead = false;
    await looks(clock, wall, day, () => {
      clock.step(ahead ? -hour : hour);
      ahead = !ahead;
    });
    expect(changes.length).toBeLessThan(40);
    clock.step(10 * minute);
    await looks(clock, wall, hour);
    expect(wall.now()).toBe(clock.wallMs());
  });

  it("keeps its quality for half an hour when nobody vouches any more, and then says so", async () => {
    const { clock, wall, changes } = make();
    wall.look("system");
    await clock.jump(graceMs - 1);
    wall.look(null);
    expect(changes).toHaveLength(1);
    clock.step(-day);
    await clock.jump(1);
    const now = wall.now();
    wall.look(null);
    expect(changes.slice(1)).toEqual([{ wallMs: now, quality: 1, source: "nobody", first: false, byMs: 0 }]);
    clock.step(7 * day);
    wall.look(null);
    expect([wall.now(), wall.state.quality, wall.astrayMs]).toEqual([now, 1, 0]);
    await clock.jump(hour);
    clock.step(-6 * day + 200);
    wall.look("system");
    expect(changes.slice(2)).toMatchObject([{ quality: 0, source: "system", byMs: 200 }]);
  });

  it("is not made better or worse by a time service that is silent now and then", async () => {
    const { clock, wall, changes } = make();
    for (const voucher of ["system", null, "system", "configuration", "configuration", "system"] as const) {
      wall.look(voucher);
      await clock.jump(10 * minute);
    }
    expect(changes).toHaveLength(1);
  });

  it("is only as good as the person who wrote `trusted`: quality 1, and 0 once the system says so", async () => {
    const { clock, wall, changes } = make();
    wall.look("configuration");
    clock.step(-3 * day);
    await clock.jump(hour);
    wall.look("configuration");
    wall.look("system");
    expect(changes.map(({ quality, byMs }) => [quality, byMs])).toEqual([
      [1, 0],
      [1, -3 * day],
    ]);
    await clock.jump(2 * minute);
    wall.look("system");
    expect(changes.at(-1)).toMatchObject({ quality: 0, byMs: 0 });
    const before = wall.now();
    wall.look(null);
    expect(wall.now()).toBe(before);
  });

  it("is nobody's when `trusted` is taken back", () => {
    const { clock, wall, changes } = make();
    wall.look("configuration");
    wall.look(null);
    clock.step(day);
    wall.look(null);
    expect(wall.state).toMatchObject({ known: true, quality: 1, source: "nobody" });
    expect(wall.now()).toBe(clock.wallMs() - day);
    expect(changes).toHaveLength(1);
  });

  it.each([Date.UTC(1970, 0, 1), Date.UTC(2019, 5, 1), Date.UTC(2099, 0, 1)])(
    "does not believe a machine that shows %i, whoever vouches, until it is set",
    async (wallMs) => {
      const { clock, wall } = make(new FakeClock(wallMs));
      for (const voucher of ["configuration", "system"] as const) {
        wall.look(voucher);
        expect(wall.state).toMatchObject({ known: false, absurdMs: wallMs });
      }
      clock.step(Date.UTC(2026, 8, 1) - wallMs);
      wall.look("configuration");
      expect(wall.state).toMatchObject({ known: true, absurdMs: null });
      const before = wall.now();
      clock.step(wallMs - Date.UTC(2026, 8, 1));
      wall.look("configuration");
      expect(wall.now()).toBe(before);
      expect(wall.state).toMatchObject({ known: true, source: "nobody", absurdMs: wallMs });
    },
  );
});

describe("a platform's time", () => {
  const right = Date.UTC(2026, 10, 3);

  it("is taken from the middle of its round trip while nobody knows better, and is never called synced", () => {
    const { clock, wall, changes } = make(new FakeClock(0));
    wall.platform(right, 400);
    expect(wall.now()).toBe(right + 200);
    expect(changes).toMatchObject([{ quality: 1, source: "platform", first: true }]);
    clock.step(day);
    wall.look(null);
    expect(wall.now()).toBe(right + 200);
  });

  it.each([
    [Date.UTC(2019, 0, 1), 10],
    [Date.UTC(2099, 0, 1), 10],
    [Number.NaN, 10],
    [Number.POSITIVE_INFINITY, 10],
    [right, 10_001],
    [right, -1],
    [right, Number.NaN],
  ])("is not believed when it is %d after %d ms", (at, rttMs) => {
    const { wall, changes } = make();
    wall.platform(at, rttMs);
    expect([wall.now(), changes]).toEqual([null, []]);
  });

  it.each(["system", "configuration"] as const)(
    "never moves a clock that %s vouches for, and is told when it is a minute off for a minute",
    async (voucher) => {
      const { clock, wall, changes } = make();
      wall.look(voucher);
      for (const byMs of [3 * day, -400 * day, 90 * minute]) {
        for (let n = 0; n < 100; n += 1) {
          if (n > 0 && n < 4) expect(wall.state.platformAheadMs).toBeNull();
          wall.platform(clock.wallMs() + byMs, 0);
          await clock.jump(20 * second);
          wall.look(voucher);
        }
        expect(wall.state.platformAheadMs).toBe(byMs);
      }
      await clock.jump(10 * minute);
      expect(wall.state.platformAheadMs).toBeNull();
      wall.platform(clock.wallMs() + 90 * minute, 0);
      expect(wall.state.platformAheadMs).toBe(90 * minute);
      wall.platform(clock.wallMs(), 0);
      expect(wall.state.platformAheadMs).toBeNull();
      expect(changes).toHaveLength(1);
      expect(wall.now()).toBe(clock.wallMs());
    },
  );

  it("is followed where the machine's clock drifts, day by day, without a step", async () => {
    const { clock, wall, steps } = make();
    let truth = right;
    wall.platform(truth, 0);
    let farthest = 0;
    for (let n = 0; n < 10 * 24 * 60; n += 1) {
      await clock.jump(minute);
      truth += minute * (1 + 100e-6);
      wall.platform(truth - (n % 40), n % 3 === 0 ? 1500 : 40);
      farthest = Math.max(farthest, Math.abs((wall.now() ?? 0) - truth));
    }
    expect(steps()).toEqual([]);
    expect(farthest).toBeLessThan(2.5 * second);
  });

  it("that jumps moves nothing, unless every receipt of half an hour says the same", async () => {
    const { clock, wall, changes, steps } = make();
    const at = (byMs: number) => wall.platform((wall.now() ?? 0) + byMs, 0);
    wall.platform(right, 0);
    for (let n = 0; n < 500; n += 1) {
      await clock.jump(minute);
      at(n % 20 === 0 ? 0 : 3 * day);
      at(-n * minute);
    }
    expect(changes).toHaveLength(1);
    for (let n = 0; n <= jumpMs / minute; n += 1) {
      expect(changes).toHaveLength(1);
      await clock.jump(minute);
      at(-2 * hour);
    }
    expect(steps()).toMatchObject([{ byMs: -2 * hour, quality: 1, source: "platform" }]);
  });

  it("corrects what has drifted since the time service was lost, but does not take a jump for drift", async () => {
    const { clock, wall, changes } = make();
    wall.look("system");
    await looks(clock, wall, day);
    await clock.jump(graceMs);
    wall.look(null);
    const before = changes.length;
    wall.platform((wall.now() ?? 0) + 30 * second, 0);
    expect(changes).toHaveLength(before);
    await clock.jump(10 * day);
    wall.platform((wall.now() ?? 0) + 60 * second, 0);
    expect(changes.slice(before)).toMatchObject([{ byMs: 60 * second, quality: 1, source: "platform" }]);
  });

  it("that comes over a slow network does not hide the drift from the one receipt a day that is quick", async () => {
    const { clock, wall, steps } = make();
    let truth = right;
    wall.platform(truth, 0);
    for (let n = 1; n <= 5 * 24 * 60; n += 1) {
      await clock.jump(minute);
      truth += minute * (1 + 50e-6);
      wall.platform(truth - 3000, 6000);
      if (n % (24 * 60) === 0) wall.platform(truth, 0);
    }
    expect(Math.abs((wall.now() ?? 0) - truth)).toBeLessThan(second);
    expect(steps()).toEqual([]);
  });

  it("that jumps is not taken for the drift of the weeks in which a person vouched", async () => {
    const { clock, wall, changes } = make();
    for (let n = 0; n < 60; n += 1) {
      wall.look("configuration");
      await clock.jump(day);
    }
    wall.look(null);
    wall.platform((wall.now() ?? 0) + 10 * minute, 0);
    expect(changes).toHaveLength(1);
  });
});
