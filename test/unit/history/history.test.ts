import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { historyEncoder } from "../../../edge/history/index.ts";
import { epochB, never, run, send, series, sliceOf, valuesOf, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

/** Parts of 1000 to 2000 rows, each row 10 ms after the one before. @returns how many rows */
async function fill({ session }: Awaited<ReturnType<World["opened"]>>, batches = 40) {
  for (let n = 0; n < batches; n++) await send(session, sliceOf(run(1 + n * 500, 500, 10)));
  return batches * 500;
}
const small = { partChars: 25_000 };

describe("the history", () => {
  it("keeps what it is handed over and gives receipts as a platform does", async () => {
    const { history, session } = await world.opened();
    const slice = sliceOf(run(1, 3), { claim: [1, 5], gaps: [[4, 5, "gone"]] });
    expect(await send(session, slice)).toEqual({
      batch: slice.id,
      taken: 3,
      rejected: [],
      next: 6,
      at: null,
    });
    expect(await valuesOf(history)).toEqual([1, 2, 3]);
    const asked = await send(session, sliceOf([], { claim: [6, 5] }));
    expect(asked).toMatchObject({ taken: 0, next: 6 });
    expect((await send(session, sliceOf([], { claim: [1, 0], epoch: epochB }))).next).toBe(1);
  });

  it("holds all that a record says: every kind of value, quality, level, both times", async () => {
    const { history, session } = await world.opened();
    const values = [1.5e-7, true, '走廊\t"1"\u2028', null, -3];
    const simulated = series({ simulated: true, level: 4 });
    const rows = values.map((value, n) => ({ seq: n + 1, t: n, value, quality: 16, series: simulated }));
    await send(session, sliceOf([...rows, { seq: 6, t: 90, value: 7, deviceTime: 40 }], { base: 1000 }));
    const answer = await history.find({ device: "301-air", limit: 10, level: 4 });
    expect(answer.values.map(({ value }) => value)).toEqual([-3, null, values[2], true, 1.5e-7, 7]);
    expect(answer.values[0]).toEqual({
      ...{ point: "co2", time: 1004, received: 1004, timeQuality: 0, value: -3, quality: 144, unit: "[ppm]" },
    });
    expect(answer.values[5]).toMatchObject({ time: 40, received: 1090, quality: 0 });
    expect((await history.find({ device: "301-air", limit: 10, level: 2 })).values).toHaveLength(1);
  });

  it("gives the same values after they were packed, also over a reopening", async () => {
    const opened = await world.opened(small);
    const { history } = opened;
    const rows = await fill(opened);
    const all = Array.from({ length: rows }, (_, n) => n + 1);
    const page = { limit: rows };
    expect(await valuesOf(history, page)).toEqual(all);
    await history.stop();
    const again = await world.opened(small);
    expect(await valuesOf(again.history, page)).toEqual(all);
    expect(world.extent).toMatchObject({ records: rows, oldest: 10, newest: rows * 10 });
  });

  it("takes resent, overlapping and early batches without keeping a record twice", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 4)));
    expect((await send(session, sliceOf(run(1, 4)))).next).toBe(5);
    expect(await send(session, sliceOf(run(3, 4)))).toMatchObject({ taken: 4, next: 7 });
    expect(await send(session, sliceOf(run(9, 2)))).toMatchObject({ taken: 2, next: 7 });
    expect(await send(session, sliceOf(run(8, 1), { lane: "early", claim: null }))).toMatchObject({
      taken: 1,
    });
    expect(await send(session, sliceOf(run(7, 1), { lane: "retry", claim: null }))).toMatchObject({
      taken: 1,
    });
    expect((await send(session, sliceOf(run(7, 4)))).next).toBe(11);
    expect(await valuesOf(history)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await send(session, sliceOf(run(1, 1), { epoch: epochB, base: 1 }));
    expect(await valuesOf(history)).toHaveLength(11);
  });

  it("keeps no record twice whatever comes again, also over a kill", async () => {
    const first = await world.opened();
    await send(first.session, sliceOf(run(1, 50)));
    await world.kill(first.history);
    const { history, session } = await world.opened();
    expect((await send(session, sliceOf(run(1, 80)))).next).toBe(81);
    expect(await valuesOf(history)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
  });

  it("answers the journal with what it truly has when it lost the last commits", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 5)));
    await history.stop();
    const before = readFileSync(world.file);
    const more = await world.opened();
    await send(more.session, sliceOf(run(6, 5)));
    await more.history.stop();
    writeFileSync(world.file, before);
    const again = await world.opened();
    expect((await send(again.session, sliceOf([], { claim: [11, 10] }))).next).toBe(6);
    await send(again.session, sliceOf(run(6, 5)));
    expect(await valuesOf(again.history)).toHaveLength(10);
  });

  it("collects live batches, and stores them at once when it is asked or enough have come", async () => {
    const { history, session } = await world.opened();
    const settled: number[] = [];
    const live = (first: number) =>
      session.send(historyEncoder.batch(sliceOf(run(first, 1), { lane: "live" })), never).then(
        ({ next }) => void settled.push(next ?? 0),
        () => void settled.push(-first),
      );
    const one = live(1);
    expect(settled).toEqual([]);
    expect(await valuesOf(history)).toEqual([1]);
    await one;
    await Promise.all([live(2), live(3), live(4)]);
    const late = live(5);
    await world.clock.advance(5000);
    await late;
    expect(settled).toEqual([2, 3, 4, 5, 6]);
    const held = live(6);
    await session.close();
    await held;
    expect(settled.at(-1)).toBe(-6);
    expect(world.clock.sleeping).toBe(0);
  });

  it("forgets a batch whose sending was given up before it was stored", async () => {
    const { history, session } = await world.opened();
    const given = new AbortController();
    const sent = session.send(historyEncoder.batch(sliceOf(run(1, 1), { lane: "live" })), given.signal);
    given.abort(new Error("given up"));
    await expect(sent).rejects.toThrow("given up");
    expect(await valuesOf(history)).toEqual([]);
  });
});

