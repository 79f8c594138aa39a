/**
 * The contract of a Journal, as tests. A journal passes when `journalSuite` is green for it.
 * Worlds are real: real files, a real writer; only the clock is fake.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Journal, UplinkFilter } from "../../edge/journal/contract.ts";
import type { Draft, Receipt, Slice } from "../../gateway/contract/index.ts";
import type { FakeClock } from "../fake-clock.ts";

export interface JournalWorld {
  clock: FakeClock;
  /** Opens (again) what is on disk in this world. */
  open(
    uplinks: UplinkFilter[],
    more?: { maxPendingBytes?: number; maxBytes?: number; cacheBytes?: number },
  ): Promise<Journal>;
  /** The process dies: what was not durable is gone. Only call while no commit is under way. */
  kill(journal: Journal): Promise<void>;
  /** Lets writes go through (the disk is full) or not. */
  remove(): Promise<void>;
}

export const everything = (id = "province"): UplinkFilter => ({ id, accepts: () => true, start: "oldest" });

export const co2 = {
  device: "301-air",
  point: "co2",
  space: "X-301",
  unit: "[ppm]",
  kind: "measurement",
  level: 2,
  source: "p",
} as const;

export const draft = (value: number, more: Partial<Draft> = {}): Draft => ({
  series: co2,
  class: "T",
  value,
  quality: 0,
  ...more,
});

export const plenty = { rows: 1000, bytes: 256 * 1024 };

/** A receipt that takes every row of a slice. */
export function taken(slice: Slice, more: Partial<Receipt> = {}): Receipt {
  const last = slice.range?.[1];
  return {
    batch: "",
    taken: slice.rows.length,
    rejected: [],
    next: last === undefined ? null : last + 1,
    at: null,
    ...more,
  };
}

