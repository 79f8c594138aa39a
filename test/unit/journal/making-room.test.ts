import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Journal, type JournalOptions, openJournal } from "../../../edge/journal/index.ts";
import { spans } from "../../../edge/journal/making-room.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft, everything, stored, taken } from "../../suites/journal.ts";

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const quotaBytes = 400_000;
const sendWindow = 20;
const long = "x".repeat(240);
const minuteMs = 60_000;

async function world(more: Partial<JournalOptions> = {}) {
  const folder = mkdtempSync(join(memoryFolder, "ce-room-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const log = recordingLog();
  const open = async (again: Partial<JournalOptions> = {}) => {
    const journal = await openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log,
      quotaBytes,
      sendWindow,
      uplinks: [everything()],
      ...more,
      ...again,
    });
    undo.push(() => journal.close());
    journal.clockKnown(clock.wallMs(), 0);
    return journal;
  };
  /** Groups of 50 measurements with a number in their device time, a minute apart; what is refused is not counted. */
  const fill = async (journal: Journal, groups: number, recordClass: "T" | "K" = "T") => {
    let kept = 0;
    for (let group = 0; group < groups; group++) {
      await clock.advance(minuteMs);
      const kind = recordClass === "T" ? ("measurement" as const) : ("event" as const);
      const drafts = Array.from({ length: 50 }, () =>
        draft(0, { class: recordClass, series: { ...co2, kind }, value: long }),
      );
      kept += await stored(clock, journal.append(drafts, [], "now")).then(
        () => 50,
        () => 0,
      );
      await still(journal);
    }
    return kept;
  };
  /** Nothing is under way. */
  const still = async (journal: Journal) => {
    let quiet = 0;
    while (quiet < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      quiet = journal.status().writing ? 0 : quiet + 1;
    }
  };
  /** Everything that an uplink gets, by claims that are taken. */
  const drain = async (journal: Journal, uplink = "province") => {
    const slices: Slice[] = [];
    for (const lane of ["backlog", "live"] as const) {
      for (;;) {
        const slice = await journal.read(uplink, lane, { rows: 1000, bytes: 1e6 });
        if (slice === null) break;
        slices.push(slice);
        await stored(clock, journal.settle(uplink, slice.id, taken(slice)));
      }
    }
    return slices;
  };
  return { clock, log, open, fill, drain, still };
}

const losses = (slices: readonly Slice[]) =>
  slices.flatMap(({ rows, series }) =>
    rows
      .filter((row) => series.get(row.series)?.point === "journal.loss")
      .map((row) => ({
        device: series.get(row.series)?.device,
        ...(JSON.parse((JSON.parse(row.text) as string[])[3] as string) as {
          uplink: string;
          point: string;
          count: number;
          from: number;
          to: number;
          reason: string;
          certain: boolean;
        }),
      })),
  );
const rows = (slices: readonly Slice[], kind = "measurement") =>
  slices.flatMap((slice) => slice.rows.filter((row) => slice.series.get(row.series)?.kind === kind));
const gaps = (slices: readonly Slice[], why: string) =>
  slices
    .flatMap((slice) => slice.gaps)
    .reduce((sum, [first, last, each]) => sum + (each === why ? last - first + 1 : 0), 0);
const sumsUp = (journal: Journal) => {
  for (const { head, delivered, withheld, quarantined, lost, waiting } of journal.status().accounts)
    expect(delivered + withheld + quarantined + lost + waiting).toBe(head);
};