describe("times", () => {
  it("that were not known are put right when the clock is, as corrected later", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 2), { base: null, baseQuality: 2 }));
    const ask = { device: "301-air", limit: 10, level: 4 };
    expect((await history.find(ask)).values[0]).toMatchObject({ value: 2, time: null, timeQuality: 2 });
    expect(await history.find({ ...ask, from: 0 })).toMatchObject({ values: [], undated: 2 });
    await send(session, sliceOf(run(3, 1), { base: 1_000_000, baseQuality: 1 }));
    expect((await history.find({ ...ask, from: 0 })).values).toMatchObject([
      { value: 3, time: 1_003_000, timeQuality: 1 },
      { value: 2, time: 1_002_000, timeQuality: 3 },
      { value: 1, time: 1_001_000, timeQuality: 3 },
    ]);
  });

  it("that never became known stand where they arrived", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 2), { base: 5000 }));
    await send(
      session,
      sliceOf(run(1, 2, 1000, { value: "?" }), { epoch: epochB, base: null, baseQuality: 2 }),
    );
    expect(await valuesOf(history)).toEqual([1, 2, "?", "?"]);
    expect(await valuesOf(history, { limit: 1 })).toEqual(["?"]);
    expect(await valuesOf(history, { from: 0 })).toEqual([1, 2]);
  });
});

describe("a question", () => {
  it("bounds by time, its end not included, and is answered page by page without loss or repetition", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 100).map((row) => ({ ...row, t: Math.floor(row.seq / 3) * 1000 }))));
    expect(await valuesOf(history, { from: 1000, to: 2000 })).toEqual([3, 4, 5]);
    const seen: unknown[] = [];
    let to: number | undefined;
    for (let more = true; more; ) {
      const page = await history.find({ device: "301-air", limit: 7, level: 4, to });
      expect(page.values.length).toBeLessThanOrEqual(7);
      seen.push(...page.values.map(({ value }) => value));
      to = page.values.at(-1)?.time ?? undefined;
      more = page.more;
    }
    expect(seen.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it("finds the newest also where parts overlap, by the time of the device", async () => {
    const opened = await world.opened(small);
    const { history, session } = opened;
    await fill(opened);
    // Older records that arrive later, and one that a device brings from its memory.
    await send(session, sliceOf(run(1, 1000, 5, { value: "old" }), { epoch: epochB }));
    await send(
      session,
      sliceOf([{ seq: 1001, t: 9e9, value: "memory", deviceTime: 4_999 }], { epoch: epochB }),
    );
    expect(await valuesOf(history, { limit: 3 })).toEqual([19_998, 19_999, 20_000]);
    const around = await valuesOf(history, { from: 4996, to: 5001 });
    expect(around.map(String).sort()).toEqual(["500", "memory", "old"]);
  });

  it("says which points and devices there are, and nothing above the level of who asks", async () => {
    const { history, session } = await world.opened();
    const card = series({ device: "gate", point: "card", level: 4 });
    await send(
      session,
      sliceOf([
        { seq: 1, t: 1, value: 7 },
        { seq: 2, t: 2, value: "x", series: card },
      ]),
    );
    expect(await history.find({ device: "301-air", point: "co3", limit: 1, level: 4 })).toEqual({
      ...{ values: [], more: false, undated: 0, damaged: 0, points: ["co2"] },
    });
    const asked = { device: "302-air", limit: 1 };
    expect((await history.find({ ...asked, level: 4 })).devices).toEqual(["301-air", "gate"]);
    expect((await history.find({ ...asked, level: 2 })).devices).toEqual(["301-air"]);
    expect((await history.find({ device: "gate", limit: 1, level: 2 })).points).toEqual([]);
  });
});

