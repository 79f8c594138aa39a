import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type Journal, openJournal } from "../../../edge/journal/index.ts";
import type { Slice } from "../../../gateway/contract/index.ts";
import { FakeClock, recordingLog } from "../../fake-clock.ts";
import { memoryFolder } from "../../memory-folder.ts";
import { plainRow } from "../../plain-row.ts";
import { draft, everything, plenty, stored, taken } from "../../suites/journal.ts";

const hourMs = 3_600_000;
const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function world() {
  const folder = mkdtempSync(join(memoryFolder, "ce-retention-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const open = async () => {
    const journal = await openJournal({
      folder,
      gateway: "gw1",
      encoder: { row: plainRow },
      clock,
      log: recordingLog(),
      uplinks: [everything()],
    });
    undo.push(() => journal.close());
    return journal;
  };
  const idle = async (journal: Journal) => {
    do await new Promise((resolve) => setTimeout(resolve, 1));
    while (journal.status().writing);
  };
  /** Long enough that a purge comes by every ten minutes. */
  const pass = async (journal: Journal, hours: number) => {
    for (let minute = 0; minute < hours * 60; minute += 10) {
      await clock.advance(600_000);
      await idle(journal);
    }
  };
  /** An epoch with settled rows, and a new one behind it. */
  const settle = async (journal: Journal) => {
    await stored(clock, journal.append([draft(1), draft(2)], [], "now"));
    const { epoch } = journal.status();
    await stored(clock, journal.roll("test"));
    for (const lane of ["backlog", "live"] as const) {
      const slice = (await journal.read("province", lane, plenty)) as Slice;
      await stored(clock, journal.settle("province", slice.id, taken(slice)));
    }
    return epoch;
  };
  const holds = (journal: Journal, epoch: string) =>
    journal.status().accounts.some((account) => account.epoch === epoch);
  return { clock, open, pass, settle, holds };
}

it.each([
  ["+400 days", 400 * 24 * hourMs],
  ["−3 days", -3 * 24 * hourMs],
])(
  "holds settled rows for a day of running time, though the clock is set by %s meanwhile",
  async (_name, ms) => {
    const w = world();
    const journal = await w.open();
    journal.clockKnown(w.clock.wallMs(), 0);
    const epoch = await w.settle(journal);
    await w.pass(journal, 6);
    w.clock.step(ms);
    journal.clockKnown(w.clock.wallMs(), 0);
    await w.pass(journal, 17);
    expect(w.holds(journal, epoch)).toBe(true);
    await w.pass(journal, 2);
    expect(w.holds(journal, epoch)).toBe(false);
  },
);

it("goes on counting after a restart, with the hours that it was off left out", async () => {
  const w = world();
  const first = await w.open();
  const epoch = await w.settle(first);
  await w.pass(first, 12);
  await first.close();
  w.clock.step(30 * 24 * hourMs);
  await w.clock.advance(30 * 24 * hourMs);
  w.clock.bootId = "boot-2";
  const second = await w.open();
  await w.pass(second, 11);
  expect(w.holds(second, epoch)).toBe(true);
  await w.pass(second, 2);
  expect(w.holds(second, epoch)).toBe(false);
});
