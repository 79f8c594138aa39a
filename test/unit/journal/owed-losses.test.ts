/** Losses of a damaged file that no claim tells are told once, whatever comes between finding them and telling them. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, it, vi } from "vitest";
import { openJournal } from "../../../edge/journal/index.ts";
import type { Op } from "../../../edge/journal/wire.ts";
import { StoreError, WriterThread } from "../../../edge/journal/writer-thread.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  vi.restoreAllMocks();
});

const open = async (folder: string, clock: FakeClock) => {
  const journal = await openJournal({
    folder,
    gateway: "gw1",
    encoder: { row: plainRow },
    clock,
    log: recordingLog(),
    uplinks: [everything(), everything("city")],
  });
  undo.push(() => journal.close());
  return journal;
};

/** A journal of 50 records, of which `province` refused 3; then `damage` by SQL. */
async function damaged(damage: string): Promise<string> {
  const folder = mkdtempSync(join(memoryFolder, "ce-owed-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const journal = await open(folder, clock);
  const drafts = Array.from({ length: 50 }, (_, n) => draft(n));
  await stored(clock, journal.append(drafts, [], "now"));
  const slice = await journal.read("province", "live", { ...plenty, rows: 10 });
  if (slice === null) throw new Error("nothing to read");
  const rejected = [3, 4, 5].map((seq) => ({ seq, code: "range" }));
  await stored(clock, journal.settle("province", slice.id, taken(slice, { taken: 7, rejected })));
  await journal.close();
  const db = new Database(join(folder, "journal.sqlite"));
  db.exec(damage);
  db.close();
  return folder;
}

/** What is told of losses in the end, [uplink, count] each; `after` each answer of the writer something may happen. */
async function toldIn(folder: string, after: (op: Op) => void): Promise<unknown[]> {
  const { call } = WriterThread.prototype;
  vi.spyOn(WriterThread.prototype, "call").mockImplementation(async function (this: WriterThread, op, ask) {
    if (op === "commit") after(op);
    const reply = await call.call(this, op, ask);
    if (op !== "commit") after(op);
    return reply as never;
  });
  const clock = new FakeClock();
  const journal = await open(folder, clock);
  const told: unknown[] = [];
  for (let quiet = 0; quiet < 5; ) {
    await clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { state, writing, salvaging } = journal.status();
    quiet = state !== "open" || writing || salvaging !== undefined ? 0 : quiet + 1;
    for (const lane of ["backlog", "live"] as const) {
      const slice = state === "open" ? await journal.read("city", lane, plenty).catch(() => null) : null;
      if (slice === null) continue;
      quiet = 0;
      for (const { text } of slice.rows) {
        const value = (JSON.parse(text) as unknown[])[3];
        if (typeof value !== "string" || !value.includes('"reason"')) continue;
        const { uplink, count, reason } = JSON.parse(value);
        expect(reason).toBe("corrupt");
        told.push([uplink, count]);
      }
      await stored(clock, journal.settle("city", slice.id, taken(slice))).catch(() => {});
    }
  }
  await journal.close();
  return told.sort();
}

const nameless = "UPDATE epoch SET crc = crc + 1";
const refusedGone = "DELETE FROM refused WHERE seq = 4";
const owing = [
  [
    "rows whose epoch has no name",
    nameless,
    [
      ["city", 51],
      ["province", 51],
    ],
  ],
  ["refused rows that are not there", refusedGone, [["province", 1]]],
] as const;

it.each(owing)("tells of %s", async (_, damage, losses) => {
  expect(await toldIn(await damaged(damage), () => {})).toEqual(losses);
});

it.each(owing)("tells of %s when the store fails before that is on disk", async (_, damage, losses) => {
  let salvaged = false;
  let failed = false;
  const after = (op: Op) => {
    salvaged ||= op === "salvage";
    if (op !== "commit" || !salvaged || failed) return;
    failed = true;
    throw new StoreError("EIO", "no");
  };
  expect(await toldIn(await damaged(damage), after)).toEqual(losses);
  expect(failed).toBe(true);
});

it.each(owing)(
  "tells of %s when the power fails before the main half hears of it",
  async (_, damage, losses) => {
    const folder = await damaged(damage);
    let failed = false;
    const after = (op: Op) => {
      if (op !== "salvage" || failed) return;
      failed = true;
      throw new StoreError("EIO", "no");
    };
    expect(await toldIn(folder, after)).toEqual(losses);
  },
);

it.each(owing)(
  "tells of %s once when the damaged file is there again afterwards",
  async (_, damage, losses) => {
    const folder = await damaged(damage);
    const copy = join(folder, "copy");
    copyFileSync(join(folder, "journal.sqlite"), copy);
    const told = await toldIn(folder, () => {});
    vi.restoreAllMocks();
    copyFileSync(copy, join(folder, "journal.damaged-0"));
    expect([...told, ...(await toldIn(folder, () => {}))]).toEqual(losses);
  },
);

it.each(owing)("tells of %s when the file that owes it is damaged as well", async (_, damage, losses) => {
  const folder = await damaged(damage);
  let failed = false;
  const after = (op: Op) => {
    if (op !== "salvage" || failed) return;
    failed = true;
    throw new StoreError("SQLITE_CORRUPT", "no");
  };
  expect(await toldIn(folder, after)).toEqual(losses);
  expect(failed).toBe(true);
});