describe("a broken file", () => {
  /** Writes over a stretch of the file. */
  function damage(at: number, bytes: number) {
    const file = openSync(world.file, "r+");
    writeSync(file, Buffer.alloc(bytes, 0x5a), 0, bytes, at);
    closeSync(file);
  }

  it("is set aside and begun anew, and what is sent again is kept", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 5)));
    await history.stop();
    damage(0, 100);
    const again = await world.opened();
    expect(world.anew).toEqual(["damaged"]);
    expect(statSync(`${world.file}.broken`).size).toBeGreaterThan(0);
    expect((await send(again.session, sliceOf([], { claim: [6, 5] }))).next).toBe(1);
    await send(again.session, sliceOf(run(1, 6)));
    expect(await valuesOf(again.history)).toHaveLength(6);
  });

  it("that is noticed at work ends the session, and the next one begins anew", async () => {
    const opened = await world.opened(small);
    await fill(opened);
    await opened.history.stop();
    // Leaves of the packed values, behind the roots of the tables.
    const bytes = readFileSync(world.file);
    for (let page = 12 * 4096; page < bytes.length; page += 4096) if (bytes[page] === 0x0a) damage(page, 64);
    const again = await world.opened();
    expect(world.anew).toEqual([]);
    await expect(again.history.find({ device: "301-air", limit: 9e9, level: 4 })).rejects.toMatchObject({
      code: "SQLITE_CORRUPT",
    });
    expect(await again.session.ended).toMatchObject({ code: "SQLITE_CORRUPT" });
    await expect(again.history.find({ device: "x", limit: 9, level: 4 })).rejects.toMatchObject({
      code: "closed",
    });
    const session2 = await again.history.open();
    expect(world.anew).toEqual(["damaged"]);
    expect((await send(session2, sliceOf(run(1, 1)))).next).toBe(2);
  });

  it("of which one piece cannot be read gives the others and says so", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 1).map((row) => ({ ...row, value: "unmistakable" }))));
    await send(session, sliceOf(run(2, 1)));
    await history.stop();
    damage(readFileSync(world.file).indexOf("unmistakable"), 4);
    const again = await world.opened();
    const answer = await again.history.find({ device: "301-air", limit: 9, level: 4 });
    expect(answer).toMatchObject({ values: [{ value: 2 }], damaged: 1 });
  });

  it.each([
    ["of another program", "not a database at all ".repeat(100)],
    ["that is empty", ""],
  ])("%s does not keep it from working", async (_, text) => {
    writeFileSync(world.file, text);
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 1)));
    expect(await valuesOf(history)).toEqual([1]);
  });

  it("whose place cannot be used is tried again later, and not set aside", async () => {
    mkdirSync(world.file);
    const history = world.history();
    await expect(history.open()).rejects.toMatchObject({ code: "SQLITE_CANTOPEN", retry: "later" });
    rmSync(world.file, { recursive: true });
    await history.open();
    expect(world.anew).toEqual([]);
  });

  it("is not what a second opening takes it for", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 2)));
    const second = world.history();
    await expect(second.open()).rejects.toMatchObject({ code: "SQLITE_BUSY", retry: "later" });
    await send(session, sliceOf(run(3, 1)));
    await history.stop();
    await second.open();
    expect(await valuesOf(second)).toEqual([1, 2, 3]);
    expect(world.anew).toEqual([]);
  });

  it("is left where the thread was when it dies, and the next session goes on", async () => {
    const { history, session } = await world.opened();
    await send(session, sliceOf(run(1, 2)));
    const sent = send(session, sliceOf(run(3, 1)));
    await world.kill(history);
    await sent.catch(() => {});
    const again = await world.opened();
    await send(again.session, sliceOf(run(1, 3)));
    expect(await valuesOf(again.history)).toEqual([1, 2, 3]);
  });
});
