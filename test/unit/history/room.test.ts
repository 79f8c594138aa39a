import { statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UplinkSession } from "../../../gateway/contract/index.ts";
import { dayMs, run, send, sliceOf, valuesOf, World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

const rowsOfPart = 100;
/** A batch is a part. */
const parted = { partChars: 1 };
const all = { limit: 1_000_000 };
const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** Parts of 100 rows that cannot be packed well, the row with seq n at n minutes after `base`. */
async function fill(session: UplinkSession, parts: number, from = 0, base = 0) {
  for (let part = from; part < from + parts; part++) {
    const noise = (seq: number) => `${seq} ${(seq * 0.7310585786300049) % 1} ${(seq * 0.41421356237) % 1}`;
    const rows = run(part * rowsOfPart + 1, rowsOfPart, 60_000).map((row) => ({
      ...row,
      value: noise(row.seq),
    }));
    await send(session, sliceOf(rows, { base }));
  }
}
const seqs = async (history: Parameters<typeof valuesOf>[0]) =>
  (await valuesOf(history, all)).map((value) => Number.parseInt(String(value), 10));

describe("the quota", () => {
  it("holds by giving up the oldest, without a hole in what stays", async () => {
    const quotaBytes = 300_000;
    const { history, session } = await world.opened({ ...parted, quotaBytes });
    await fill(session, 200);
    const kept = await seqs(history);
    expect(kept).toEqual(numbers(kept[0] ?? 0, 20_000));
    expect(kept[0]).toBeGreaterThan(5000);
    expect(kept.length).toBeGreaterThan(5000);
    expect(world.extent).toMatchObject({ records: kept.length, oldest: (kept[0] ?? 0) * 60_000 });
    await history.stop();
    expect(statSync(world.file).size).toBeLessThanOrEqual(quotaBytes * 1.1);
  });

  it("that became smaller is reached part by part, and the file shrinks", async () => {
    const before = await world.opened(parted);
    await fill(before.session, 60);
    await before.history.stop();
    const size = statSync(world.file).size;
    const { history, session } = await world.opened({ quotaBytes: size / 2 });
    await send(session, sliceOf(run(6001, 1, 60_000)));
    expect((await seqs(history))[0]).toBe(rowsOfPart + 1);
    for (let seq = 6002; seq < 6100; seq++) await send(session, sliceOf(run(seq, 1, 60_000)));
    expect((await seqs(history)).at(-1)).toBe(6099);
    await history.stop();
    expect(statSync(world.file).size).toBeLessThan((size / 2) * 1.2);
  });

  it("remembers what was given up: sent again, it is not kept again", async () => {
    const { history, session } = await world.opened({ ...parted, quotaBytes: 100_000 });
    await fill(session, 100);
    const before = await seqs(history);
    expect((await send(session, sliceOf(run(1, 50)))).next).toBe(10_001);
    expect((await seqs(history)).filter((seq) => seq < (before[0] ?? 0))).toEqual([]);
  });
});

describe("a disk that has less than its free floor", () => {
  it("gets the oldest back part by part; at last the history rests and keeps what it has", async () => {
    const before = await world.opened(parted);
    await fill(before.session, 5);
    await before.history.stop();
    const { history, session } = await world.opened({ partChars: 1_000_000, diskFloorBytes: 1e18 });
    await fill(session, 1, 5);
    expect(await seqs(history)).toEqual(numbers(101, 600));
    await fill(session, 4, 6);
    expect(await seqs(history)).toEqual(numbers(501, 1000));
    await expect(fill(session, 1, 10)).rejects.toMatchObject({ code: "disk-floor", retry: "later" });
    expect(world.facts.at(-1)).toEqual({ what: "resting" });
    expect(await seqs(history)).toEqual(numbers(501, 1000));
    await history.stop();
    const again = await world.opened({ ...parted });
    await fill(again.session, 1, 10);
    expect(await seqs(again.history)).toEqual(numbers(501, 1100));
  });

  it("gets what was set aside first", async () => {
    writeFileSync(world.file, "not a database at all ".repeat(1000));
    const { history, session } = await world.opened({ ...parted, diskFloorBytes: 1e18 });
    expect(world.extent.bytes).toBeGreaterThan(22_000);
    await fill(session, 1);
    expect(() => statSync(`${world.file}.broken`)).toThrow("ENOENT");
    expect(await seqs(history)).toEqual(numbers(1, 100));
  });
});

describe("age", () => {
  const keepMs = 10 * dayMs;
  const spanMs = rowsOfPart * 60_000;
  /** A part of about 100 minutes every 100 minutes, for so many days; each as it comes. */
  async function live(session: UplinkSession, days: number, from = 0, base = startMs) {
    const parts = Math.round((days * dayMs) / spanMs);
    for (let part = from; part < from + parts; part++) {
      await world.clock.advance(spanMs);
      await fill(session, 1, part, base);
    }
    return from + parts;
  }
  let startMs: number;
  beforeEach(() => {
    startMs = world.clock.wallMs();
  });

  it("lets go what is older than it is kept, as new records come", async () => {
    const { history, session } = await world.opened({ ...parted, keepMs });
    const parts = await live(session, 14);
    const kept = await seqs(history);
    expect(kept.at(-1)).toBe(parts * rowsOfPart);
    const days = (kept.length * 60_000) / dayMs;
    expect(days).toBeGreaterThan(9.9);
    expect(days).toBeLessThan(10.2);
  });

  it("never lets a clock that jumps 400 days empty it: two days of history go a day, none at once", async () => {
    const { history, session } = await world.opened({ ...parted, keepMs });
    const parts = await live(session, 8);
    world.clock.step(400 * dayMs);
    const afterJump = await live(session, 0.07, parts);
    expect((await seqs(history))[0]).toBeLessThan(3 * rowsOfPart + 1);
    await live(session, 1, afterJump);
    const gone = (((await seqs(history))[0] ?? 0) * 60_000) / dayMs;
    expect(gone).toBeLessThan(4.3);
    expect(gone).toBeGreaterThan(0.5);
  });

  it("lets nothing go by starting again and again, nor by a clock that nobody vouches for", async () => {
    const first = await world.opened({ ...parted, keepMs });
    let part = await live(first.session, 2);
    await first.history.stop();
    world.clock.step(400 * dayMs);
    for (let starts = 0; starts < 3; starts++) {
      const { history, session } = await world.opened({ ...parted, keepMs });
      await fill(session, 3, part, startMs);
      part += 3;
      expect((await seqs(history))[0]).toBe(1);
      await history.stop();
    }
    world.wall = () => null;
    const { history, session } = await world.opened({ ...parted, keepMs });
    await live(session, 3, part);
    expect((await seqs(history))[0]).toBe(1);
  });

  it("does not touch what came before the clock was known", async () => {
    const { history, session } = await world.opened({ ...parted, keepMs });
    await send(session, sliceOf(run(1, rowsOfPart), { base: null, baseQuality: 2, epoch: "c".repeat(20) }));
    await live(session, 12);
    const left = await history.find({ device: "301-air", limit: 1, from: 0, level: 4 });
    expect(left.undated).toBe(rowsOfPart);
  });
});