describe("a journal with more data than its quota", () => {
  it("lets the oldest day go and tells how many records of which point, so that what the platform gets and what was lost are all there was", async () => {
    const w = await world();
    const journal = await w.open();
    const kept = await w.fill(journal, 60);
    expect(kept).toBe(3000);
    expect(journal.status()).toMatchObject({ state: "open", full: false });
    expect(journal.status().used).toBeLessThan(quotaBytes * 1.05);
    const slices = await w.drain(journal);
    const told = losses(slices);
    const lost = told.reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(1000);
    expect(rows(slices)).toHaveLength(3000 - lost);
    expect(gaps(slices, "quota")).toBe(lost);
    expect(journal.status().accounts[0]).toMatchObject({ lost, waiting: 0 });
    sumsUp(journal);
    expect(told[0]).toMatchObject({
      device: co2.device,
      uplink: "province",
      point: "co2",
      reason: "quota",
      certain: true,
    });
    // The newest are never the ones that go.
    expect(rows(slices).at(-1)?.seq).toBe(3000 + 1 + told.length);
    for (const { from, to } of told) expect(to - from).toBeLessThanOrEqual(86_400_000);
    expect(w.log.lines.some(({ level }) => level === "error")).toBe(true);
  });

  it("never lets go what may be at the platform unconfirmed", async () => {
    const w = await world();
    const journal = await w.open();
    await w.fill(journal, 1);
    const sent = (await journal.read("province", "live", { rows: 1000, bytes: 1e6 })) as Slice;
    expect(sent.range).toEqual([1, sendWindow]);
    await w.fill(journal, 60);
    await stored(w.clock, journal.settle("province", sent.id, taken(sent)));
    expect(journal.status().accounts[0]).toMatchObject({ delivered: sendWindow, lost: 0 });
    const slices = await w.drain(journal);
    expect(rows([sent, ...slices]).length + gaps(slices, "quota")).toBe(61 * 50);
  });

  it("takes nothing from an uplink that is well because another is away", async () => {
    const w = await world();
    const uplinks = [everything("province"), everything("district")];
    const journal = await w.open({ uplinks });
    const got: Slice[] = [];
    for (let round = 0; round < 60; round++) {
      await w.fill(journal, 1);
      got.push(...(await w.drain(journal, "district")));
    }
    expect(rows(got)).toHaveLength(3000);
    expect(gaps(got, "quota")).toBe(0);
    expect(losses(got).every(({ uplink }) => uplink === "province")).toBe(true);
    const late = await w.drain(journal, "province");
    const lost = losses(late).reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(0);
    expect(rows(late).length + lost).toBe(3000);
    sumsUp(journal);
  });

  it("keeps alarms and events when measurements go, and only beyond their share the oldest of themselves", async () => {
    const w = await world();
    const journal = await w.open();
    await w.fill(journal, 4, "K");
    await w.fill(journal, 60);
    const before = await w.drain(journal);
    expect(rows(before, "event").filter((row) => row.text.includes(long))).toHaveLength(200);
    await w.fill(journal, 60, "K");
    expect(journal.status()).toMatchObject({ state: "open" });
    expect(journal.status().used).toBeLessThan(quotaBytes * 1.1);
    const after = await w.drain(journal);
    const told = losses(after).filter(({ reason }) => reason === "quota");
    const lost = told.reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(0);
    expect(rows(after, "event").filter((row) => row.text.includes(long)).length + lost).toBe(3000);
    sumsUp(journal);
  });

  it("is the same after it was closed at any moment", async () => {
    const w = await world();
    let kept = 0;
    for (let life = 0; life < 12; life++) {
      const journal = await w.open();
      kept += await w.fill(journal, 8);
      await journal.close();
    }
    const journal = await w.open();
    const slices = await w.drain(journal);
    const lost = losses(slices).reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(0);
    expect(rows(slices).length + lost).toBe(kept);
    expect(gaps(slices, "gone")).toBe(0);
    sumsUp(journal);
  });

  it("stops measurements alone when all is in flight, and goes on by itself when there is room", async () => {
    const w = await world();
    const journal = await w.open({ sendWindow: 4000 });
    const flying: Slice[] = [];
    for (let group = 0; !journal.status().full && group < 100; group++) {
      await w.fill(journal, 1);
      for (;;) {
        const slice = await journal.read("province", "live", { rows: 1000, bytes: 1e6 });
        if (slice === null) break;
        flying.push(slice);
      }
    }
    expect(journal.status()).toMatchObject({ state: "open", full: true });
    const alarm = draft(1, { series: { ...co2, kind: "alarm" }, class: "K" });
    expect(await stored(w.clock, journal.append([alarm], [], "now"))).toEqual({ repeated: false });
    for (const slice of flying) await stored(w.clock, journal.settle("province", slice.id, taken(slice)));
    expect(losses([...flying, ...(await w.drain(journal))])).toEqual([]);
    await w.still(journal);
    expect(await w.fill(journal, 1)).toBe(50);
  });

  it("makes room of many short epochs as well, the oldest first, and calls no loss certain that may have arrived", async () => {
    const w = await world();
    const journal = await w.open({ sendWindow: 4000 });
    for (let epoch = 0; epoch < 20; epoch++) {
      expect(await w.fill(journal, 3)).toBe(150);
      await stored(w.clock, journal.roll("test"));
    }
    expect(journal.status()).toMatchObject({ state: "open", full: false });
    const slices = await w.drain(journal);
    const told = losses(slices);
    const lost = told.reduce((sum, { count }) => sum + count, 0);
    expect(lost).toBeGreaterThan(0);
    expect(told.every(({ certain }) => !certain)).toBe(true);
    expect(rows(slices)).toHaveLength(3000 - lost);
    // What is left are the last epochs whole.
    const byEpoch = new Map<string, number>();
    for (const slice of slices)
      byEpoch.set(slice.epoch, (byEpoch.get(slice.epoch) ?? 0) + rows([slice]).length);
    const counts = [...byEpoch.values()].filter((count) => count > 0);
    expect(counts.slice(1).every((count) => count === 150)).toBe(true);
    sumsUp(journal);
  });

  it("takes nothing while a platform goes back", async () => {
    const w = await world();
    const journal = await w.open();
    await w.fill(journal, 1);
    for (let slice = await journal.read("province", "live", { rows: 1000, bytes: 1e6 }); slice; ) {
      await stored(w.clock, journal.settle("province", slice.id, taken(slice)));
      slice = await journal.read("province", "live", { rows: 1000, bytes: 1e6 });
    }
    await w.fill(journal, 28);
    const [claim] = journal.claims("province").slice(-1);
    // While the disk undoes what was settled, there is too much.
    const back = journal.settle("province", (claim as Slice).id, taken(claim as Slice, { next: 5 }));
    back.catch(() => {});
    await w.fill(journal, 30);
    await stored(w.clock, back);
    const slices = await w.drain(journal);
    expect(rows(slices).length + gaps(slices, "quota")).toBeGreaterThan(0);
    const lost = losses(slices).reduce((sum, { count, reason }) => sum + (reason === "quota" ? count : 0), 0);
    expect(gaps(slices, "quota")).toBe(lost);
    sumsUp(journal);
  });

  it("keeps to what is free on the disk, and makes room within its file", async () => {
    // A floor that no disk has: the file may not grow at all.
    const w = await world();
    const first = await w.open();
    await w.fill(first, 20);
    await first.close();
    const journal = await w.open({ diskFloorBytes: 1e18 });
    await w.fill(journal, 40);
    expect(journal.status()).toMatchObject({ state: "open" });
    const slices = await w.drain(journal);
    expect(losses(slices).length).toBeGreaterThan(0);
    sumsUp(journal);
  });

  it("deletes without an uplink, and nobody is told of a loss", async () => {
    const w = await world();
    const journal = await w.open({ uplinks: [] });
    expect(await w.fill(journal, 60)).toBe(3000);
    expect(journal.status()).toMatchObject({ state: "open", full: false });
  });

  it("keeps nothing for an uplink that holds nothing, which gets what is gone as gone", async () => {
    const w = await world();
    const journal = await w.open({
      cacheBytes: 500,
      uplinks: [everything(), { ...everything("history"), holds: false }],
    });
    for (let round = 0; round < 60; round++) {
      await w.fill(journal, 1);
      await w.drain(journal, "province");
    }
    expect(journal.status()).toMatchObject({ state: "open", full: false });
    const slices = await w.drain(journal, "history");
    expect(losses(slices)).toEqual([]);
    expect(gaps(slices, "gone")).toBeGreaterThan(0);
    expect(gaps(slices, "gone") + slices.reduce((sum, slice) => sum + slice.rows.length, 0)).toBe(
      journal.status().head,
    );
    sumsUp(journal);
  });
});

describe("what may make room", () => {
  it("is beyond what is busy for any who wait, and of those who have it nothing is taken", () => {
    const places = (...nexts: number[]) =>
      nexts.map((next, index) => ({ uplink: `u${index}`, next, busyTo: next + 9 }));
    expect(spans(100, places(1))).toEqual([{ first: 11, last: 100, losers: ["u0"] }]);
    expect(spans(100, places(101))).toEqual([]);
    expect(spans(100, places(1, 101))).toEqual([{ first: 11, last: 100, losers: ["u0"] }]);
    expect(spans(100, places(1, 50))).toEqual([
      { first: 11, last: 49, losers: ["u0"] },
      { first: 60, last: 100, losers: ["u0", "u1"] },
    ]);
    expect(spans(9, places(1, 5))).toEqual([]);
    expect(spans(9, [{ uplink: "u0", next: 4, busyTo: 3 }])).toEqual([{ first: 4, last: 9, losers: ["u0"] }]);
    expect(spans(9, [])).toEqual([{ first: 1, last: 9, losers: [] }]);
  });
});
