import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openJournal, type UplinkFilter } from "../../../edge/journal/index.ts";
import type { Draft, Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { co2, draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
const folder = () => {
  const path = mkdtempSync(join(memoryFolder, "ce-journal-"));
  undo.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

const open = async (clock: FakeClock, filter: UplinkFilter = everything(), maxBytes?: number) => {
  const journal = await openJournal({
    folder: folder(),
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks: [filter],
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  undo.push(() => journal.close());
  return journal;
};
const huge = (): Draft[] => Array.from({ length: 4000 }, () => draft(0, { value: "x".repeat(250) }));
const storeDown = async (clock: FakeClock, journal: Awaited<ReturnType<typeof open>>) => {
  const { epoch } = journal.status();
  await stored(
    clock,
    journal.append(huge(), [], "now").catch(() => {}),
  );
  while (journal.status().state !== "open" || journal.status().epoch === epoch || journal.status().head === 0)
    await new Promise((r) => setTimeout(r, 1));
};

it("knows the series of a row whose series object was first seen in a commit that failed", async () => {
  const clock = new FakeClock();
  const journal = await open(clock, everything(), 600_000);
  await storeDown(clock, journal);
  await stored(clock, journal.append([draft(7)], [], "now"));
  const slice = (await journal.read("province", "live", plenty)) as Slice;
  expect(slice.gaps).toEqual([]);
  expect(slice.rows.map((r) => slice.series.get(r.series)?.point)).toContain("co2");
});

it("never gives two series one number", async () => {
  const clock = new FakeClock();
  const journal = await open(clock, everything(), 600_000);
  await storeDown(clock, journal);
  await stored(clock, journal.append([draft(1, { series: { ...co2, point: "humidity" } })], [], "now"));
  await stored(clock, journal.append([draft(7)], [], "now"));
  const slice = (await journal.read("province", "live", plenty)) as Slice;
  const row = slice.rows.find((r) => (JSON.parse(r.text) as unknown[])[3] === 7);
  expect(slice.series.get(row?.series ?? -1)?.point).toBe("co2");
});

it("names no two slices alike in one process", async () => {
  const clock = new FakeClock();
  const journal = await open(clock, everything(), 600_000);
  await stored(
    clock,
    journal.append(
      [1, 2, 3, 4].map((n) => draft(n, { series: { ...co2 } })),
      [],
      "now",
    ),
  );
  const before = (await journal.read("province", "live", { rows: 2, bytes: 1e6 })) as Slice;
  await journal.read("province", "live", { rows: 2, bytes: 1e6 });
  await storeDown(clock, journal);
  const a = (await journal.read("province", "backlog", { rows: 3, bytes: 1e6 })) as Slice;
  const b = (await journal.read("province", "backlog", { rows: 2, bytes: 1e6 })) as Slice;
  expect([a.id, b.id]).not.toContain(before.id);
});

it("does not keep a real row waiting behind a read of withheld ones", async () => {
  const clock = new FakeClock();
  const journal = await open(clock, {
    id: "province",
    accepts: (s) => s.point !== "secret",
    start: "oldest",
  });
  const first = (await journal.read("province", "live", plenty)) as Slice;
  await stored(clock, journal.settle("province", first.id, taken(first)));
  const secret = { ...co2, point: "secret" };
  await stored(
    clock,
    journal.append(
      [...Array.from({ length: 1000 }, (_, n) => draft(n, { series: secret })), draft(7)],
      [],
      "now",
    ),
  );
  let slice = await journal.read("province", "live", plenty);
  if (slice?.rows.length === 0) slice = await journal.read("province", "live", plenty);
  expect(slice?.rows).toHaveLength(1);
});

it("offers no retried row again while its settling is on the way to disk", async () => {
  const clock = new FakeClock();
  const journal = await open(clock);
  await stored(
    clock,
    journal.append(
      [1, 2].map((n) => draft(n)),
      [],
      "now",
    ),
  );
  const slice = (await journal.read("province", "live", plenty)) as Slice;
  await stored(
    clock,
    journal.settle(
      "province",
      slice.id,
      taken(slice, { taken: 1, rejected: [2, 3].map((seq) => ({ seq, code: "x" })) }),
    ),
  );
  await journal.retry("province");
  const one = (await journal.read("province", "retry", { rows: 1, bytes: 1e6 })) as Slice;
  const done = journal.settle("province", one.id, taken(one, { next: null }));
  const two = await journal.read("province", "retry", { rows: 1, bytes: 1e6 });
  if (two !== null) void journal.settle("province", two.id, taken(two, { next: null })).catch(() => {});
  await stored(clock, done);
  expect(two?.rows.map((r) => r.seq) ?? []).not.toEqual(one.rows.map((r) => r.seq));
});

it("offers a row for another try that was rejected a moment ago", async () => {
  const clock = new FakeClock();
  const journal = await open(clock);
  await stored(clock, journal.append([draft(1)], [], "now"));
  const slice = (await journal.read("province", "live", plenty)) as Slice;
  const settled = journal.settle(
    "province",
    slice.id,
    taken(slice, { taken: 1, rejected: [{ seq: 2, code: "x" }] }),
  );
  expect(await stored(clock, journal.retry("province"))).toBe(1);
  await settled;
});

it("leaves no hole and no key when a draft cannot be written as a row", async () => {
  const clock = new FakeClock();
  const path = folder();
  const row = (...args: Parameters<typeof plainRow>) => {
    if (args[0].value === "unfit") throw new RangeError("unfit");
    return plainRow(...args);
  };
  const options = { folder: path, gateway: "gw1", encoder: { row }, clock, log: recordingLog() };
  const journal = await openJournal({ ...options, uplinks: [everything()] });
  undo.push(() => journal.close());
  const key = [{ slot: "d/x", value: "1", rule: "once" as const }];
  await expect(journal.append([draft(1), draft(0, { value: "unfit" })], key, "now")).rejects.toThrow("unfit");
  expect(await stored(clock, journal.append([draft(2)], key, "now"))).toEqual({ repeated: false });
  const slice = (await journal.read("province", "live", plenty)) as Slice;
  expect(slice).toMatchObject({ range: [1, 2], gaps: [] });
  expect(slice.rows.map((one) => (JSON.parse(one.text) as unknown[])[3])[1]).toBe(2);
});

it("refuses measurements above the quota, lets alarms in, and goes on by itself once the platform has confirmed", async () => {
  const clock = new FakeClock();
  const path = folder();
  const options = { folder: path, gateway: "gw1", encoder: { row: plainRow }, clock, log: recordingLog() };
  const journal = await openJournal({ ...options, quotaBytes: 400_000, uplinks: [everything()] });
  undo.push(() => journal.close());
  const text = { value: "x".repeat(240) };
  const many = () => Array.from({ length: 200 }, () => draft(0, text));
  let refused = false;
  let kept = 0;
  // All of it is in flight, so nothing may make room.
  const flying: Slice[] = [];
  const send = async () => {
    for (let slice = await journal.read("province", "live", plenty); slice; ) {
      flying.push(slice);
      slice = await journal.read("province", "live", plenty);
    }
  };
  while (!refused) {
    await stored(clock, journal.append(many(), [], "now")).then(
      () => {
        kept += 200;
      },
      () => {
        refused = true;
      },
    );
    await send();
  }
  expect(journal.status()).toMatchObject({ state: "open", full: true });
  const alarm = draft(1, { series: { ...co2, kind: "alarm" }, class: "K" });
  expect(await stored(clock, journal.append([alarm], [], "now"))).toEqual({ repeated: false });
  let delivered = 0;
  await send();
  for (const slice of flying) {
    delivered += slice.rows.length;
    await stored(clock, journal.settle("province", slice.id, taken(slice)));
  }
  expect(delivered).toBe(1 + kept + 1);
  while (journal.status().full) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await stored(clock, journal.append(many(), [], "now"))).toEqual({ repeated: false });
  await journal.close();
  const again = await openJournal({ ...options, quotaBytes: 400_000, uplinks: [everything()] });
  undo.push(() => again.close());
  expect(again.status().state).toBe("open");
});

it("acknowledges nothing when its file was taken away, and goes on when the folder is back", async () => {
  const clock = new FakeClock();
  const path = folder();
  const options = { folder: path, gateway: "gw1", encoder: { row: plainRow }, clock, log: recordingLog() };
  const journal = await openJournal({ ...options, uplinks: [everything()] });
  undo.push(() => journal.close());
  rmSync(path, { recursive: true });
  await expect(stored(clock, journal.append([draft(1)], [], "now"))).rejects.toMatchObject({
    code: "store-down",
  });
  expect(journal.status()).toMatchObject({ state: "store-down" });
  mkdirSync(path, { recursive: true });
  while (journal.status().state !== "open") {
    await clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await stored(clock, journal.append([draft(2)], [], "now"))).toEqual({ repeated: false });
});