/** Appends and moves the clock until it is durable. */
export async function stored<T>(clock: FakeClock, appended: Promise<T>): Promise<T> {
  let open = true;
  const settled = appended.finally(() => {
    open = false;
  });
  settled.catch(() => {});
  while (open) {
    await clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return settled;
}

export function journalSuite(name: string, makeWorld: () => Promise<JournalWorld>): void {
  describe(`${name} is a journal`, () => {
    let world: JournalWorld;
    let journal: Journal | null = null;
    const open = async (...args: Parameters<JournalWorld["open"]>) => {
      journal = await world.open(...args);
      return journal;
    };
    const put = (to: Journal, value: number, more: Partial<Draft> = {}) =>
      stored(world.clock, to.append([draft(value, more)], [], "now"));
    const settle = (of: Journal, slice: Slice, receipt: Receipt) =>
      stored(world.clock, of.settle("province", slice.id, receipt));
    const read = (of: Journal, lane: "live" | "backlog" | "early" | "retry" = "live", max = plenty) =>
      of.read("province", lane, max);
    const values = (slice: Slice | null) =>
      slice?.rows.map((row) => (JSON.parse(row.text) as unknown[])[3]) ?? [];
    const sums = (of: Journal) => {
      for (const account of of.status().accounts) {
        const { head, delivered, withheld, quarantined, lost, waiting } = account;
        expect(delivered + withheld + quarantined + lost + waiting, JSON.stringify(account)).toBe(head);
      }
    };

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      await journal?.close();
      journal = null;
      await world.remove();
    });

    it("begins every opening with a new epoch whose seq 1 names the one before", async () => {
      const first = await open([everything()]);
      await put(first, 1);
      const before = first.status();
      await first.close();
      const second = await open([everything()]);
      expect(second.status().epoch).not.toBe(before.epoch);
      expect(second.status().epoch).toMatch(/^[0-9a-f]{20}$/);
      const slice = await read(second);
      expect(slice?.rows[0]?.seq).toBe(1);
      expect(JSON.parse(String(values(slice)[0]))).toEqual({
        previous: before.epoch,
        previousHead: 2,
        cause: "start",
      });
      expect(slice?.series.get(slice.rows[0]?.series ?? 0)).toMatchObject({
        point: "journal.opened",
        kind: "event",
      });
    });

    it("gives seqs in the order of append, also when many are appended at once", async () => {
      const j = await open([everything()]);
      await stored(
        world.clock,
        Promise.all([1, 2, 3, 4, 5].map((v) => j.append([draft(v)], [], v % 2 ? "polled" : "ack"))),
      );
      expect(values(await read(j)).slice(1)).toEqual([1, 2, 3, 4, 5]);
    });

    it("hands out nothing that is not committed", async () => {
      const j = await open([everything()]);
      const first = await read(j);
      expect(first?.rows).toHaveLength(1);
      const pending = j.append([draft(7)], [], "polled");
      expect(await read(j)).toBeNull();
      await stored(world.clock, pending);
      expect(values(await read(j))).toEqual([7]);
    });

    it("waits at most the patience of the most urgent append", async () => {
      const j = await open([everything()]);
      const commits = j.status().commits;
      void j.append([draft(1)], [], "polled");
      void j.append([draft(2)], [], "ack");
      await world.clock.advance(99);
      expect(j.status().pendingBytes).toBeGreaterThan(0);
      expect(j.status().commits).toBe(commits);
      await stored(world.clock, j.append([draft(3)], [], "ack"));
      expect(j.status().commits).toBe(commits + 1);
    });

    it("starts a commit without a timer when 200 rows wait", async () => {
      const j = await open([everything()]);
      await Promise.all(Array.from({ length: 200 }, (_, n) => j.append([draft(n)], [], "polled")));
      expect(j.status().head).toBe(201);
    });

    it("stores a message's records all or none, and a known key never again", async () => {
      const j = await open([everything()]);
      const key = { slot: "d/301-air", value: "e1/5", rule: "once" } as const;
      const message = () => j.append([draft(1), draft(2)], [key], "ack");
      expect(j.knows([key])).toBe(false);
      const both = Promise.all([message(), message()]);
      expect(j.knows([key])).toBe(true);
      const [a, b] = await stored(world.clock, both);
      expect([a?.repeated, b?.repeated]).toEqual([false, true]);
      await world.kill(j);
      const again = await open([everything()]);
      expect(await stored(world.clock, again.append([draft(1), draft(2)], [key], "ack"))).toEqual({
        repeated: true,
      });
      expect(again.status().head).toBe(1);
      const old = await read(again, "backlog");
      expect(values(old).slice(1)).toEqual([1, 2]);
    });

    it("looks a packet id up only when asked, and forgets it when told", async () => {
      const j = await open([everything()]);
      const key = (rule: "set" | "last" | "drop") => [{ slot: "q1/c/7", value: "same", rule } as const];
      const send = (rule: "set" | "last" | "drop") =>
        stored(world.clock, j.append([draft(1)], key(rule), "ack"));
      expect(await send("set")).toEqual({ repeated: false });
      expect(await send("set")).toEqual({ repeated: false });
      expect(await send("last")).toEqual({ repeated: true });
      expect(await send("drop")).toEqual({ repeated: false });
      expect(await send("last")).toEqual({ repeated: false });
    });

    it("shares the fate of an uncommitted message with its repeat", async () => {
      const j = await open([everything()]);
      const key = [{ slot: "d/x", value: "1", rule: "once" } as const];
      let done = 0;
      const first = j.append([draft(1)], key, "ack").then(() => ++done);
      const second = j.append([draft(1)], key, "ack").then(() => ++done);
      await new Promise(setImmediate);
      expect(done).toBe(0);
      await stored(world.clock, Promise.all([first, second]));
      expect(j.status().repeated).toBe(1);
    });

    it("remembers 256 keys of a slot and no more", async () => {
      const j = await open([everything()]);
      const key = (n: number) => [{ slot: "d/x", value: String(n), rule: "once" } as const];
      await stored(
        world.clock,
        Promise.all(Array.from({ length: 257 }, (_, n) => j.append([draft(n)], key(n), "polled"))),
      );
      await world.kill(j);
      const again = await open([everything()]);
      expect(await stored(world.clock, again.append([draft(1)], key(1), "ack"))).toEqual({ repeated: true });
      expect(await stored(world.clock, again.append([draft(0)], key(0), "ack"))).toEqual({ repeated: false });
    });

    it("moves next over the contiguous settled prefix only", async () => {
      const j = await open([everything()]);
      for (let n = 0; n < 6; n++) await put(j, n);
      const a = (await read(j, "live", { rows: 3, bytes: 1e6 })) as Slice;
      const b = (await read(j, "live", { rows: 3, bytes: 1e6 })) as Slice;
      expect([a.range, b.range]).toEqual([
        [1, 3],
        [4, 6],
      ]);
      await settle(j, b, taken(b, { next: 1 }));
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 0, waiting: 7 });
      await settle(j, a, taken(a, { next: 7 }));
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 6, waiting: 1 });
      sums(j);
    });

    it("ignores receipts that are unknown, repeated, or do not add up, and counts them", async () => {
      const j = await open([everything()]);
      await put(j, 1);
      const slice = (await read(j)) as Slice;
      const bad: Partial<Receipt>[] = [
        { taken: 1 },
        { taken: 3 },
        { taken: 1, rejected: [{ seq: 99, code: "x" }] },
        {
          taken: 0,
          rejected: [
            { seq: 1, code: "x" },
            { seq: 1, code: "x" },
          ],
        },
        { next: 2 },
      ];
      for (const more of bad) await settle(j, slice, taken(slice, more));
      await j.settle("province", "nobody", taken(slice));
      expect(j.status()).toMatchObject({ strayReceipts: 6 });
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 0, waiting: 2 });
      await settle(j, slice, taken(slice));
      await settle(j, slice, taken(slice));
      expect(j.status()).toMatchObject({ strayReceipts: 7 });
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 2, waiting: 0 });
      sums(j);
    });

    it("keeps rejected rows and delivers them when a retry is taken", async () => {
      const j = await open([everything()]);
      for (let n = 0; n < 3; n++) await put(j, n);
      const slice = (await read(j)) as Slice;
      await settle(
        j,
        slice,
        taken(slice, {
          taken: 2,
          rejected: [2, 3].map((seq) => ({ seq, code: seq === 2 ? "unit" : "range" })),
        }),
      );
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 2, quarantined: 2, waiting: 0 });
      expect(await read(j, "retry")).toBeNull();
      await world.kill(j);
      const again = await open([everything()]);
      expect(await again.retry("province", "unit")).toBe(1);
      const retry = (await read(again, "retry")) as Slice;
      expect(retry.range).toBeUndefined();
      expect(retry.rows.map((row) => row.seq)).toEqual([2]);
      await settle(again, retry, taken(retry));
      expect(again.status().accounts[0]).toMatchObject({ delivered: 3, quarantined: 1 });
      sums(again);
      expect(await read(again, "retry")).toBeNull();
    });

    it("claims what a filter withholds, and never withholds an opening", async () => {
      const j = await open([
        { id: "province", accepts: (series) => series.point !== "co2", start: "oldest" },
      ]);
      const temperature = { ...co2, point: "temperature", unit: "Cel" };
      for (let n = 0; n < 4; n++) await put(j, n, n % 2 ? { series: temperature } : {});
      const slice = (await read(j)) as Slice;
      expect(slice.range).toEqual([1, 5]);
      expect(slice.rows.map((row) => row.seq)).toEqual([1, 3, 5]);
      expect(slice.gaps).toEqual([
        [2, 2, "policy"],
        [4, 4, "policy"],
      ]);
      expect(j.status().accounts.at(-1)).toMatchObject({ withheld: 0, waiting: 5 });
      await settle(j, slice, taken(slice));
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 3, withheld: 2, waiting: 0 });
      sums(j);
    });

    it("claims as before what was there when an uplink begins now", async () => {
      const first = await open([everything("district")]);
      for (let n = 0; n < 3; n++) await put(first, n);
      await first.close();
      const j = await open([everything("district"), { ...everything(), start: "now" }]);
      const slice = (await read(j, "backlog")) as Slice;
      expect(slice).toMatchObject({ range: [1, 4], rows: [], gaps: [[1, 4, "before"]] });
      await settle(j, slice, taken(slice));
      expect(j.status().accounts.filter((a) => a.uplink === "province")[0]).toMatchObject({
        withheld: 4,
        waiting: 0,
        delivered: 0,
      });
      expect(await j.read("district", "backlog", plenty)).toMatchObject({ range: [1, 4] });
      sums(j);
    });

    it("sends nothing beyond 4,000 seqs after next", async () => {
      const j = await open([everything()]);
      await stored(
        world.clock,
        Promise.all(Array.from({ length: 4500 }, (_, n) => j.append([draft(n)], [], "polled"))),
      );
      const slices: Slice[] = [];
      for (let slice = await read(j); slice !== null; slice = await read(j)) slices.push(slice);
      expect(slices.at(-1)?.range?.[1]).toBe(4000);
      await settle(j, slices[0] as Slice, taken(slices[0] as Slice));
      expect((await read(j))?.range).toEqual([4001, 4501]);
    });

    it("reads from disk what is no longer in memory, byte for byte the same", async () => {
      const j = await open([everything()], { cacheBytes: 500 });
      for (let n = 0; n < 100; n++) void j.append([draft(n + 0.125)], [], "polled");
      await stored(world.clock, j.append([draft(-1)], [], "now"));
      const seen: unknown[] = [];
      for (
        let slice = await read(j, "live", { rows: 30, bytes: 1e6 });
        slice !== null;
        slice = await read(j, "live", { rows: 30, bytes: 1e6 })
      ) {
        seen.push(...values(slice));
      }
      expect(seen.slice(1)).toEqual([...Array.from({ length: 100 }, (_, n) => n + 0.125), -1]);
    });

    it("starts at next again after release", async () => {
      const j = await open([everything()]);
      await put(j, 1);
      const slice = (await read(j)) as Slice;
      expect(await read(j)).toBeNull();
      j.release("province", "live");
      expect((await read(j))?.range).toEqual(slice.range);
      await settle(j, slice, taken(slice));
      expect(j.status().strayReceipts).toBe(1);
    });

    it("offers committed alarms early, and again in their range", async () => {
      const j = await open([everything()]);
      await put(j, 1);
      await put(j, 2, { series: { ...co2, kind: "alarm" }, class: "K" });
      const early = (await read(j, "early")) as Slice;
      expect(early.range).toBeUndefined();
      expect(values(early)).toEqual([2]);
      expect(await read(j, "early")).toBeNull();
      await settle(j, early, taken(early));
      expect((await read(j))?.range).toEqual([1, 3]);
      sums(j);
    });

    it("offers alarms of before a start early too, the newest first to be kept, and none that is settled", async () => {
      const alarm = { series: { ...co2, kind: "alarm" }, class: "K" } as const;
      const first = await open([everything()]);
      await put(first, 1, alarm);
      const settled = (await read(first)) as Slice;
      await settle(first, settled, taken(settled));
      for (let n = 2; n < 5; n++) await put(first, n, n === 3 ? {} : alarm);
      await first.close();
      const second = await open([everything()]);
      await put(second, 5, alarm);
      const early = async () => values(await read(second, "early"));
      expect(await early()).toEqual([2, 4]);
      expect(await early()).toEqual([5]);
      expect(await early()).toEqual([]);
      sums(second);
    });

    it("goes back when the platform went back, with exact accounts", async () => {
      const j = await open([
        { id: "province", accepts: (series) => series.point === "co2", start: "oldest" },
      ]);
      const other = { series: { ...co2, point: "humidity" } };
      for (let n = 0; n < 10; n++) await put(j, n, n % 3 === 2 ? other : {});
      const slice = (await read(j)) as Slice;
      await settle(
        j,
        slice,
        taken(slice, { taken: slice.rows.length - 1, rejected: [{ seq: 8, code: "x" }] }),
      );
      const settled = j.status().accounts.at(-1);
      expect(settled).toMatchObject({ waiting: 0, quarantined: 1, withheld: 3 });
      const [claim] = j.claims("province");
      expect(claim?.range).toEqual([12, 11]);
      await settle(j, claim as Slice, { batch: "", taken: 0, rejected: [], next: 5, at: null });
      expect(j.status().accounts.at(-1)).toMatchObject({
        head: 11,
        waiting: 7,
        quarantined: 0,
        withheld: 1,
        delivered: 3,
      });
      sums(j);
      await world.kill(j);
      const again = await open([
        { id: "province", accepts: (series) => series.point === "co2", start: "oldest" },
      ]);
      expect(again.status().accounts[0]).toMatchObject({
        head: 11,
        waiting: 7,
        quarantined: 0,
        withheld: 1,
        delivered: 3,
      });
      const resent = (await read(again, "backlog")) as Slice;
      expect(resent.range).toEqual([5, 11]);
      await settle(again, resent, taken(resent));
      expect(again.status().accounts[0]).toMatchObject({ waiting: 0, withheld: 3 });
      sums(again);
    });

    it("does not rewind for a platform that asks again and again", async () => {
      const j = await open([everything()]);
      for (let n = 0; n < 3; n++) await put(j, n);
      for (let round = 0; round < 5; round++) {
        for (let slice = await read(j); slice !== null; slice = await read(j))
          await settle(j, slice, taken(slice));
        const [claim] = j.claims("province");
        await settle(j, claim as Slice, { batch: "", taken: 0, rejected: [], next: 1, at: null });
        sums(j);
      }
      expect(j.status().accounts.at(-1)).toMatchObject({ delivered: 4, waiting: 0 });
    });

    it("rolls to a new epoch without losing what waits in the old one", async () => {
      const j = await open([everything()]);
      await put(j, 1);
      const old = j.status().epoch;
      await stored(world.clock, j.roll("reconnect"));
      await put(j, 2);
      expect(j.status()).toMatchObject({ head: 2 });
      const live = (await read(j)) as Slice;
      const backlog = (await read(j, "backlog")) as Slice;
      expect(live.epoch).toBe(j.status().epoch);
      expect(backlog).toMatchObject({ epoch: old, range: [1, 2] });
      expect(JSON.parse(String(values(live)[0]))).toEqual({
        previous: old,
        previousHead: 2,
        cause: "reconnect",
      });
    });

    it("carries monotonic time in rows and the wall base in the slice, also for epochs before the clock was known", async () => {
      const j = await open([everything()]);
      await world.clock.advance(5000);
      await put(j, 1);
      await stored(world.clock, j.roll("test"));
      expect(j.base()).toBeNull();
      const wall = world.clock.wallMs();
      const mono = world.clock.monotonicMs();
      j.clockKnown(wall, 0);
      const old = (await read(j, "backlog")) as Slice;
      const row = JSON.parse(old.rows[1]?.text ?? "[]") as number[];
      expect(row[2]).toBeGreaterThanOrEqual(5000);
      expect(old.baseQuality).toBe(0);
      expect((old.base ?? 0) + (row[2] ?? 0)).toBeLessThanOrEqual(wall);
      expect((old.base ?? 0) + (row[2] ?? 0)).toBeGreaterThan(wall - (mono - 1000));
      expect(j.base()?.ms).toBeGreaterThan(old.base ?? 0);
    });

    it("refuses when too much waits, and nothing of the refused is remembered", async () => {
      const j = await open([everything()], { maxPendingBytes: 300 });
      const key = [{ slot: "d/x", value: "1", rule: "once" } as const];
      const first = Array.from({ length: 20 }, (_, n) =>
        j.append([draft(n)], [], "polled").then(
          () => "stored",
          (e) => e.code,
        ),
      );
      const refused = j.append([draft(9)], key, "polled").then(
        () => "stored",
        (e) => e.code,
      );
      const outcomes = await stored(world.clock, Promise.all(first));
      expect(outcomes).toContain("busy");
      expect(await refused).toBe("busy");
      expect(await stored(world.clock, j.append([draft(9)], key, "polled"))).toEqual({ repeated: false });
      expect(j.status().head).toBe(1 + outcomes.filter((o) => o === "stored").length + 1);
    });

    it("rejects every waiting append when the disk refuses, and goes on with a new epoch on what is there", async () => {
      const j = await open([everything()], { maxBytes: 400_000 });
      const epoch = j.status().epoch;
      let kept = 0;
      let refusals = 0;
      for (let n = 0; n < 60 && refusals === 0; n++) {
        const text = "x".repeat(240);
        const all = await stored(
          world.clock,
          Promise.all(
            Array.from({ length: 100 }, () =>
              j.append([{ ...draft(0), value: text }], [], "ack").then(
                () => "stored",
                (e) => e.code,
              ),
            ),
          ),
        );
        kept += all.filter((outcome) => outcome === "stored").length;
        refusals += all.filter((outcome) => outcome === "store-down").length;
      }
      expect(refusals).toBeGreaterThan(0);
      expect(refusals % 100).toBe(0);
      expect(j.status().accounts[0]).toMatchObject({ epoch });
      await world.kill(j);
      const again = await open([everything()]);
      expect(again.status().accounts[0]).toMatchObject({ epoch, head: kept + 1 });
      expect(await stored(world.clock, again.append([draft(1)], [], "now"))).toEqual({ repeated: false });
      sums(again);
    });

    it("refuses a second opening of the same folder", async () => {
      await open([everything()]);
      await expect(world.open([everything()])).rejects.toThrow();
    });

    it("lets settled rows go after a day by a known clock, and keeps quarantined ones", async () => {
      const j = await open([everything()], { cacheBytes: 1 });
      for (let n = 0; n < 5; n++) await put(j, n);
      await stored(world.clock, j.roll("test"));
      j.clockKnown(world.clock.wallMs(), 0);
      const slice = (await read(j, "backlog")) as Slice;
      await settle(j, slice, taken(slice, { taken: 5, rejected: [{ seq: 3, code: "x" }] }));
      const live = (await read(j)) as Slice;
      await settle(j, live, taken(live));
      for (let hour = 0; hour < 30; hour++) {
        await world.clock.advance(3_600_000);
        do await new Promise((resolve) => setTimeout(resolve, 1));
        while (j.status().writing);
      }
      const [claim] = j.claims("province");
      await settle(j, claim as Slice, { batch: "", taken: 0, rejected: [], next: 1, at: null });
      const resent = (await read(j, "backlog")) as Slice;
      expect(resent.rows.map((row) => row.seq)).toEqual([3]);
      expect(resent.gaps).toEqual([
        [1, 2, "gone"],
        [4, 6, "gone"],
      ]);
      await settle(j, resent, taken(resent));
      expect(j.status().accounts[0]).toMatchObject({ delivered: 1, lost: 5, waiting: 0 });
      sums(j);
    });
  });
}
