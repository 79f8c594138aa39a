import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotStored } from "../../../drivers/contract/index.ts";
import { keepTime } from "../../../edge/agent/keep-time.ts";
import type { Draft } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { day, hour, type Judged, minute, second, start, TimeWorld } from "./time-world.ts";

describe("the times of a school's records", () => {
  let world: TimeWorld;
  beforeEach(() => {
    world = new TimeWorld();
  });
  afterEach(async () => {
    // Whatever the clocks did: nothing is lost or there twice, and what was sent has kept its time.
    await world.drain();
    for (const { timeQuality, synced } of world.judge()) if (timeQuality === 0) expect(synced).toBe(true);
    const { baseChanges, conflicts, falseGaps, seriesChanges } = world.receiver.counters;
    expect({ baseChanges, conflicts, falseGaps, seriesChanges }).toEqual({
      ...{ baseChanges: 0, conflicts: 0, falseGaps: 0, seriesChanges: 0 },
    });
    for (const stream of world.receiver.streams) expect(stream.missing()).toEqual([]);
    for (const { head, delivered, waiting, lost } of world.journal.status().accounts)
      expect([delivered, waiting, lost]).toEqual([head, 0, 0]);
    await world.remove();
  });

  const synced = async () => {
    world.synchronised = "yes";
    await world.up();
    await world.look();
  };
  const off = (judged: readonly Judged[]) => judged.map(({ offMs }) => offMs);
  const qualities = (judged: readonly Judged[]) => judged.map(({ timeQuality }) => timeQuality);

  it.each([
    [-3 * day, "back"],
    [400 * day, "ahead"],
  ])("are right again when a clock that was %i ms wrong (%s) is set right while it runs", async (wrong) => {
    world.clock.step(wrong);
    await synced();
    await world.take();
    await world.drain();
    await world.take();
    world.clock.step(-wrong);
    await world.pass(minute);
    await world.take();
    await world.drain();
    const judged = world.judge();
    expect(off(judged)).toEqual([wrong, wrong, wrong, wrong, wrong, wrong, 0, 0, 0]);
    expect(qualities(judged)).toEqual(Array(9).fill(0));
    expect(world.steps).toMatchObject([{ by: -wrong }]);
    const [step] = world.steps;
    expect((step?.to ?? 0) - (step?.from ?? 0)).toBe(-wrong);
    expect(Math.abs((step?.to ?? 0) - world.trueMs)).toBeLessThan(5 * minute);
    expect(world.openings).toEqual(["start", "clock"]);
    const event = world.receiver.records.find(({ point }) => point === "clock.stepped");
    expect(event).toMatchObject({ device: "gw1", kind: "event", epoch: judged.at(-1)?.epoch });
    expect(world.log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("wait no ten seconds for a step: the next record that is taken notices it", async () => {
    await synced();
    await world.take(1);
    world.suspend(3 * hour);
    world.time.now();
    await world.look();
    await world.take(1);
    await world.drain();
    expect(off(world.judge())).toEqual([0, 0]);
    expect(world.steps).toMatchObject([{ by: 3 * hour }]);
  });

  it("are not moved by a step that nobody vouches for", async () => {
    await synced();
    await world.take(1);
    world.synchronised = "no";
    await world.pass(40 * minute);
    await world.take(1);
    world.clock.step(-3 * day);
    await world.pass(hour);
    await world.take(1);
    world.clock.step(3 * day);
    world.synchronised = "yes";
    await world.pass(2 * minute);
    await world.take(1);
    await world.drain();
    const judged = world.judge();
    expect(off(judged)).toEqual([0, 0, 0, 0]);
    expect(qualities(judged)).toEqual([0, 1, 1, 0]);
    expect(world.steps).toEqual([]);
  });

  it("stay within two seconds of a clock that is slewed, for a day, without an event", async () => {
    await synced();
    for (let n = 0; n < 24; n += 1) {
      // 25 ppm more than monotonic time, which is what really passes here.
      await world.pass(hour, () => world.suspend(0.25));
      await world.take(1);
    }
    await world.drain();
    expect(Math.max(...world.judge().map(({ offMs }) => Math.abs(offMs ?? 9e9)))).toBeLessThanOrEqual(2000);
    expect(world.steps).toEqual([]);
    expect(world.openings).toEqual(["start", "clock"]);
  });

  it("come with the platform's first receipt where nobody knows the time, once, also of what was sent before", async () => {
    world.clock = new FakeClock(Date.UTC(1970, 0, 1));
    await world.up();
    await world.look();
    await world.take();
    await world.drain();
    expect(qualities(world.judge())).toEqual([2, 2, 2]);
    expect(off(world.judge())).toEqual([null, null, null]);
    expect(world.facts.at(-1)).toMatchObject({ known: false, quality: 2 });

    world.platformClock = (trueMs) => trueMs;
    await world.take();
    for (let n = 0; n < 2; n += 1) await world.drain();
    // The opening and three records; the others came with their base.
    expect(world.receiver.counters.corrected).toBe(4);
    await world.take();
    await world.drain();
    const judged = world.judge();
    expect(qualities(judged)).toEqual([3, 3, 3, 1, 1, 1, 1, 1, 1]);
    expect(Math.max(...judged.map(({ offMs }) => Math.abs(offMs ?? 9e9)))).toBeLessThan(second);
    expect(world.facts.at(-1)).toMatchObject({ known: true, quality: 1, source: "platform" });

    world.clock.step(world.trueMs - world.clock.wallMs());
    world.synchronised = "yes";
    await world.look();
    await world.take();
    await world.drain();
    expect(qualities(world.judge()).slice(-3)).toEqual([0, 0, 0]);
    expect(world.openings).toEqual(["start", "clock"]);
    expect(world.receiver.counters.corrected).toBe(4);
  });

  it("are not taken from a platform that shows 2019 or 2099, nor moved by one that jumps", async () => {
    await world.up();
    for (const at of [Date.UTC(2019, 0, 1), Date.UTC(2099, 0, 1)]) {
      world.platformClock = () => at;
      await world.take(1);
      await world.drain();
    }
    expect(qualities(world.judge())).toEqual([2, 2]);
    world.platformClock = (trueMs) => trueMs;
    await world.drain();
    world.platformClock = (trueMs) => trueMs - 300 * day;
    for (let n = 0; n < 10; n += 1) {
      await world.take(1);
      await world.drain();
      await world.pass(minute);
    }
    const judged = world.judge();
    expect(qualities(judged).slice(2)).toEqual(Array(10).fill(1));
    expect(Math.max(...judged.map(({ offMs }) => Math.abs(offMs ?? 9e9)))).toBeLessThan(second);
    expect(world.facts.at(-1)?.platformAheadMs).toBeCloseTo(-300 * day, -4);
    expect(world.openings).toEqual(["start"]);
  });

  it("of every start of one boot come from one word, and those of an earlier boot that never knew stay without", async () => {
    await world.up({ id: "boot-a", shows: Date.UTC(1970, 0, 1) });
    await world.take(2);
    await world.down();
    await world.up({ id: "boot-b", shows: Date.UTC(1970, 0, 1) });
    await world.take(2);
    await world.down();
    await world.up();
    await world.take(2);
    await world.drain();
    world.clock.step(world.trueMs - world.clock.wallMs());
    world.synchronised = "yes";
    await world.look();
    await world.take(2);
    await world.drain();
    const judged = world.judge();
    expect(qualities(judged)).toEqual([2, 2, 3, 3, 3, 3, 0, 0]);
    expect(off(judged)).toEqual([null, null, 0, 0, 0, 0, 0, 0]);
    expect(world.openings).toEqual(["start", "start", "start"]);
  });

  it("of a clock that a person trusts are called holdover, and follow it when it is set", async () => {
    world.mode = "trusted";
    world.clock.step(-8 * hour);
    await world.up();
    await world.take(2);
    world.clock.step(8 * hour);
    await world.pass(minute);
    await world.take(2);
    await world.drain();
    expect(off(world.judge())).toEqual([-8 * hour, -8 * hour, 0, 0]);
    expect(qualities(world.judge())).toEqual([1, 1, 1, 1]);
  });

  it("wait for a person when the trusted clock shows 1970, and are right after", async () => {
    world.mode = "trusted";
    await world.up({ id: "boot-b", shows: Date.UTC(1970, 0, 1) });
    await world.take(2);
    await world.drain();
    expect(world.facts.at(-1)?.absurdMs ?? 0).toBeLessThan(hour);
    world.clock.step(world.trueMs - world.clock.wallMs());
    await world.pass(minute);
    await world.drain();
    expect(off(world.judge())).toEqual([0, 0]);
    expect(qualities(world.judge())).toEqual([3, 3]);
  });
});

describe("the keeper of the time", () => {
  const clock = () => new FakeClock(start);
  const make = (on: FakeClock, synchronised: () => Promise<"yes" | "no">) => {
    const told: string[] = [];
    const kept: Draft[] = [];
    let isDown = false;
    const refuse = () => Promise.reject(new NotStored("store-down"));
    const time = keepTime({
      clock: on,
      log: recordingLog(),
      gateway: "gw1",
      journal: () => ({
        clockKnown: (wallMs, quality) => void told.push(`known ${wallMs - on.wallMs()} ${quality}`),
        roll: (cause) => {
          told.push(`roll ${cause}`);
          return isDown ? refuse() : Promise.resolve();
        },
        append: (drafts) => {
          if (isDown) return refuse();
          kept.push(...drafts);
          return Promise.resolve({ repeated: false });
        },
      }),
      health: () => ({ clock: () => {} }),
      synchronised,
      mode: () => "auto",
    });
    const fail = (down: boolean) => {
      isDown = down;
    };
    return { time, told, kept, fail };
  };

  it("tells the new base before the new epoch begins, and keeps a step for when the disk takes it again", async () => {
    const on = clock();
    const { time, told, kept, fail } = make(on, async () => "yes");
    await time.step();
    time.begin();
    fail(true);
    on.step(-3 * day);
    await time.step();
    expect(told.slice(1)).toEqual(["known 0 0", "roll clock", "known 0 0"]);
    await on.jump(hour);
    on.step(-day);
    await time.step();
    expect(kept).toEqual([]);
    fail(false);
    await time.step();
    expect(kept.map(({ value }) => JSON.parse(String(value)).by)).toEqual([-3 * day, -day]);
    expect(kept).toMatchObject([{ class: "K", quality: 0 }, { class: "K" }]);
    await time.step();
    expect(kept).toHaveLength(2);
  });

  it("says the base again at every look: a store that lost it, or an epoch that came in later, learns it", async () => {
    const on = clock();
    const { time, told } = make(on, async () => "yes");
    await time.step();
    time.begin();
    for (let n = 0; n < 3; n += 1) await time.step();
    expect(told).toEqual(Array(4).fill("known 0 0"));
  });

  it("asks the system often while it does not know, rarely once it does, and again before it believes a step", async () => {
    const on = clock();
    let asked = 0;
    let answer: "yes" | "no" = "no";
    const { time } = make(on, async () => {
      asked += 1;
      return answer;
    });
    time.begin();
    const look = async (times: number) => {
      const before = asked;
      for (let n = 0; n < times; n += 1) {
        await on.jump(10 * second);
        await time.step();
      }
      return asked - before;
    };
    expect(await look(6)).toBe(6);
    answer = "yes";
    expect(await look(60)).toBe(2);
    answer = "no";
    on.step(day);
    await time.step();
    expect((time.now() ?? 0) - on.wallMs()).toBe(-day);
  });

  it("has one question open, and one look for many records that notice a step", async () => {
    const on = clock();
    let open = 0;
    let most = 0;
    const { time } = make(on, async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open -= 1;
      return "yes";
    });
    await time.step();
    time.begin();
    on.step(hour);
    for (let n = 0; n < 100; n += 1) time.now();
    await Promise.all([time.step(), time.step()]);
    expect([most, (time.now() ?? 0) - on.wallMs()]).toEqual([1, 0]);
  });
});
